import type { ExtendedJobTemplate } from '@stratumkit/channels';
import type { Payout } from '../jobFactory/payout.ts';
import type { Work } from './types.ts';

/** All channels, on whatever connection, that can mine the same jobs because their coinbases pay the same. */
export interface PayoutClass {
  readonly payout: Payout;
  channels: number;
  /** Future job on the current work, for channels that come later. */
  entryJob: ExtendedJobTemplate | undefined;
  /** The future job that was announced for each future work. */
  readonly futureJobs: Map<Work, ExtendedJobTemplate>;
}

/** The payout classes that have channels; a class is gone with its last one. */
export class PayoutClasses {
  readonly #classes = new Map<string, PayoutClass>();

  get size(): number {
    return this.#classes.size;
  }

  values(): IterableIterator<PayoutClass> {
    return this.#classes.values();
  }

  join(payout: Payout): PayoutClass {
    let found = this.#classes.get(payout.key);
    if (found === undefined) {
      found = { payout, channels: 0, entryJob: undefined, futureJobs: new Map() };
      this.#classes.set(payout.key, found);
    }
    found.channels++;
    return found;
  }

  leave(payoutClass: PayoutClass): void {
    payoutClass.channels--;
    if (payoutClass.channels === 0) this.#classes.delete(payoutClass.payout.key);
  }
}
