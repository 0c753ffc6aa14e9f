import type { ChainTip } from '../chainTip.ts';
import type { ShareTarget } from '../difficulty/shareTarget.ts';

/**
 * A job as `NewExtendedMiningJob` carries it, shared by reference between all channels that got it. Never changed after it
 * was added to a channel.
 */
export interface ExtendedJobTemplate {
  readonly jobId: number;
  readonly templateId: bigint;
  readonly version: number;
  readonly versionRollingAllowed: boolean;
  /** Deepest first. */
  readonly merklePath: readonly Uint8Array[];
  /** Coinbase bytes before the extranonce, without BIP141 fields. */
  readonly coinbasePrefix: Uint8Array;
  /** Coinbase bytes after the extranonce, without BIP141 fields. */
  readonly coinbaseSuffix: Uint8Array;
  /** Of a job that came as `NewMiningJob`: the root outright, for one standard channel. Then there are no coinbase parts and no path. */
  readonly merkleRoot?: Uint8Array;
  /** `undefined` makes it a future job. */
  readonly minNtime: number | undefined;
}

/**
 * `future`: sent, waiting for its SetNewPrevHash. `active`: what the device should mine. `past`: replaced on the same tip, its
 * shares still count. `stale`: its tip is gone or it was retired; remembered to say so and to find late blocks.
 */
export type JobState = 'future' | 'active' | 'past' | 'stale';

/** One job as one channel got it: the shared template and what was in force on that channel when it was sent. */
export interface ChannelJob {
  readonly jobId: number;
  readonly template: ExtendedJobTemplate;
  readonly state: JobState;
  /** In force when the job was sent (spec 5.3.10). */
  readonly extranoncePrefix: Uint8Array;
  /** What its shares are judged by; a future job takes the channel's target at its activation (spec 5.3.21). */
  readonly target: ShareTarget;
  /** The tip it is (or was) mined on; `undefined` while it is a future job. */
  readonly chainTip: ChainTip | undefined;
}
