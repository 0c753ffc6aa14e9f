import type { Now } from '@stratumkit/codec';

export interface TokenRate {
  /** At once, after a long rest. */
  readonly burst: number;
  readonly perSecond: number;
}

/** What all downstreams together may ask of the one connection that they share. */
export class TokenBucket {
  readonly #rate: TokenRate;
  #tokens: number;
  #atMs = 0;

  constructor(rate: TokenRate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  take({ monotonicMs }: Now): boolean {
    const { burst, perSecond } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((monotonicMs - this.#atMs) / 1_000) * perSecond);
    this.#atMs = monotonicMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** When there will be one, after {@link take} found none. */
  get nextMs(): number {
    return this.#atMs + Math.ceil(((1 - this.#tokens) / this.#rate.perSecond) * 1_000);
  }
}
