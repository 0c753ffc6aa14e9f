import { createHash } from 'node:crypto';
import type { RandomBytes } from '@stratumkit/noise';
import type { Bench } from 'tinybench';

/** Calls in one run of a short task, so that the clock's resolution does not matter. */
export const BATCH = 100;

/** Keeps results alive, so that no call can be optimised away. */
export const sink = { value: 0 };

export function repeat(bench: Bench, name: string, task: () => void): void {
  bench.add(name, () => {
    for (let i = 0; i < BATCH; i++) task();
  });
}

export function seededRandom(seed: string): RandomBytes {
  let counter = 0;
  return (length) =>
    new Uint8Array(createHash('shake256', { outputLength: length }).update(`${seed}/${counter++}`).digest());
}
