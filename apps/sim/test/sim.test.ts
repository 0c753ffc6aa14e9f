import { Readable, Writable } from 'node:stream';
import { runApp } from '@stratumkit/runtime';
import { expect, it } from 'vitest';
import { sim } from '../src/app.ts';

async function run(...argv: readonly string[]) {
  const text = { out: '', err: '' };
  const collect = (key: 'out' | 'err') =>
    new Writable({
      write(chunk, _, done) {
        text[key] += String(chunk);
        done();
      },
    });
  const exitCode = await runApp(sim, {
    argv,
    environment: {},
    stdin: Readable.from([]),
    stdout: collect('out'),
    stderr: collect('err'),
    onSignal: () => () => {},
  });
  return { exitCode, ...text };
}

const SMALL = ['--devices', '6', '--hours', '0.05'];
const lastObject = (out: string) => JSON.parse(out.trim().split('\n').at(-1)!);

it('ends with a trace hash that depends on the seed alone', async () => {
  const first = await run('--seed', '5', '--json', ...SMALL);
  const second = await run('--seed', '5', '--json', ...SMALL);
  const other = await run('--seed', '6', '--json', ...SMALL);
  expect(first.exitCode).toBe(0);
  expect(lastObject(first.out)).toMatchObject({
    seed: 5,
    devices: 6,
    trace_hash: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(second.out).toBe(first.out);
  expect(lastObject(other.out).trace_hash).not.toBe(lastObject(first.out).trace_hash);
});

it('runs several seeds and prints totals', async () => {
  const { exitCode, out } = await run('--seed', '10', '--seeds', '3', '--json', ...SMALL);
  expect(exitCode).toBe(0);
  const lines = out.trim().split('\n');
  expect(lines).toHaveLength(4);
  const totals = JSON.parse(lines[3]!);
  expect(totals).toMatchObject({ seeds: 3, failed: [] });
  expect(totals.shares.credited).toBe(
    lines.slice(0, 3).reduce((sum, line) => sum + JSON.parse(line).shares.credited, 0),
  );
});

it('keeps only the faults it is told to', async () => {
  const { out } = await run('--seed', '5', '--json', '--keep', 'none', ...SMALL);
  expect(lastObject(out).faults).toEqual({});
});

it('prints for people: shares, blocks, rejects, faults and every invariant', async () => {
  const { exitCode, out } = await run(...SMALL);
  expect(exitCode).toBe(0);
  for (const word of ['seed 1', 'shares', 'rejected', 'blocks', 'retargets', 'faults', 'credited-once', 'trace'])
    expect(out).toContain(word);
});

it('refuses seeds that do not exist', async () => {
  const { exitCode, err } = await run('--seed', '4294967295', '--seeds', '2');
  expect(exitCode).toBe(2);
  expect(err).toContain('seed');
});
