/** Shares of one channel that were sent and not yet answered, oldest first. */
export class PendingShares {
  readonly #limit: number;
  readonly #sequenceNumbers = new Set<number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#sequenceNumbers.size;
  }

  /** Returns the number of shares given up to keep the bound. */
  add(sequenceNumber: number): number {
    this.#sequenceNumbers.add(sequenceNumber);
    if (this.#sequenceNumbers.size <= this.#limit) return 0;
    for (const oldest of this.#sequenceNumbers) {
      this.#sequenceNumbers.delete(oldest);
      break;
    }
    return 1;
  }

  /** Takes out the rejected share; false if it was not waited for. */
  reject(sequenceNumber: number): boolean {
    return this.#sequenceNumbers.delete(sequenceNumber);
  }

  /**
   * Takes out the oldest `count` shares up to the acknowledged one, and returns how many they were. A server acknowledges in
   * the order of submission, so that rejected shares between them have been taken out before.
   */
  accept(lastSequenceNumber: number, count: number): number {
    if (!this.#sequenceNumbers.has(lastSequenceNumber)) return this.#takeOldest(count, () => false);
    return this.#takeOldest(this.#sequenceNumbers.size, (sequenceNumber) => sequenceNumber === lastSequenceNumber);
  }

  #takeOldest(count: number, isLast: (sequenceNumber: number) => boolean): number {
    let taken = 0;
    for (const sequenceNumber of this.#sequenceNumbers) {
      if (taken >= count) break;
      this.#sequenceNumbers.delete(sequenceNumber);
      taken++;
      if (isLast(sequenceNumber)) break;
    }
    return taken;
  }
}
