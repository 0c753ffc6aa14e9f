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

  /** Returns the share given up to keep the bound, if one had to be. */
  add(sequenceNumber: number): number | undefined {
    this.#sequenceNumbers.add(sequenceNumber);
    if (this.#sequenceNumbers.size <= this.#limit) return undefined;
    const [oldest] = this.#sequenceNumbers;
    this.#sequenceNumbers.delete(oldest!);
    return oldest;
  }

  /** Takes out the rejected share; false if it was not waited for. */
  reject(sequenceNumber: number): boolean {
    return this.#sequenceNumbers.delete(sequenceNumber);
  }

  /**
   * Takes out the oldest `count` shares up to the acknowledged one, and returns them, oldest first. A server acknowledges in
   * the order of submission, so that rejected shares between them have been taken out before.
   */
  accept(lastSequenceNumber: number, count: number): readonly number[] {
    if (!this.#sequenceNumbers.has(lastSequenceNumber)) return this.#takeOldest(count, () => false);
    return this.#takeOldest(this.#sequenceNumbers.size, (sequenceNumber) => sequenceNumber === lastSequenceNumber);
  }

  #takeOldest(count: number, isLast: (sequenceNumber: number) => boolean): readonly number[] {
    const taken: number[] = [];
    for (const sequenceNumber of this.#sequenceNumbers) {
      if (taken.length >= count) break;
      this.#sequenceNumbers.delete(sequenceNumber);
      taken.push(sequenceNumber);
      if (isLast(sequenceNumber)) break;
    }
    return taken;
  }
}
