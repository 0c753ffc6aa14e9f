import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parseJson } from '@stratumkit/codec';
import { ALL_MESSAGES } from '@stratumkit/messages';
import type { ProcessEdge } from '@stratumkit/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../src/cli/program.ts';
import { createSchema } from '../src/index.ts';

let folder = '';
const path = (name: string) => join(folder, name);

const EMPTY = {
  version: '2',
  role: 'none',
  frame_builders: [],
  setup_commands: [],
  execution_commands: [],
  cleanup_commands: [],
};
const GOOD = { ...EMPTY, actions: [] };
const BAD = { ...GOOD, setup_commands: [{ command: 'no-such-program', args: [], conditions: 'None' }] };
const UNUSABLE = { ...GOOD, role: 'miner' };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'message-generator-'));
  mkdirSync(path('folder/inner'), { recursive: true });
  const write = (name: string, json: unknown) => writeFileSync(path(name), JSON.stringify(json));
  write('good.json', GOOD);
  write('bad <&> "quoted" #1.json', BAD);
  write('unusable.json', UNUSABLE);
  write('folder/a.json', GOOD);
  write('folder/inner/b.json', GOOD);
  write('folder/library.json', { mining_messages: [] });
  writeFileSync(path('folder/notes.txt'), 'no test');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...argv: readonly string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const edge: ProcessEdge = {
    argv,
    environment: { ...process.env, RUST_LOG: 'info' },
    stdin: new PassThrough(),
    stdout,
    stderr,
    onSignal: () => () => undefined,
  };
  const exitCode = await runProgram(edge);
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { exitCode, stdout: text(stdout), stderr: text(stderr) };
}

describe('run', () => {
  it.each([
    [['good.json'], 0, 0],
    [['bad <&> "quoted" #1.json'], 1, 101],
    [['unusable.json'], 2, 101],
    [['good.json', 'bad <&> "quoted" #1.json', 'unusable.json'], 2, 101],
    [['missing.json'], 2, 101],
    [['folder'], 0, 0],
  ])('%j exits with %i, and %i under --compat', async (names, exitCode, compatCode) => {
    const files = names.map(path);
    expect(await run('run', ...files)).toMatchObject({ exitCode });
    expect(await run('run', '--compat', ...files)).toMatchObject({ exitCode: compatCode });
  });

  it.each([
    [['run']],
    [['run', 'x', '--jobs', '0']],
    [['fly']],
    [['run', '--json', '--tap', 'x']],
    [['run', 'x', '--map-port', '1']],
  ])('%j is a wrong command line', async (argv) => {
    expect((await run(...argv)).exitCode).toBe(2);
    expect((await run(...argv, '--compat')).exitCode).toBe(101);
  });

  it('takes folders, in the order of names whatever --jobs, and leaves libraries out', async () => {
    const { stdout } = await run('run', path('folder'), path('good.json'), '--jobs', '3', '--seed', '7');
    expect(stdout.split('\n').map((line) => line.replace(/ \(\d+ ms\)/, ''))).toEqual([
      `ok    ${path('folder/a.json')}`,
      `ok    ${path('folder/inner/b.json')}`,
      `ok    ${path('good.json')}`,
      '3 passed (seed 7)',
      '',
    ]);
  });

  it('prints the strings that files of the original look for', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write(Uint8Array.of(0, 0, 1, 6, 0, 0, 2, 0, 0, 0, 0, 0));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const results = [{ type: 'match_message_type', value: '0x01' }];
    const actions = [{ role: 'client', message_ids: [], results }];
    const test = { ...EMPTY, role: 'client', downstream: { ip: '127.0.0.1', port }, actions };
    writeFileSync(path('matched.json'), JSON.stringify(test));
    const { exitCode, stdout } = await run('run', '--compat', path('matched.json'));
    server.close();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^MATCHED MESSAGE TYPE 1$/m);
    expect((await run('run', '--compat', path('bad <&> "quoted" #1.json'))).stderr).toContain('TEST FAILED\n');
  });

  it('--peer takes the place of every address that a test connects to', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    writeFileSync(
      path('peer.json'),
      JSON.stringify({ ...GOOD, role: 'client', downstream: { ip: '127.0.0.1', port: 1 } }),
    );
    expect((await run('run', '--peer', `127.0.0.1:${port}`, path('peer.json'))).exitCode).toBe(0);
    server.close();
    expect((await run('run', '--compat', path('peer.json'))).exitCode).toBe(101);
    expect((await run('run', '--peer', 'nowhere', path('peer.json'))).exitCode).toBe(2);
  });

  it('--json prints one object a line', async () => {
    const { stdout } = await run(
      'run',
      '--json',
      path('good.json'),
      path('bad <&> "quoted" #1.json'),
      path('unusable.json'),
    );
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toMatchObject([
      { type: 'test', file: path('good.json'), outcome: 'passed' },
      { type: 'test', outcome: 'failed', failures: [{ message: 'no-such-program cannot be started (ENOENT)' }] },
      { type: 'test', outcome: 'unusable', problems: [{ line: 1 }] },
      { type: 'summary', passed: 1, failed: 1, unusable: 1 },
    ]);
    expect(lines[0]?.seed).toBeTypeOf('number');
  });

  it('--seed is used and printed', async () => {
    const { stdout } = await run('run', '--seed', '42', path('bad <&> "quoted" #1.json'));
    expect(stdout).toContain('seed 42');
  });

  it('--tap', async () => {
    const { stdout } = await run('run', '--tap', path('good.json'), path('bad <&> "quoted" #1.json'));
    const lines = stdout.split('\n');
    expect(lines.slice(0, 3)).toEqual(['TAP version 14', '1..2', `ok 1 - ${path('good.json')}`]);
    expect(lines[3]).toBe(`not ok 2 - ${path('bad <&> "quoted" \\#1.json')}`);
    expect(lines[4]).toBe('  ---');
    expect(lines.at(-2)).toBe('  ...');
  });

  it('--junit', async () => {
    const report = path('report.xml');
    await run('run', '--junit', report, path('good.json'), path('bad <&> "quoted" #1.json'), path('unusable.json'));
    const xml = readFileSync(report, 'utf8');
    expect(xml).toContain('<testsuite name="message-generator" tests="3" failures="1" errors="1"');
    expect(xml).toContain('bad &lt;&amp;&gt; &quot;quoted&quot; #1.json');
    expect(xml).toMatch(/<failure message="no-such-program cannot be started \(ENOENT\)">/);
    expect(xml).toMatch(/<error message="role: must be /);
  });
});

describe('check', () => {
  it('says what is wrong without starting anything', async () => {
    const { exitCode, stdout } = await run('check', path('bad <&> "quoted" #1.json'), path('unusable.json'));
    expect(exitCode).toBe(2);
    expect(stdout).toContain(`ok    ${path('bad <&> "quoted" #1.json')}`);
    expect(stdout).toContain('role: must be "client"');
    expect((await run('check', '--compat', path('unusable.json'))).exitCode).toBe(101);
    expect((await run('check', path('good.json'))).exitCode).toBe(0);
  });
});

describe('decode', () => {
  const BYE = '0080180900000700000004646f6e65';
  it('shows frames, as digits, as a file of digits and as a file of bytes', async () => {
    const expected = [
      'CloseChannel (0x18)',
      '  extension_type 0, channel_msg true, 9 bytes of payload',
      '  channel_id = 7',
      '  reason_code = "done"',
      '',
    ].join('\n');
    writeFileSync(path('hex.txt'), `${BYE.slice(0, 8)}\n${BYE.slice(8)}\n`);
    writeFileSync(path('frames.bin'), Buffer.from(BYE, 'hex'));
    for (const input of [BYE, `0x${BYE}`, path('hex.txt'), path('frames.bin')]) {
      expect(await run('decode', '--protocol', 'mining', input)).toMatchObject({ exitCode: 0, stdout: expected });
    }
  });

  it('says what is odd', async () => {
    const broken = await run('decode', '000018020000ffff');
    expect(broken.stdout).toContain('broken: CloseChannel.channelId');
    expect(broken.stdout).toContain('the channel_msg bit of this message is true');
    expect((await run('decode', '0500fe0100002a')).stdout).toContain('message 0xfe of extension 5');
    expect((await run('decode', '--protocol', 'template-distribution', BYE)).stdout).toContain(
      'no message of template-distribution',
    );
  });

  it.each([
    ['00', '1 byte that is no whole frame (a header has 6): 00'],
    [`${BYE}0102`, '2 bytes that are no whole frame (a header has 6): 0102'],
    [
      BYE.slice(0, -2),
      `14 bytes that are no whole frame (the header claims a payload of 9, 8 follow): ${BYE.slice(0, -2)}`,
    ],
    ['000018020000ffff', 'broken: CloseChannel.channelId'],
    ['{"id":4', 'not JSON: '],
  ])('%s is not whole: it shows what it can and exits with 1', async (input, expected) => {
    const { exitCode, stdout } = await run('decode', input);
    expect(stdout).toContain(expected);
    expect(exitCode).toBe(1);
  });

  it('exits with 2 if there is nothing to decode', async () => {
    writeFileSync(path('empty.bin'), '');
    expect(await run('decode', 'xyz')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('neither hexadecimal nor a file'),
    });
    const empty = await run('decode', path('empty.bin'));
    expect(empty).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is empty') });
  });

  it('shows SV1 lines', async () => {
    const line = '{"id":4,"method":"mining.submit","params":["w","1","00","69c4e2a1","000bee00"]}';
    expect((await run('decode', line)).stdout).toBe('call 4 mining.submit ["w","1","00","69c4e2a1","000bee00"]\n');
    expect((await run('decode', '{"id":4,"result":null,"error":[21,"stale",null]}')).stdout).toBe(
      'response to 4: error 21 stale\n',
    );
  });
});

describe('schema', () => {
  it('is made from the definitions, and has every message with all fields', async () => {
    const schema = parseJson((await run('schema')).stdout) as {
      $defs: Record<string, { properties?: Record<string, unknown> }>;
    };
    expect(schema).toEqual(parseJson(JSON.stringify(createSchema())));
    for (const definition of ALL_MESSAGES) {
      const entry = Object.entries(schema.$defs).find(
        ([key]) => key.endsWith(`-${definition.name}`) && key.includes(`-${definition.messageType}-`),
      );
      expect(Object.keys(entry?.[1].properties ?? {})).toEqual(['type', ...Object.values(definition.specNames)]);
    }
    const names = new Set(Object.keys(schema.$defs).map((name) => `#/$defs/${name}`));
    for (const [, reference] of JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g))
      expect(names).toContain(reference);
  });
});
