import type { Now } from '@stratumkit/codec';

/** The clocks of this process. */
export function systemClock(): Now {
  return { monotonicMs: performance.now(), unixSeconds: Math.floor(Date.now() / 1_000) };
}
