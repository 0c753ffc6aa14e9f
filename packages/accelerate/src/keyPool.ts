import { UsageError } from '@stratumkit/codec';
import type { KeyPair, NoiseCrypto, RandomBytes } from '@stratumkit/noise';

/** A bit more than 1 ms of work. */
const REFILL_PAIRS = 4;
const REFILL_INTERVAL_MS = 100;

/** `size` is a whole number from 1; anything else is a UsageError `out-of-range`. */
export interface KeyPoolOptions {
  /** Makes the pairs; the pool's own `crypto` is this one, with `createKeyPair` taking from the pool. */
  readonly crypto: NoiseCrypto;
  readonly random: RandomBytes;
  /** Most key pairs kept. */
  readonly size: number;
}

/**
 * Ephemeral keys made ahead of need: handshakes want a new one each, and many may come at once. Handshakes use `pool.crypto`; when the
 * pool is empty they make their key as always.
 */
export class KeyPool {
  /** The wrapped back end, whose `createKeyPair` takes from the pool. Each pair is given out once. */
  readonly crypto: NoiseCrypto;
  readonly #make: () => KeyPair;
  readonly #size: number;
  readonly #pairs: KeyPair[] = [];

  constructor({ crypto, random, size }: KeyPoolOptions) {
    if (!Number.isInteger(size) || size < 1) {
      throw new UsageError('out-of-range', 'a key pool holds at least one pair', { context: { size } });
    }
    this.#size = size;
    this.#make = () => crypto.createKeyPair(random);
    this.crypto = { ...crypto, createKeyPair: (otherRandom) => this.#pairs.pop() ?? crypto.createKeyPair(otherRandom) };
  }

  get available(): number {
    return this.#pairs.length;
  }

  /** Makes up to `most` pairs, about 0.3 ms each with the fast back end; true when the pool is full. */
  refill(most = 1): boolean {
    for (let made = 0; made < most && this.#pairs.length < this.#size; made++) this.#pairs.push(this.#make());
    return this.#pairs.length >= this.#size;
  }

  /** Has the pool refilled a little at a time, until the returned function is called. Keeps no process alive. */
  keepFilled(): () => void {
    const timer = setInterval(() => this.refill(REFILL_PAIRS), REFILL_INTERVAL_MS).unref();
    return () => clearInterval(timer);
  }
}
