import type { Now } from '@stratumkit/codec';

/** A clock that stands still until it is told to move. */
export class FakeClock {
  #monotonicMs: number;
  #unixMs: number;

  constructor(start: Partial<Now> = {}) {
    this.#monotonicMs = start.monotonicMs ?? 0;
    this.#unixMs = (start.unixSeconds ?? 1_700_000_000) * 1000;
  }

  get now(): Now {
    return { monotonicMs: this.#monotonicMs, unixSeconds: Math.floor(this.#unixMs / 1000) };
  }

  /** Lets both clocks run for `ms` and returns the new time. */
  advance(ms: number): Now {
    this.#monotonicMs += ms;
    this.#unixMs += ms;
    return this.now;
  }

  /** Sets the wall clock alone, as an operator or NTP does. */
  jumpTo(unixSeconds: number): Now {
    this.#unixMs = unixSeconds * 1000;
    return this.now;
  }
}
