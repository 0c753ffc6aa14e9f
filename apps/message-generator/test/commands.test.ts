import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatJson, type JsonValue } from '@stratumkit/codec';
import { freePort } from '@stratumkit/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseTestText, type RunOptions, runTest } from '../src/index.ts';
import type { Test } from './helpers.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'message-generator-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A child that runs this program. `FOLDER` is a folder of the test. */
const node = (program: string, conditions: JsonValue = 'None') => ({
  command: process.execPath,
  args: ['-e', program],
  conditions,
});

const when = (conditions: readonly JsonValue[], timer_secs = 5, warn_no_panic = false) => ({
  WithConditions: { timer_secs, warn_no_panic, conditions },
});
const line = (output_string: string, condition = true, late_condition = false, output_location = 'StdOut') => ({
  output_string,
  output_location,
  condition,
  late_condition,
});

const FOR_EVER = { command: 'sleep', args: ['60000'], conditions: 'None' };
const STAYS = 'setInterval(() => {}, 1000)';
const says = (text: string, then = STAYS) => `console.log(${JSON.stringify(text)}); ${then}`;
const writes = (file: string) => `require('fs').appendFileSync(process.env.FOLDER + '/${file}', 'x')`;

async function run(test: Test, options: RunOptions & { compat?: boolean } = {}) {
  const { compat = false, ...rest } = options;
  const text = formatJson({
    version: '2',
    role: 'none',
    frame_builders: [],
    actions: [],
    setup_commands: [],
    execution_commands: [],
    cleanup_commands: [],
    ...test,
  });
  const environment = { ...process.env, FOLDER: folder };
  return runTest(parseTestText(text, 'commands.json', { compat }), { seed: 1, environment, ...rest });
}

const has = (file: string) => existsSync(join(folder, file));

describe.each([false, true])('commands, compat: %s', (compat) => {
  it('the smallest file passes', async () => {
    expect(await run({}, { compat })).toMatchObject({ outcome: 'passed' });
  });

  it('a command waits for its line, and fails at a line it must not print', async () => {
    const conditions = when([line('ready'), line('fatal', false, false, 'StdErr')]);
    const good = await run({ setup_commands: [node(says('we are ready now'), conditions)] }, { compat });
    expect(good.failures).toEqual([]);
    const program = `console.error('so fatal'); ${STAYS}`;
    const bad = await run({ setup_commands: [node(program, conditions)] }, { compat });
    expect(bad.failures).toMatchObject([
      { hard: true, message: expect.stringContaining('printed what it must not: so fatal') },
    ]);
  });

  it('the first listed condition that fits decides, and the stream counts', async () => {
    const both = when([line('re', false), line('ready')]);
    expect((await run({ setup_commands: [node(says('ready'), both)] }, { compat })).outcome).toBe('failed');
    const stderr = when([line('ready', false, false, 'StdErr'), line('ready')]);
    expect((await run({ setup_commands: [node(says('ready'), stderr)] }, { compat })).failures).toEqual([]);
  });

  it('a late line fails the test while it does something else', async () => {
    const conditions = when([line('ready'), line('panic', false, true)]);
    const program = says('ready', `setTimeout(() => console.log('panic!'), 50); ${STAYS}`);
    const bad = await run({ setup_commands: [node(program, conditions), FOR_EVER] }, { compat });
    expect(bad.failures).toMatchObject([{ message: expect.stringContaining('panic!'), hard: true }]);
    const good = await run(
      { setup_commands: [node(says('ready'), conditions), { ...FOR_EVER, args: ['60'] }] },
      { compat },
    );
    expect(good.failures).toEqual([]);
  });

  it('a late line that is wanted must come within timer_secs, unless warn_no_panic', async () => {
    const sleep = { command: 'sleep', args: ['1500'], conditions: 'None' };
    const wanted = (warn: boolean) => when([line('ready'), line('more', true, true)], 1, warn);
    const silent = (warn: boolean) => run({ setup_commands: [node(says('ready'), wanted(warn)), sleep] }, { compat });
    const [bad, warned, good] = await Promise.all([
      silent(false),
      silent(true),
      run(
        {
          setup_commands: [
            node(says('ready', `setTimeout(() => console.log('more'), 50); ${STAYS}`), wanted(false)),
            sleep,
          ],
        },
        { compat },
      ),
    ]);
    expect(bad.failures).toMatchObject([{ message: expect.stringContaining('1 s passed since it was ready') }]);
    expect(warned.failures).toEqual([]);
    expect(good.failures).toEqual([]);
  });

  it('setup sleep counts milliseconds, and kill ends a setup process by its index', async () => {
    const started = performance.now();
    const stays = node(says('ready', `process.on('SIGTERM', () => {}); ${STAYS}`), when([line('ready')]));
    const sleep = { command: 'sleep', args: ['120'], conditions: 'None' };
    const kill = (index: string) => ({ command: 'kill', args: [index], conditions: 'None' });
    const good = await run({ setup_commands: [stays, sleep, stays, kill('1'), kill('0')] }, { compat });
    expect(good.failures).toEqual([]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(120);
    const bad = await run({ setup_commands: [sleep, kill('0')] }, { compat });
    expect(bad.failures).toMatchObject([{ message: 'kill 0: no such setup command' }]);
  });

  it('cleanup runs after a failure too, each command waited for', async () => {
    const bad = node("console.log('bad'); process.exit()", when([line('bad', false)]));
    const cleanup_commands = [node(`setTimeout(() => ${writes('cleaned')}, 50)`)];
    expect((await run({ setup_commands: [bad], cleanup_commands }, { compat })).outcome).toBe('failed');
    expect(has('cleaned')).toBe(true);
  });

  it('a failure points at the command or the connection', async () => {
    const text = `{
      "version": "2", "role": "none", "actions": [], "frame_builders": [], "execution_commands": [], "cleanup_commands": [],
      "setup_commands": [
        { "command": "no-such-program", "args": [], "conditions": "None" }
      ]
    }`;
    const { failures } = await runTest(parseTestText(text, 'x.json', { compat }));
    expect(failures).toMatchObject([{ file: 'x.json', line: 4 }]);
    const nobody = `{"version": "2", "frame_builders": [], "actions": [], "setup_commands": [],
      "execution_commands": [], "cleanup_commands": [], "role": "client",
      "downstream": { "ip": "127.0.0.1", "port": 1 }}`;
    const timeouts = { connectMs: 50, retryMs: 10 };
    const report = await runTest(parseTestText(nobody, 'y.json', { compat }), { timeouts });
    expect(report.failures).toMatchObject([{ file: 'y.json', line: 3 }]);
  });

  it('a program that does not exist is named', async () => {
    const { failures } = await run(
      { setup_commands: [{ command: 'no-such-program', args: [], conditions: 'None' }] },
      { compat },
    );
    expect(failures).toMatchObject([{ message: 'no-such-program cannot be started (ENOENT)', hard: true }]);
  });

  it('a chatty command that nobody reads does not block', async () => {
    const program = `process.stdout.write('x'.repeat(4_000_000), () => ${writes('written')})`;
    const wait = node(
      `const fs = require('fs'); const t = setInterval(() => { if (fs.existsSync(process.env.FOLDER + '/written')) { clearInterval(t); console.log('seen'); } }, 10)`,
      when([line('seen')]),
    );
    expect((await run({ setup_commands: [node(program), wait] }, { compat })).failures).toEqual([]);
  });

  it('children and their children are gone afterwards, also when the test is stopped', async () => {
    const { program, connected, closed } = await family();
    const abort = new AbortController();
    const report = run({ setup_commands: [node(program), FOR_EVER] }, { compat, signal: abort.signal });
    await connected;
    abort.abort();
    expect(await report).toMatchObject({ outcome: 'failed', failures: [{ message: 'stopped' }] });
    await closed;
  });
});

it('children end with their test even if it is killed', async () => {
  const { program, connected, closed } = await family();
  const file = join(folder, 'killed.json');
  const commands = { setup_commands: [node(program), FOR_EVER] };
  writeFileSync(file, formatJson({ version: '2', role: 'none', actions: [], ...commands }));
  const main = join(import.meta.dirname, '../src/main.ts');
  const runner = spawn(process.execPath, ['--conditions=@stratumkit/source', main, 'run', file], { stdio: 'ignore' });
  await connected;
  runner.kill('SIGKILL');
  await closed;
});

describe('execution commands', () => {
  const server = { role: 'server', upstream: { ip: '127.0.0.1', port: 0 } };
  const client = { role: 'client', downstream: { ip: '127.0.0.1', port: 1 } };
  const execution_commands = [node(writes('executed'), when([line('never', false)]))];

  it('run after bind and before accept', async () => {
    const connects = "require('net').connect(Number(process.argv[1]), '127.0.0.1'); setInterval(() => {}, 1000)";
    const command = { command: process.execPath, args: ['-e', connects, `\${port:server}`] };
    const { failures } = await run({ ...server, execution_commands: [command] });
    expect(failures).toEqual([]);
  });

  it('may have sent before they are accepted', async () => {
    const program = `
      const socket = require('net').connect(Number(process.argv[1]), '127.0.0.1', () =>
        socket.write(Buffer.from('0080180900000700000004646f6e65', 'hex'), () => console.log('sent')));
      ${STAYS}`;
    const conditions = when([line('sent')]);
    const command = { command: process.execPath, args: ['-e', program, `\${port:server}`], conditions };
    const actions = [{ message_ids: [], results: [{ type: 'match_message_type', value: '0x18' }] }];
    expect((await run({ ...server, actions, execution_commands: [command] })).failures).toEqual([]);
  });

  it('are not run for a client under compat, and are otherwise', async () => {
    const timeouts = { connectMs: 50 };
    await run({ ...client, execution_commands }, { compat: true, timeouts });
    expect(has('executed')).toBe(false);
    await run({ ...client, execution_commands }, { timeouts });
    expect(has('executed')).toBe(true);
  });
});

describe('the end of a command before it is ready', () => {
  const ends = (code: number) => node(`process.exit(${code})`, when([line('ready')]));
  const failsOnly = (code: number) => node(`process.exit(${code})`, when([line('TEST FAILED', false)]));

  it('is readiness under compat, whatever the exit code', async () => {
    expect((await run({ setup_commands: [ends(1)] }, { compat: true })).failures).toEqual([]);
  });

  it('is otherwise readiness only if nothing was awaited and it went well', async () => {
    expect((await run({ setup_commands: [failsOnly(0)] })).failures).toEqual([]);
    expect((await run({ setup_commands: [failsOnly(1)] })).failures[0]?.message).toContain(
      'ended (1) before it was ready',
    );
    expect((await run({ setup_commands: [ends(0)] })).failures[0]?.message).toContain('ended (0) before it was ready');
  });
});

describe('connecting', () => {
  it('is tried again until somebody listens, unless the file says otherwise', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined));
    const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const port = await freePort();
    const down = { role: 'client', downstream: { ip: '127.0.0.1', port } };
    expect((await run({ ...down, timeouts: { retry_ms: null } })).failures).toMatchObject([
      { message: `cannot connect to 127.0.0.1:${port}: ECONNREFUSED`, hard: true },
    ]);
    const report = run({ ...down, timeouts: { retry_ms: 10 } });
    await listen(port);
    expect((await report).failures).toEqual([]);
    server.close();
  });
});

describe('limits of the default mode', () => {
  it('a command that is never ready', async () => {
    const timeouts = { readyMs: 100 };
    const { failures } = await run({ setup_commands: [node(says('almost'), when([line('ready')]))] }, { timeouts });
    expect(failures[0]?.message).toContain('no output that the test waits for');
    expect(failures[0]?.message).toContain('(waited 100 ms)');
  });

  it('nobody to connect to, nobody who connects, no answer to a handshake, no message', async () => {
    const key = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
    const action = { message_ids: [], results: [{ type: 'match_message_type', value: '0x00' }] };
    const down = { role: 'client', downstream: { ip: '127.0.0.1', port: 1 } };
    const up = { role: 'server', upstream: { ip: '127.0.0.1', port: 0 } };
    const timeouts = { connectMs: 60, acceptMs: 60, receiveMs: 60, retryMs: 10 };
    const silent = {
      ...up,
      execution_commands: [
        {
          command: process.execPath,
          args: ['-e', "require('net').connect(Number(process.argv[1]), '127.0.0.1')", `\${port:server}`],
        },
      ],
    };
    expect((await run(down, { timeouts })).failures[0]?.message).toBe('cannot connect to 127.0.0.1:1: ECONNREFUSED');
    expect((await run(up, { timeouts })).failures[0]?.message).toContain(
      'nobody connected to 127.0.0.1:0 (waited 60 ms)',
    );
    const slow = { ...timeouts, acceptMs: 5_000 };
    expect((await run({ ...silent, actions: [action] }, { timeouts: slow })).failures[0]?.message).toBe(
      'nothing came within 60 ms',
    );
    const secret = { pub_key: key, secret_key: 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n' };
    const encrypted = { ...silent, upstream: { ...up.upstream, ...secret } };
    expect((await run(encrypted, { timeouts: slow })).failures[0]?.message).toContain(
      'no end of the handshake (waited 60 ms)',
    );
  });
});

/** A program and a child of it, both deaf to SIGTERM. Each holds a connection, which ends with its process and not before. */
async function family() {
  const sockets: Promise<unknown>[] = [];
  let complete: () => void = () => undefined;
  const connected = new Promise<void>((resolve) => {
    complete = resolve;
  });
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    sockets.push(new Promise((resolve) => socket.on('close', resolve)));
    if (sockets.length === 2) complete();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const stays = `process.on('SIGTERM', () => {}); require('net').connect(${port}, '127.0.0.1');`;
  const program = `${stays} require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(stays)}])`;
  const closed = connected.then(async () => {
    await Promise.all(sockets);
    server.close();
  });
  return { program, connected, closed };
}
