import { randomBytes as nodeRandomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Now } from '@stratumkit/codec';

/** The two clocks that machines take as `now`: one for intervals, one for ntime and certificates. */
export function readClock(): Now {
  return { monotonicMs: performance.now(), unixSeconds: Math.floor(Date.now() / 1000) };
}

/** The system's random source, for everything that takes `random`. */
export function randomBytes(length: number): Uint8Array {
  const bytes = nodeRandomBytes(length);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
}
