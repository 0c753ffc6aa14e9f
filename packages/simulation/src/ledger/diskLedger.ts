import type { LedgerSink, ShareBatch } from '@stratumkit/channels';
import type { SimulatedDisk } from './simulatedDisk.ts';

/** What a simulated pool's ledger can tell beyond a sink. */
export interface SimulatedLedger extends LedgerSink {
  /** Batches that were given up since the last call. */
  takeAbandoned(): readonly ShareBatch[];
}

/** Credit on a disk: a batch is committed when its write is durable, and abandoned when the write failed. */
export class DiskLedger implements SimulatedLedger {
  readonly #disk: SimulatedDisk<ShareBatch>;
  readonly #wake: () => void;
  #committed: number[] = [];
  #abandoned: ShareBatch[] = [];

  /** `wake` is called when there is something to take. */
  constructor(disk: SimulatedDisk<ShareBatch>, wake: () => void) {
    this.#disk = disk;
    this.#wake = wake;
  }

  commit(batch: ShareBatch): void {
    this.#disk.append(batch, (durable) => {
      if (durable) this.#committed.push(batch.batchId);
      else this.#abandoned.push(batch);
      this.#wake();
    });
  }

  takeCommitted(): readonly number[] {
    const committed = this.#committed;
    this.#committed = [];
    return committed;
  }

  takeAbandoned(): readonly ShareBatch[] {
    const abandoned = this.#abandoned;
    this.#abandoned = [];
    return abandoned;
  }
}
