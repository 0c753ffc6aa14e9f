const U32 = 2 ** 32;

/**
 * The job id counter of one connection. Channels hold the ids of the jobs they remember, stale ones included, and a held id is
 * never given out again, however often the counter wraps.
 */
export class JobIds {
  readonly #holders = new Map<number, number>();
  #next: number;

  constructor(first = 1) {
    this.#next = first % U32;
  }

  /** A u32 that no job of this connection has. */
  next(): number {
    while (this.#holders.has(this.#next)) this.#next = (this.#next + 1) % U32;
    const id = this.#next;
    this.#next = (id + 1) % U32;
    return id;
  }

  hold(jobId: number): void {
    this.#holders.set(jobId, (this.#holders.get(jobId) ?? 0) + 1);
  }

  release(jobId: number): void {
    const holders = this.#holders.get(jobId);
    if (holders === undefined) return;
    if (holders > 1) this.#holders.set(jobId, holders - 1);
    else this.#holders.delete(jobId);
  }
}
