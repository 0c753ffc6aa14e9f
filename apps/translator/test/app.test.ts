import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { type ProcessEdge, runApp } from '@stratumkit/runtime';
import { expect, it } from 'vitest';
import { translator } from '../src/app.ts';

const KEY = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
const COMPLETE = ['--user-identity', 'alice', '--upstream', `stratum2+tcp://127.0.0.1:1/${KEY}`];

/** Runs the command; `onLog` gets its lines and may send a signal. */
async function run(
  argv: readonly string[],
  onLog: (line: Record<string, unknown>, stop: () => void) => void = () => {},
) {
  let stop = () => {};
  let errors = '';
  const into = (take: (text: string) => void) =>
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
    stdout: into(() => undefined),
    // The log goes where errors go.
    stderr: into((text) => {
      errors += text;
      for (const line of text.split('\n').filter((each) => each.startsWith('{')))
        onLog(JSON.parse(line) as Record<string, unknown>, () => stop());
    }),
    onSignal: (_, listener) => {
      stop = () => listener('SIGINT');
      return () => undefined;
    },
  };
  return { exitCode: await runApp(translator, edge), errors };
}

it('needs no file: an identity and an upstream are enough', async () => {
  expect(await run([...COMPLETE, '--check'])).toMatchObject({ exitCode: 0 });
});

it('says what is missing', async () => {
  const { exitCode, errors } = await run(COMPLETE.slice(0, 2));
  expect(exitCode).not.toBe(0);
  expect(errors).toContain('no upstream');
});

it('serves miners and its monitoring, warns of what old firmware does not take, and ends on a signal', async () => {
  const lines: Record<string, unknown>[] = [];
  const health: unknown[] = [];
  const argv = [...COMPLETE, '--downstream-port', '0', '--downstream-extranonce2-size', '12'];
  const { exitCode } = await run([...argv, '--monitoring-address', '127.0.0.1:0'], (line, stop) => {
    lines.push(line);
    if (line.msg !== 'monitoring') return;
    const { address } = line as { address: string };
    const [, sv1Port] = String(lines.find(({ msg }) => msg === 'listening')?.address).split(':');
    const socket = connect(Number(sv1Port), '127.0.0.1');
    socket.write('{"id":1,"method":"mining.subscribe","params":[]}\n');
    socket.once('data', async (answer) => {
      health.push(JSON.parse(String(answer)));
      // Nobody answers at the upstream.
      for (const path of ['/api/v1/health', '/api/v1/sv1/clients'])
        health.push(await (await fetch(`http://${address}${path}`)).json());
      health.push(await (await fetch(`http://${address}/metrics`)).text());
      socket.destroy();
      stop();
    });
  });
  expect(exitCode).toBe(0);
  expect(health).toMatchObject([
    { id: 1, error: null, result: [expect.anything(), expect.stringMatching(/^[0-9a-f]{4}$/), 12] },
    { healthy: false, status: 'no upstream', timestamp: expect.any(Number), upstream: null, miners: 1 },
    { total: 1, items: [{ extranonce2_len: 12, target_hex: '' }] },
    expect.stringContaining('sv1_clients_total 1'),
  ]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 40, size: 12, limit: 8, msg: expect.stringContaining('cgminer') }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'SV1 is not encrypted: for a local network only' }));
});
