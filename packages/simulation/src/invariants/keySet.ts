import type { HashKey } from './keys.ts';

const EMPTY = -1;
const FIRST_SIZE = 1 << 10;

/** A set of hash keys in one flat array: a `Set` of a million large numbers costs five times the memory and twice the time. */
export class KeySet {
  #slots: Float64Array;
  #size = 0;

  /** `firstSize`: a power of two. */
  constructor(firstSize = FIRST_SIZE) {
    this.#slots = new Float64Array(firstSize).fill(EMPTY);
  }

  get size(): number {
    return this.#size;
  }

  has(key: HashKey): boolean {
    return this.#slots[this.#find(key)] === key;
  }

  /** False if it is there already. */
  add(key: HashKey): boolean {
    const at = this.#find(key);
    if (this.#slots[at] === key) return false;
    this.#slots[at] = key;
    if (++this.#size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  /** The slot of the key, or the free one where it belongs. */
  #find(key: HashKey): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    // Keys are parts of hashes: their low bits are as good as any.
    let at = (key % 2 ** 32) & mask;
    while (slots[at] !== EMPTY && slots[at] !== key) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(old.length * 2).fill(EMPTY);
    for (const key of old) if (key !== EMPTY) this.#slots[this.#find(key)] = key;
  }
}
