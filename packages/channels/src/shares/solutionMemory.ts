/** Hashes of the newest solutions, so that each is handed out once. Rarely used, so it favours few bytes over speed. */
export class SolutionMemory {
  readonly #max: number;
  readonly #hashes = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Returns false if the hash is known. */
  add(hash: Uint8Array): boolean {
    const key = hash.join();
    if (this.#hashes.has(key)) return false;
    this.#hashes.add(key);
    if (this.#hashes.size > this.#max) {
      const [oldest] = this.#hashes;
      this.#hashes.delete(oldest!);
    }
    return true;
  }
}
