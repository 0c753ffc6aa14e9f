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
  readonly difficulty: number;
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
  commit(batch: ShareBatch): void;
  /** Ids of batches that are durable since the last call. */
  takeCommitted(): readonly number[];
}

/** Commits at once and keeps the newest shares in memory, up to `maxShares`. */
export class MemoryLedgerSink implements LedgerSink {
  readonly #maxShares: number;
  readonly #seen = new Set<bigint>();
  #shares: ShareRecord[] = [];
  #committed: number[] = [];

  constructor(maxShares = 10_000) {
    this.#maxShares = maxShares;
  }

  /** Oldest first. */
  get shares(): readonly ShareRecord[] {
    return this.#shares;
  }

  commit(batch: ShareBatch): void {
    for (const share of batch.shares) {
      if (this.#seen.has(share.identity.sequence)) continue;
      this.#seen.add(share.identity.sequence);
      this.#shares.push(share);
    }
    // Half at a time, so that the cost of dropping is spread.
    if (this.#shares.length > 2 * this.#maxShares) {
      const dropped = this.#shares.length - this.#maxShares;
      for (const share of this.#shares.slice(0, dropped)) this.#seen.delete(share.identity.sequence);
      this.#shares = this.#shares.slice(dropped);
    }
    this.#committed.push(batch.batchId);
  }

  takeCommitted(): readonly number[] {
    const committed = this.#committed;
    this.#committed = [];
    return committed;
  }
}
