/** Over what time hashrates are measured, in milliseconds. */
export const HASHRATE_WINDOWS = { '1m': 60_000, '10m': 600_000, '1h': 3_600_000, '24h': 86_400_000 } as const;

/** Name of a window: the span that a hashrate is measured over. */
export type HashrateWindow = keyof typeof HASHRATE_WINDOWS;

/** Hashes per second, by window. */
export type Hashrates = Readonly<Record<HashrateWindow, number>>;

const WINDOWS = Object.entries(HASHRATE_WINDOWS) as readonly [HashrateWindow, number][];
const BUCKETS = 12;

/**
 * What hashrate the work of accepted shares stands for. Each window is twelve buckets: what leaves it does so a twelfth at a time,
 * so that a window covers eleven to twelve twelfths of its name. A younger meter divides by its age, at least one bucket.
 */
export class HashrateMeter {
  readonly #sinceMs: number;
  /** Made with the first share: most names that are ever seen have none. */
  #hashes: Float64Array | undefined;
  /** Number of the newest bucket, by window. */
  readonly #newest: number[];

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
    this.#newest = WINDOWS.map(([, windowMs]) => bucketAt(nowMs, windowMs));
  }

  /** `work` in expected hashes, `nowMs` in monotonic milliseconds. */
  add(work: bigint, nowMs: number): void {
    this.#hashes ??= new Float64Array(WINDOWS.length * BUCKETS);
    this.#advance(this.#hashes, nowMs);
    const hashes = Number(work);
    for (const [index, newest] of this.#newest.entries()) this.#hashes[index * BUCKETS + (newest % BUCKETS)]! += hashes;
  }

  rates(nowMs: number): Hashrates {
    const hashes = this.#hashes;
    if (hashes !== undefined) this.#advance(hashes, nowMs);
    const rates = WINDOWS.map(([name, windowMs], index) => {
      if (hashes === undefined) return [name, 0];
      const bucketMs = windowMs / BUCKETS;
      const startMs = Math.max(this.#sinceMs, (this.#newest[index]! - BUCKETS + 1) * bucketMs);
      const sum = hashes.subarray(index * BUCKETS, (index + 1) * BUCKETS).reduce((left, right) => left + right, 0);
      return [name, (sum * 1_000) / Math.max(bucketMs, nowMs - startMs)];
    });
    return Object.fromEntries(rates) as Hashrates;
  }

  #advance(hashes: Float64Array, nowMs: number): void {
    for (const [index, [, windowMs]] of WINDOWS.entries()) {
      const newest = bucketAt(nowMs, windowMs);
      const passed = Math.min(BUCKETS, newest - this.#newest[index]!);
      for (let back = 0; back < passed; back++) hashes[index * BUCKETS + ((newest - back) % BUCKETS)] = 0;
      if (passed > 0) this.#newest[index] = newest;
    }
  }
}

function bucketAt(nowMs: number, windowMs: number): number {
  return Math.floor(nowMs / (windowMs / BUCKETS));
}
