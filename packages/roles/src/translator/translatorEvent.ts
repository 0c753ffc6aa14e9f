import type { ConnectionId } from '../output.ts';
import type { UpstreamEvent } from '../upstreamList/index.ts';

interface OfMiner {
  readonly connection: ConnectionId;
}

interface OfWorker extends OfMiner {
  readonly workerName: string;
}

/** Why a share got no `true`: the pool's words where a check of the pool says no. */
export type ShareRefusal =
  | 'stale-share'
  | 'invalid-job-id'
  | 'duplicate-share'
  | 'difficulty-too-low'
  | 'invalid-share'
  | 'bad-extranonce-size'
  | 'invalid-version-bits'
  | 'not-authorized'
  | 'malformed'
  /** Its upstream is gone or does not know the job any more. */
  | 'no-upstream';

/** Everything that happens in a translator, for metrics, dashboards and logs. */
export type TranslatorEvent =
  | UpstreamEvent
  | (OfMiner & { readonly type: 'minerConnected'; readonly address: string })
  | (OfMiner & { readonly type: 'minerSubscribed'; readonly userAgent: string })
  | (OfWorker & { readonly type: 'workerAuthorized' })
  | (OfWorker & { readonly type: 'workerRefused'; readonly errorCode: string })
  | (OfMiner & { readonly type: 'minerGone' })
  | (OfMiner & { readonly type: 'minerClosed'; readonly reason: string })
  | {
      readonly type: 'upstreamChannelOpened';
      readonly channelId: number;
      readonly userIdentity: string;
      /** Undefined for the channel of all miners. */
      readonly connection: ConnectionId | undefined;
    }
  | (OfMiner & { readonly type: 'difficulty'; readonly difficulty: number })
  | { readonly type: 'job'; readonly miners: number; readonly cleanJobs: boolean; readonly reason: JobReason }
  /** Answered `true`. `forwarded`: it also meets the upstream's target and was sent there; else it is counted here. */
  | (OfWorker & {
      readonly type: 'share';
      readonly hash: Uint8Array;
      readonly difficulty: number;
      readonly work: bigint;
      readonly forwarded: boolean;
    })
  | (OfMiner & {
      readonly type: 'shareRefused';
      /** Undefined if nobody with this name is authorized. */
      readonly workerName: string | undefined;
      readonly refusal: ShareRefusal;
    })
  /**
   * A header at or below the network's target, whatever else is wrong with the share. `sent` upstream, unless that is gone. Where
   * the network is easier than difficulty 1 only the upstream knows what a block is.
   */
  | (OfWorker & { readonly type: 'block'; readonly hash: Uint8Array; readonly sent: boolean })
  /** The upstream counted shares that were sent to it. */
  | { readonly type: 'upstreamAccepted'; readonly shares: number; readonly difficultySum: bigint }
  /** The upstream refused a share that passed the same checks here. */
  | (OfWorker & { readonly type: 'upstreamRefused'; readonly errorCode: string; readonly tipAgeMs: number })
  /** Shares sent to an upstream that never answered: it is gone. */
  | { readonly type: 'sharesUnknown'; readonly shares: number }
  /** The upstream counted more or fewer shares than it answered. */
  | { readonly type: 'shareGap'; readonly answered: number; readonly counted: number }
  /** The upstream does not take what it was told of hashrate and target. */
  | { readonly type: 'upstreamUpdateRefused'; readonly channelId: number; readonly errorCode: string }
  /** A line of a miner was no message, or broke a rule. */
  | (OfMiner & { readonly type: 'lineFault'; readonly code: string })
  | { readonly type: 'payoutBroken'; readonly channelId: number; readonly userIdentity: string }
  | { readonly type: 'coinbaseTooLarge'; readonly bytes: number; readonly limit: number }
  /** No upstream served work for too long: miners are closed so that they can go elsewhere. */
  | { readonly type: 'workExpired' };

/**
 * Why a job was sent: a new tip, better work on it, a miner that came to this work, a new difficulty, or a long time without a
 * job.
 */
export type JobReason = 'tip' | 'update' | 'joined' | 'difficulty' | 'keepalive';
