interface Entry<K> {
  readonly key: K;
  readonly atMs: number;
  /** Neither deleted nor set anew. */
  isLive: boolean;
}

/** Entries that are of no use any more, at least, before the array is cut. */
const COMPACT_AT = 1_024;

/**
 * Keys by the time they are due, for times that (nearly) never go back: first in, first out. A `Map` alone would do, but its
 * first entry is found by walking over all that were deleted before it, thousands on a server with as many channels.
 */
export class DueQueue<K> {
  readonly #due = new Map<K, Entry<K>>();
  #queue: Entry<K>[] = [];
  #head = 0;

  get size(): number {
    return this.#due.size;
  }

  /** Time of the first key; undefined while there is none. */
  get next(): number | undefined {
    return this.#first()?.atMs;
  }

  /** Entries kept, those included that are gone and not forgotten yet. */
  get remembered(): number {
    return this.#queue.length;
  }

  has(key: K): boolean {
    return this.#due.has(key);
  }

  /** Puts the key at the end, whether it was there or not. */
  set(key: K, atMs: number): void {
    const former = this.#due.get(key);
    if (former !== undefined) former.isLive = false;
    const entry = { key, atMs, isLive: true };
    this.#due.set(key, entry);
    this.#queue.push(entry);
    // Behind a first key that stays there for ever nothing else is ever reached.
    if (this.#queue.length <= 2 * this.#due.size + COMPACT_AT) return;
    this.#queue = this.#queue.filter(({ isLive }) => isLive);
    this.#head = 0;
  }

  delete(key: K): void {
    const entry = this.#due.get(key);
    if (entry === undefined) return;
    entry.isLive = false;
    this.#due.delete(key);
    if (this.#due.size > 0) return;
    this.#queue = [];
    this.#head = 0;
  }

  /** The first key if its time has come; it stays. */
  due(nowMs: number): K | undefined {
    const first = this.#first();
    return first === undefined || first.atMs > nowMs ? undefined : first.key;
  }

  /** Takes the first key out if its time has come. */
  takeDue(nowMs: number): K | undefined {
    const key = this.due(nowMs);
    if (key !== undefined) this.delete(key);
    return key;
  }

  /** Skips what was deleted or set anew since it was queued. */
  #first(): Entry<K> | undefined {
    for (; this.#head < this.#queue.length; this.#head++) {
      const entry = this.#queue[this.#head]!;
      if (!entry.isLive) continue;
      this.#compact();
      return entry;
    }
    return undefined;
  }

  #compact(): void {
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}
