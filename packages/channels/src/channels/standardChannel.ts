import type { Now } from '@stratumkit/codec';
import { UsageError } from '@stratumkit/codec';
import type { ShareResult, StandardShare } from '../shares/share.ts';
import { type ChannelOptions, MiningChannel } from './miningChannel.ts';

const NO_EXTRANONCE = new Uint8Array(0);

/** Header-only mining: the extranonce prefix is the whole extranonce (spec 5.2.1). */
export class StandardChannel extends MiningChannel {
  readonly type = 'standard';

  constructor(options: ChannelOptions) {
    super(options, 0);
  }

  /**
   * The merkle root that `NewMiningJob` carries for a job of this channel. 32 bytes, wire order. Throws UsageError `unknown-job`
   * where there is no such job.
   */
  merkleRoot(jobId: number): Uint8Array {
    const job = this.jobs.get(jobId);
    if (job === undefined)
      throw new UsageError('unknown-job', 'the channel has no such job', {
        context: { channelId: this.channelId, jobId },
      });
    const root = new Uint8Array(32);
    this.merkleRootInto(job, NO_EXTRANONCE, root);
    return root;
  }

  validateShare(share: StandardShare, now: Now): ShareResult {
    return this.validate(share, NO_EXTRANONCE, now);
  }
}
