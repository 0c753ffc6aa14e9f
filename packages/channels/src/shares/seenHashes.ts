const WORDS = 4;
const SLOT = WORDS + 1;
const INITIAL_SLOTS = 16;
/** Of all sets that nothing was added to, which are most: never written to. */
const EMPTY = new Uint32Array(INITIAL_SLOTS * SLOT);

/**
 * A set of header hashes in one flat array, each owned by a small number. Keys are the first 16 wire bytes: the ones proof of
 * work leaves random, so they spread by themselves, and equal headers are always found.
 */
export class SeenHashes {
  #slots = INITIAL_SLOTS;
  /** Per slot: four words of the hash, then the owner + 1 (0 is an empty slot). */
  #table = EMPTY;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(hash: Uint8Array): boolean {
    return this.#table[this.#find(hash) + WORDS] !== 0;
  }

  /** Returns false if it is there already. */
  add(hash: Uint8Array, owner: number): boolean {
    let slot = this.#find(hash);
    if (this.#table[slot + WORDS] !== 0) return false;
    if (this.#table === EMPTY) this.#table = EMPTY.slice();
    if (2 * (this.#size + 1) > this.#slots) {
      this.#rebuild(2 * this.#slots, undefined);
      slot = this.#find(hash);
    }
    for (let word = 0; word < WORDS; word++) this.#table[slot + word] = readWord(hash, 4 * word);
    this.#table[slot + WORDS] = owner + 1;
    this.#size++;
    return true;
  }

  /** The smallest owner of any hash, or `undefined` when empty. */
  oldestOwner(): number | undefined {
    let oldest: number | undefined;
    for (let at = WORDS; at < this.#table.length; at += SLOT) {
      const owner = this.#table[at]!;
      if (owner !== 0 && (oldest === undefined || owner - 1 < oldest)) oldest = owner - 1;
    }
    return oldest;
  }

  /** Forgets all hashes of an owner. */
  removeOwner(owner: number): void {
    this.#rebuild(this.#slots, owner);
  }

  #find(hash: Uint8Array): number {
    const w0 = readWord(hash, 0);
    const w1 = readWord(hash, 4);
    const w2 = readWord(hash, 8);
    const w3 = readWord(hash, 12);
    const table = this.#table;
    let slot = w0 & (this.#slots - 1);
    for (;;) {
      const at = slot * SLOT;
      if (table[at + WORDS] === 0) return at;
      if (table[at] === w0 && table[at + 1] === w1 && table[at + 2] === w2 && table[at + 3] === w3) return at;
      slot = (slot + 1) & (this.#slots - 1);
    }
  }

  #rebuild(slots: number, without: number | undefined): void {
    const old = this.#table;
    this.#slots = slots;
    this.#table = new Uint32Array(slots * SLOT);
    this.#size = 0;
    for (let at = 0; at < old.length; at += SLOT) {
      const owner = old[at + WORDS]!;
      if (owner === 0 || owner - 1 === without) continue;
      let slot = old[at]! & (slots - 1);
      while (this.#table[slot * SLOT + WORDS] !== 0) slot = (slot + 1) & (slots - 1);
      for (let word = 0; word < SLOT; word++) this.#table[slot * SLOT + word] = old[at + word]!;
      this.#size++;
    }
  }
}

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
