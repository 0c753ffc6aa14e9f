import type { HashBackend } from '@stratumkit/bitcoin';
import type {
  AcceptedShare,
  CreateJobHasher,
  ExtendedJobTemplate,
  ExtranonceAllocator,
  ShareBatch,
  ShareErrorCode,
  ShareIdentities,
  Solution,
  TargetPolicy,
} from '@stratumkit/channels';
import type { TlvField } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import type { SetupConnection } from '@stratumkit/messages/common';
import type { Payout } from '../jobFactory/payout.ts';
import type { PayoutPolicy } from '../jobFactory/payoutPolicy.ts';
import type { CloseOutput, ConnectionId, SendOutput } from '../output.ts';
import type { MiningEvent } from './events.ts';
import type { MiningOperation } from './operation.ts';

/** What jobs are made from: a template at a pool, an upstream job at a proxy. Told apart by identity. */
export interface Work {
  readonly templateId: bigint;
  /** Height of the block to be found, where known. */
  readonly height: number | undefined;
  /** `minNtime` undefined makes a future job. Called once per payout and job id; the result is shared by channels. */
  createJob(payout: Payout, jobId: number, minNtime: number | undefined): ExtendedJobTemplate;
}

/** The block to build on. */
export interface WorkTip {
  /** Wire order. */
  readonly prevHash: Uint8Array;
  readonly nbits: number;
  /** Header time to start with at `receivedAtMs`; it rises by a second a second. */
  readonly headerTimestamp: number;
  /** Monotonic. */
  readonly receivedAtMs: number;
  /** Hashes at or below it are blocks; 32 bytes, wire order. */
  readonly blockTarget: Uint8Array;
}

/** Named bounds and intervals of a mining server. */
export interface MiningServerLimits {
  readonly maxChannels: number;
  readonly maxChannelsPerConnection: number;
  /** Worker names told apart on one channel; shares of further ones count for the channel only. */
  readonly maxWorkersPerChannel: number;
  /** Channels closed by this side that are still searched for late blocks, per connection. */
  readonly maxClosedChannels: number;
  /** Shares of one channel that wait for an upstream's answer. */
  readonly maxHeldShares: number;
  /** The same for all channels together. */
  readonly maxHeldSharesInAll: number;
  /** Batches that the ledger has not confirmed, those of closed channels included; whoever has a share for another one is disconnected. */
  readonly maxUncommittedBatches: number;
  /** Devices drop a server that gives them no job for long: a fresh one is sent when the last is this old. */
  readonly jobIntervalMs: number;
  /** A client that was told to reconnect is disconnected after this time. */
  readonly reconnectGraceMs: number;
  /** Of several `UpdateChannel` for one channel within this time only the first and the last are heeded. */
  readonly updateIntervalMs: number;
  /** Groups and channels that get a job, batches that are committed and targets that are looked at in one turn: some milliseconds. */
  readonly maxReceiversPerTurn: number;
}

/** Limits of a mining server where its options do not say. */
export const DEFAULT_MINING_SERVER_LIMITS: MiningServerLimits = {
  maxChannels: 200_000,
  maxChannelsPerConnection: 4_000,
  maxWorkersPerChannel: 1_000,
  maxClosedChannels: 32,
  maxHeldShares: 10_000,
  maxHeldSharesInAll: 200_000,
  maxUncommittedBatches: 500_000,
  jobIntervalMs: 50_000,
  reconnectGraceMs: 30_000,
  updateIntervalMs: 1_000,
  maxReceiversPerTurn: 128,
};

/** Hashes per second, and the least time between two targets of a channel; see `Vardiff`. */
export interface RetargetingOptions {
  readonly sharesPerMinute: number;
  readonly minHashrate: number;
  readonly maxHashrate: number;
  readonly retargetIntervalMs?: number;
}

/** What a mining server stands on: payouts, search space, targets, identities of shares. */
export interface MiningServerOptions {
  readonly payouts: PayoutPolicy;
  readonly extranonces: ExtranonceAllocator;
  readonly targets: TargetPolicy;
  readonly identities: ShareIdentities;
  /** Channels keep the target of their opening or update if absent. */
  readonly retargeting?: RetargetingOptions;
  /** Shares per acknowledgement; by default 10. */
  readonly shareBatchSize?: number;
  /** The oldest unacknowledged share waits no longer than this; by default 5000. */
  readonly maxBatchDelayMs?: number;
  /** Shares of a job that a tip change ended less than this ago still count; by default 0. */
  readonly staleGraceMs?: number;
  /** Which shares count only when an upstream takes them too; by default none. */
  readonly holdsShare?: (share: AcceptedShare) => boolean;
  readonly hash?: HashBackend;
  readonly createJobHasher?: CreateJobHasher;
  readonly limits?: Partial<MiningServerLimits>;
}

/** What a mining server is told. Byte fields of messages are views: what is kept is copied. */
export type MiningServerInput =
  | {
      readonly type: 'connected';
      readonly connection: ConnectionId;
      readonly setup: SetupConnection;
      readonly extensions: ReadonlySet<number>;
      readonly address?: string;
    }
  | {
      readonly type: 'message';
      readonly connection: ConnectionId;
      readonly message: MiningMessage;
      readonly tlvs: readonly TlvField[];
    }
  | { readonly type: 'extensions'; readonly connection: ConnectionId; readonly extensions: ReadonlySet<number> }
  | { readonly type: 'disconnected'; readonly connection: ConnectionId }
  /** Work for a tip that is not there yet. */
  | { readonly type: 'futureWork'; readonly work: Work }
  /** Better work on the current tip. */
  | { readonly type: 'work'; readonly work: Work }
  | { readonly type: 'tip'; readonly tip: WorkTip; readonly work: Work }
  /** Future work that was announced will never be activated. */
  | { readonly type: 'futureWorkLost' }
  /** Nothing may be mined any more: every connection is closed, new ones too, until the next tip. */
  | { readonly type: 'workExpired' }
  | { readonly type: 'committed'; readonly batchId: number }
  /** The ledger gave the batch up: its shares are never acknowledged. */
  | { readonly type: 'abandoned'; readonly batchId: number }
  /** What became of a share that was held: refused by the upstream, or `unknown` because no answer will ever come. */
  | { readonly type: 'verdict'; readonly ticket: number; readonly outcome: 'accepted' | 'unknown' | ShareErrorCode }
  | { readonly type: 'operation'; readonly operation: MiningOperation }
  /** Every channel is closed once its shares are acknowledged; then the connections. */
  | { readonly type: 'drain' }
  | { readonly type: 'tick' };

/** One thing to do for a mining server; things are done in the order in which they come. */
export type MiningServerOutput =
  | SendOutput
  | CloseOutput
  | { readonly type: 'commit'; readonly batch: ShareBatch }
  | { readonly type: 'solution'; readonly solution: Solution; readonly foundBy: SolutionOrigin }
  /** Passed all checks; answered after the input `verdict`. */
  | { readonly type: 'held'; readonly ticket: number; readonly share: PassedShare }
  | { readonly type: 'channels'; readonly connection: ConnectionId; readonly open: number }
  | { readonly type: 'event'; readonly event: MiningEvent };

/** A share that passed all checks, with all that it takes to submit it to somebody else. */
export interface PassedShare {
  readonly connection: ConnectionId;
  readonly channelId: number;
  readonly userIdentity: string;
  readonly worker: string | undefined;
  readonly sequenceNumber: number;
  readonly templateId: bigint;
  /** Header hash, wire order. */
  readonly hash: Uint8Array;
  readonly version: number;
  readonly ntime: number;
  readonly nonce: number;
  /** Prefix and rolled part together. */
  readonly extranonce: Uint8Array;
}

/** Who found a solution, and whether the share that carried it counted. */
export interface SolutionOrigin {
  readonly connection: ConnectionId;
  readonly channelId: number;
  readonly userIdentity: string;
  readonly worker: string | undefined;
  readonly accepted: boolean;
}
