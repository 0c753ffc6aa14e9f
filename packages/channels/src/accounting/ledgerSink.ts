import type { ShareIdentity } from './shareIdentity.ts';

/** An accepted share as a ledger keeps it. */
export interface ShareRecord {
  readonly identity: ShareIdentity;
  readonly channelId: number;
  readonly userIdentity: string;
  /** From the worker TLV of extension 0x0002, where negotiated. */
  readonly worker: string | undefined;
  readonly sequenceNumber: number;
  readonly jobId: number;
  readonly templateId: bigint;
  /** Header hash, wire order. */
  readonly hash: Uint8Array;
  /** Of the job's target; for people. Sum `work`, which is exact. */
  readonly difficulty: number;
  /** Expected hashes behind a share of the job's target, exact. */
  readonly work: bigint;
  readonly unixSeconds: number;
}

/** Shares that are credited together and acknowledged by one `SubmitShares.Success`. */
export interface ShareBatch {
  /** Unique within the run of the process. */
  readonly batchId: number;
  readonly channelId: number;
  readonly shares: readonly ShareRecord[];
}

/**
 * Where credit is written. A role hands `commit(batch)` to it and feeds the ids it reports back into `committed(batchId)`; only
 * that releases the acknowledgement. A sink may take batches in any order and may be asked to commit one twice.
 */
export interface LedgerSink {
  /** Returns at once; when the batch is durable its id comes out of `takeCommitted`. */
  commit(batch: ShareBatch): void;
  /** Ids of batches that are durable since the last call. */
  takeCommitted(): readonly number[];
}

const NONE: readonly number[] = [];
/** Batches taken from the front before the array is cut. */
const COMPACT_AT = 1_024;

/** Commits at once and keeps the newest batches in memory, as many as hold `maxShares` shares. */
export class MemoryLedgerSink implements LedgerSink {
  readonly #maxShares: number;
  readonly #ids = new Set<number>();
  /** From `#head` on, oldest first. The first entry of a `Map` is found by walking over all that were deleted before it. */
  #batches: ShareBatch[] = [];
  #head = 0;
  #count = 0;
  #committed: number[] = [];

  constructor(maxShares = 10_000) {
    this.#maxShares = Math.max(1, maxShares);
  }

  /** Oldest first. */
  get shares(): readonly ShareRecord[] {
    return this.#batches.slice(this.#head).flatMap(({ shares }) => shares);
  }

  commit(batch: ShareBatch): void {
    this.#committed.push(batch.batchId);
    if (this.#ids.has(batch.batchId)) return;
    this.#ids.add(batch.batchId);
    this.#batches.push(batch);
    this.#count += batch.shares.length;
    for (let oldest = this.#oldest(); this.#count - oldest.shares.length >= this.#maxShares; oldest = this.#oldest()) {
      this.#ids.delete(oldest.batchId);
      this.#count -= oldest.shares.length;
      this.#head++;
    }
    if (this.#head < COMPACT_AT) return;
    this.#batches = this.#batches.slice(this.#head);
    this.#head = 0;
  }

  #oldest(): ShareBatch {
    return this.#batches[this.#head]!;
  }

  takeCommitted(): readonly number[] {
    if (this.#committed.length === 0) return NONE;
    const committed = this.#committed;
    this.#committed = [];
    return committed;
  }
}
