/** How many shares of all channels of a connection are not answered. */
export interface PendingTotal {
  count: number;
  /** From here on a channel that sends another share gives up its oldest one, though not the one it sends. */
  readonly limit: number;
}

/** Shares of one channel that were sent and not yet answered, oldest first. */
export class PendingShares {
  readonly #limit: number;
  readonly #sequenceNumbers = new Set<number>();
  #total: PendingTotal;

  constructor(limit: number, total: PendingTotal = { count: 0, limit: Number.POSITIVE_INFINITY }) {
    this.#limit = limit;
    this.#total = total;
  }

  get size(): number {
    return this.#sequenceNumbers.size;
  }

  /** Returns the share given up to keep the bound, if one had to be. */
  add(sequenceNumber: number): number | undefined {
    this.#sequenceNumbers.add(sequenceNumber);
    this.#total.count++;
    const { size } = this.#sequenceNumbers;
    if (size <= this.#limit && (size === 1 || this.#total.count <= this.#total.limit)) return undefined;
    const [oldest] = this.#sequenceNumbers;
    this.#delete(oldest!);
    return oldest;
  }

  /** The channel is no longer open: what it waits for counts for nothing in all. */
  release(): void {
    this.#total.count -= this.size;
    this.#total = { count: this.size, limit: Number.POSITIVE_INFINITY };
  }

  /** Takes out the rejected share; false if it was not waited for. */
  reject(sequenceNumber: number): boolean {
    return this.#delete(sequenceNumber);
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
      this.#delete(sequenceNumber);
      taken.push(sequenceNumber);
      if (isLast(sequenceNumber)) break;
    }
    return taken;
  }

  #delete(sequenceNumber: number): boolean {
    if (!this.#sequenceNumbers.delete(sequenceNumber)) return false;
    this.#total.count--;
    return true;
  }
}
