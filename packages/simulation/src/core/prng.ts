/** Rounds of mixing between absorbing a seed and using it. */
const WARM_UP = 8;

/**
 * A seeded stream of numbers (xoshiro128**). Nothing but 32-bit integer operations, so that a seed gives the same stream on
 * every machine. Not for secrets.
 */
export class Prng {
  readonly #seed: readonly [number, number];
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** `label` tells streams of one seed apart. */
  constructor(seed: number, label = '') {
    const low = seed >>> 0;
    const high = Math.floor(seed / 2 ** 32) >>> 0;
    let state = mix(low ^ mix(high ^ 0x9e3779b9));
    for (let i = 0; i < label.length; i++) state = mix(state ^ Math.imul(label.charCodeAt(i) + i + 1, 0x85ebca6b));
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      return mix(state);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
    this.#seed = [this.#a, this.#c];
    for (let i = 0; i < WARM_UP; i++) this.uint32();
  }

  /** A stream of its own: what is drawn from it changes nothing here, whatever was drawn here changes nothing there. */
  fork(label: string): Prng {
    return new Prng(this.#seed[0] * 2 ** 20 + (this.#seed[1] >>> 12), label);
  }

  uint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** In [0, 1), a multiple of 2^-32. */
  readonly fraction = (): number => this.uint32() / 2 ** 32;

  /** Integer in [0, limit). */
  below(limit: number): number {
    return Math.floor((this.uint32() / 2 ** 32) * limit);
  }

  /** Integer in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  chance(probability: number): boolean {
    return this.uint32() / 2 ** 32 < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  readonly bytes = (length: number): Uint8Array => {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.uint32() >>> 24;
    return out;
  };
}

function mix(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
