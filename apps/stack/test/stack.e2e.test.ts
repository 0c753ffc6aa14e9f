import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { parseTestFile } from '@stratumkit/message-generator';
import { createMiningDevice } from '@stratumkit/mining-device';
import { parseStratumUrl, type StratumUrl } from '@stratumkit/noise';
import { createLogger, type ProcessEdge, runApp } from '@stratumkit/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { stack } from '../src/app.ts';
import { createStack } from '../src/createStack.ts';
import type { StackEvent } from '../src/events.ts';
import { defaultModules, type StackModules } from '../src/modules.ts';
import type { StackOptions } from '../src/options.ts';

const MINIMAL: StackOptions = {
  ...{ topology: 'sv2-proxy', devices: 1, channel: 'standard', hashrate: 50_000, workers: 1 },
  ...{ blockInterval: 0.5, transactionsPerSecond: 0, sharesPerMinute: 600 },
  ...{ templateProviderPort: 0, poolPort: 0, proxyPort: 0, translatorPort: 0 },
};

const home = mkdtempSync(join(tmpdir(), 'stack-'));
afterAll(() => rmSync(home, { recursive: true }));

interface Run {
  readonly exitCode: number;
  readonly lines: readonly string[];
  readonly errors: string;
}

/** The command as a shell would run it, with what it prints. `onLine` may send signals. */
async function run(argv: string[], onLine: (line: string, signal: () => void) => void = () => undefined): Promise<Run> {
  const lines: string[] = [];
  let errors = '';
  let listener: (signal: 'SIGINT') => void = () => undefined;
  const text = (take: (chunk: string) => void) =>
    new Writable({
      write(chunk, _encoding, done) {
        take(String(chunk));
        done();
      },
    });
  const edge: ProcessEdge = {
    argv,
    environment: {},
    stdin: process.stdin,
    stdout: text((chunk) => {
      for (const line of chunk.trimEnd().split('\n')) {
        lines.push(line);
        onLine(line, () => listener('SIGINT'));
      }
    }),
    stderr: text((chunk) => {
      errors += chunk;
    }),
    onSignal(_signals, given) {
      listener = given;
      return () => undefined;
    },
  };
  return { exitCode: await runApp(stack, edge), lines, errors };
}

const events = (lines: readonly string[]) => lines.map((line) => JSON.parse(line));

describe('the stack', () => {
  for (const channel of ['standard', 'extended']) {
    it(`mines blocks with ${channel} channels, and its export is the chain`, async () => {
      const file = join(home, `${channel}.txt`);
      const { exitCode, lines } = await run(
        [
          '--json',
          '--topology',
          'sv2',
          '--devices',
          '2',
          '--until-blocks',
          '3',
          '--block-interval',
          '0.5',
          '--hashrate',
          '50k',
          '--workers',
          '1',
          '--channel',
          channel,
        ].concat(['--shares-per-minute', '600', '--export-blocks', file]),
      );
      expect(exitCode).toBe(0);
      const all = events(lines);
      expect(all.slice(0, 2)).toEqual([
        {
          event: 'listening',
          role: 'template-provider',
          address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
          authority_public_key: expect.stringMatching(/^9/),
          url: expect.stringMatching(/^stratum2\+tcp:\/\/127\.0\.0\.1:\d+\/9/),
        },
        {
          event: 'listening',
          role: 'pool',
          address: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
          authority_public_key: expect.stringMatching(/^9/),
          url: expect.stringMatching(/^stratum2\+tcp:\/\/127\.0\.0\.1:\d+\/9/),
        },
      ]);
      const blocks = all.filter((event) => event.event === 'block');
      expect(blocks.length).toBeGreaterThanOrEqual(3);
      for (const block of blocks) expect(block.device).toMatch(/^device[12]$/);
      const codes = all.filter((event) => event.event === 'share_rejected').map((event) => event.error_code);
      expect(codes.filter((code) => code !== 'stale-share')).toEqual([]);
      const summary = all.at(-1);
      expect(summary).toMatchObject({ event: 'summary', blocks: blocks.length, height: blocks.at(-1).height });
      expect(summary.shares_accepted).toBeGreaterThan(0);
      expect(summary.devices.map((device: { name: string }) => device.name)).toEqual(['device1', 'device2']);
      const exported = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(exported).toHaveLength(summary.height);
      for (const block of exported) expect(block).toMatch(/^[0-9a-f]{162,}$/);
    });
  }

  it('puts a proxy between pool and devices', async () => {
    const argv = [
      '--json',
      '--topology',
      'sv2-proxy',
      '--devices',
      '5',
      '--until-blocks',
      '2',
      '--block-interval',
      '0.7',
    ];
    const { exitCode, lines } = await run(
      argv.concat(['--hashrate', '50k', '--workers', '1', '--shares-per-minute', '600']),
    );
    expect(exitCode).toBe(0);
    const all = events(lines);
    expect(all.slice(0, 3).map(({ role }) => role)).toEqual(['template-provider', 'pool', 'proxy']);
    for (const block of all.filter(({ event }) => event === 'block')) expect(block.device).toMatch(/^device[1-5]$/);
    const codes = all.filter(({ event }) => event === 'share_rejected').map((event) => event.error_code);
    expect(codes.filter((code) => code !== 'stale-share')).toEqual([]);
    const { hops, devices } = all.at(-1);
    expect(hops).toEqual([
      {
        role: 'proxy',
        shares_in: expect.any(Number),
        shares_forwarded: expect.any(Number),
        shares_acknowledged: expect.any(Number),
      },
    ]);
    const [{ shares_in: taken, shares_forwarded: forwarded, shares_acknowledged: acknowledged }] = hops;
    expect(forwarded).toBeLessThanOrEqual(taken);
    expect(acknowledged).toBeGreaterThan(0);
    for (const device of devices) expect(device.shares_accepted).toBeGreaterThan(0);
  });

  it('shows and records what flows on every link', async () => {
    const directory = join(home, 'links');
    const { exitCode, lines } = await run(
      ['--json', '--topology', 'sv2-proxy', '--devices', '1', '--until-blocks', '1', '--block-interval', '0.5'].concat([
        '--hashrate',
        '50k',
        '--workers',
        '1',
        '--shares-per-minute',
        '600',
        '--intercept',
        '--record',
        directory,
      ]),
    );
    expect(exitCode).toBe(0);
    const messages = events(lines).filter(({ event }) => event === 'message');
    for (const [link, sent, answered] of [
      ['pool-template-provider', 'CoinbaseOutputConstraints', 'NewTemplate'],
      ['proxy-pool', 'OpenExtendedMiningChannel', 'NewExtendedMiningJob'],
      ['devices-proxy', 'OpenStandardMiningChannel', 'NewMiningJob'],
    ]) {
      const flowed = messages.filter((message) => message.link === link);
      expect(flowed).toContainEqual(expect.objectContaining({ to: 'upstream', message: sent }));
      expect(flowed).toContainEqual(expect.objectContaining({ to: 'downstream', message: answered }));
      const { connections, warnings } = parseTestFile(join(directory, `${link}.json`));
      expect(connections.length).toBeGreaterThan(0);
      expect(warnings).toEqual([]);
    }
  });

  const everyone = [
    { topology: 'full', names: ['device1', 'device2', 'miner1', 'miner2'], devices: 4 },
    { topology: 'sv1', names: ['miner1', 'miner2', 'miner3'], devices: 3 },
  ];
  for (const { topology, names, devices } of everyone) {
    it(`mines with ${topology}: blocks and shares of everyone`, async () => {
      const argv = ['--json', '--topology', topology, '--devices', String(devices), '--until-blocks', '2'];
      const pace = ['--block-interval', '1', '--hashrate', '50k', '--workers', '2', '--shares-per-minute', '300'];
      const { exitCode, lines } = await run([...argv, ...pace, '--profile', 'bitaxe,cgminer']);
      expect(exitCode).toBe(0);
      const all = events(lines);
      const roles = all.filter(({ event }) => event === 'listening').map(({ role }) => role);
      const between = topology === 'full' ? ['proxy', 'translator'] : ['translator'];
      expect(roles).toEqual(['template-provider', 'pool', ...between]);
      for (const block of all.filter(({ event }) => event === 'block')) expect(names).toContain(block.device);
      const codes = all.filter(({ event }) => event === 'share_rejected').map((event) => event.error_code);
      expect(codes.filter((code) => code !== 'stale-share')).toEqual([]);
      const summary = all.at(-1);
      expect(summary.devices.map((device: { name: string }) => device.name)).toEqual(names);
      for (const device of summary.devices) {
        expect(device.shares_accepted).toBeGreaterThan(0);
        expect(device.protocol).toBe(device.name.startsWith('miner') ? 'sv1' : 'sv2');
      }
      expect(summary.hops.map((hop: { role: string }) => hop.role)).toEqual(between);
      for (const hop of summary.hops) {
        expect(hop.shares_acknowledged).toBeGreaterThan(0);
        expect(hop.shares_forwarded).toBeLessThanOrEqual(hop.shares_in);
      }
    });
  }

  it('goes on with the same chain and keys in a data directory', async () => {
    const argv = [
      '--json',
      '--until-blocks',
      '1',
      '--block-interval',
      '0.3',
      '--hashrate',
      '50k',
      '--workers',
      '1',
      '--devices',
      '1',
      '--topology',
      'sv2',
    ].concat(['--data-dir', join(home, 'data')]);
    const first = events((await run(argv)).lines);
    const second = events((await run(argv)).lines);
    const keys = (all: { authority_public_key?: string }[]) =>
      all.slice(0, 2).map((event) => event.authority_public_key);
    expect(keys(second)).toEqual(keys(first));
    expect(second.at(-1).height).toBe(first.at(-1).height + second.at(-1).blocks);
  });

  it('waits for devices that are not its own', async () => {
    const { exitCode, lines } = await run(['--json', '--devices', '0', '--control-port', '0'], (line, signal) => {
      if (JSON.parse(line).role === 'control') signal();
    });
    const all = events(lines);
    expect(all.flatMap(({ event, role }) => (event === 'listening' ? [role] : []))).toEqual([
      'template-provider',
      'pool',
      'proxy',
      'translator',
      'control',
    ]);
    expect(all.at(-1)).toMatchObject({ event: 'summary', devices: [] });
    expect(exitCode).toBe(0);
  });

  it('tells of devices that are not its own, on every role they mine on', async () => {
    const urls = new Map<string, StratumUrl>();
    const told = new Map<string, StackEvent[]>();
    let everyone: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => {
      everyone = resolve;
    });
    const options: StackOptions = { ...MINIMAL, topology: 'full', devices: 0 };
    const running = await createStack(options, {
      onEvent: (event) => {
        if (event.event === 'listening')
          urls.set(event.role, parseStratumUrl(event.url.replace('stratum+', 'stratum2+')));
        if (!('device' in event)) return;
        told.set(event.device, [...(told.get(event.device) ?? []), event]);
        const haveShares = [...told.values()].filter((events) =>
          events.some((each) => each.event === 'share_accepted'),
        );
        if (haveShares.length === 3) everyone();
      },
      onWarning: () => undefined,
    });
    const guest = { hashrate: 50_000, workers: 1 };
    const on = (role: string, userIdentity: string) => ({ ...guest, upstreams: [urls.get(role)!], userIdentity });
    const devices = await Promise.all([
      createMiningDevice({ ...on('pool', 'alice'), channel: 'extended' }),
      createMiningDevice(on('proxy', 'bob.\u001b[2J')),
      createMiningDevice({ ...on('translator', 'carol'), protocol: 'sv1' }),
    ]);
    await heard;
    for (const device of devices) await device.close();
    await running.close();
    expect([...told].map(([name, [first]]) => [name, first]).sort()).toEqual([
      ['alice', { event: 'channel_opened', role: 'pool', device: 'alice', kind: 'extended' }],
      ['bob.\\u{1b}[2J', { event: 'channel_opened', role: 'proxy', device: 'bob.\\u{1b}[2J', kind: 'standard' }],
      ['carol', { event: 'channel_opened', role: 'translator', device: 'carol', kind: 'sv1' }],
    ]);
  });

  it('finds a block at once when it is asked to', async () => {
    const argv = ['--json', '--topology', 'sv2', '--devices', '1', '--hashrate', '1k', '--workers', '1'];
    let found: Promise<unknown> | undefined;
    const { exitCode, lines } = await run(
      [...argv, '--block-interval', '86400', '--control-port', '0'],
      (line, signal) => {
        const event = JSON.parse(line);
        if (event.role === 'control')
          found = fetch(`${event.url}/api/v1/blocks`, { method: 'POST' }).then((reply) => reply.json());
        if (event.event === 'job' && event.height === 122) signal();
      },
    );
    expect(await found).toEqual({ height: 121, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(events(lines).at(-1)).toMatchObject({ event: 'summary', blocks: 0 });
    expect(exitCode).toBe(0);
  });

  it('ends in order at the first signal, with its summary', async () => {
    let signalled = false;
    const { exitCode, lines } = await run(
      ['--json', '--block-interval', '0.5', '--hashrate', '50k', '--workers', '1'],
      (line, signal) => {
        if (!signalled && line.includes('"event":"block"')) {
          signalled = true;
          signal();
        }
      },
    );
    expect(exitCode).toBe(0);
    expect(events(lines).at(-1)).toMatchObject({ event: 'summary' });
  });

  it('says in words what happens where there is no terminal', async () => {
    const { lines } = await run([
      '--until-blocks',
      '1',
      '--block-interval',
      '0.3',
      '--hashrate',
      '50k',
      '--workers',
      '1',
    ]);
    expect(lines[0]).toMatch(/^template-provider listening on 127\.0\.0\.1:\d+, authority key 9/);
    expect(lines.at(-1)).toMatch(/^\d+ blocks found, height \d+, \d+ shares accepted, \d+ rejected in [\d.]+ s$/);
  });

  it('ends with exit code 1 and the reason when a role dies', () => {
    const program = `
      import { currentProcess, runApp } from '@stratumkit/runtime';
      import { stack } from '@stratumkit/stack';
      const edge = currentProcess();
      const argv = ['--json', '--block-interval', '0.3', '--hashrate', '50k', '--workers', '1'];
      let dead = false;
      const stdout = Object.assign(Object.create(process.stdout), {
        isTTY: false,
        write(text) {
          if (text.includes('"event":"block"') && !dead) {
            dead = true;
            setImmediate(() => { throw new Error('the pool fell over'); });
          }
          return process.stdout.write(text);
        },
      });
      process.exit(await runApp(stack, { ...edge, argv, stdout }));`;
    const result = spawnSync(
      process.execPath,
      ['--conditions=@stratumkit/source', '--input-type=module', '-e', program],
      {
        encoding: 'utf8',
        cwd: import.meta.dirname,
      },
    );
    expect(result.stderr).toContain('the pool fell over');
    expect(result.status).toBe(1);
    expect(events(result.stdout.trimEnd().split('\n')).at(-1)).toMatchObject({ event: 'summary' });
  });

  it('goes on when a role fails at a message of one peer, and says so', async () => {
    const faults: string[] = [];
    let written = '';
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written += chunk;
        done();
      },
    });
    let failed = 0;
    const failOnce = (bit: number) => {
      if ((failed & bit) !== 0) return;
      failed |= bit;
      throw new Error(`fault ${bit}`);
    };
    const modules: StackModules = {
      ...defaultModules,
      createPool: (options, given, onEvent) =>
        defaultModules.createPool(options, given, (event) => {
          onEvent?.(event);
          if (event.type === 'channelOpened') failOnce(1);
        }),
      createProxy: (options, given, onEvent) =>
        defaultModules.createProxy(options, given, (event) => {
          onEvent?.(event);
          if (event.type === 'upstreamAcknowledged') failOnce(2);
        }),
    };
    let mined: () => void = () => undefined;
    const block = new Promise<void>((resolve) => {
      mined = resolve;
    });
    const running = await createStack(
      MINIMAL,
      {
        log: createLogger({ name: 'stack', stream }),
        onEvent: ({ event }) => {
          if (event === 'block' && failed === 3) mined();
        },
        onWarning: () => undefined,
        onFault: (text) => faults.push(text),
      },
      modules,
    );
    await block;
    await running.close();
    expect(faults).toContain('pool: event handler failed: fault 1');
    expect(faults).toContain('proxy: event handler failed: fault 2');
    expect(faults).toContain('proxy: a connection ended for a fault: internal-error');
    expect(written).toMatch(/"role":"proxy".*"message":"fault 2"/);
  });

  it('knows which role hangs at the end', async () => {
    let finish: () => void = () => undefined;
    const hung = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const modules: StackModules = {
      ...defaultModules,
      createPool: async (...given) => {
        const pool = await defaultModules.createPool(...given);
        return { ...pool, close: () => hung.then(() => pool.close()) };
      },
    };
    const options: StackOptions = { ...MINIMAL, devices: 0 };
    const running = await createStack(options, { onEvent: () => undefined, onWarning: () => undefined }, modules);
    expect(running.closing).toBeUndefined();
    const closed = running.close();
    expect(running.closing).toBe('pool');
    finish();
    await closed;
    expect(running.closing).toBeUndefined();
  });

  it('names the port that is in use, and leaves nothing running', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const { exitCode, lines, errors } = await run(['--json', '--pool-port', String(port)]);
    taken.close();
    expect(exitCode).toBe(2);
    expect(errors).toContain(`127.0.0.1:${port} is already in use`);
    expect(events(lines).map(({ event }) => event)).toEqual(['listening']);
  });

  const mistakes: [string[], RegExp][] = [
    [['--topology', 'sv3'], /sv3/],
    [['--devices', '-1'], /devices.*from 0 to 2000/],
    [['--devices', '1'], /full needs at least 2 devices/],
    [['--profile', 'bitax'], /bitax.*bitaxe/],
    [['--node', 'nonsense'], /nonsense/],
    [['--node', 'https://a:b@127.0.0.1:1'], /only http/],
    [['--node', 'http://127.0.0.1:1'], /user and password/],
    [['--cookie-file', 'x'], /--node/],
    [['--node', 'http://a:b@127.0.0.1:1', '--control-port', '0'], /control-port is for the embedded chain/],
    [['--until-block', '3'], /--until-blocks/],
    [['--export-blocks', '/nowhere/blocks.txt'], /export_blocks \/nowhere\/blocks\.txt cannot be written \(ENOENT\)/],
  ];
  for (const [argv, message] of mistakes) {
    it(`refuses ${argv.join(' ')} with exit code 2`, async () => {
      const { exitCode, errors } = await run(argv);
      expect(errors).toMatch(message);
      expect(exitCode).toBe(2);
    });
  }
});
