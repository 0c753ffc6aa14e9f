import type { HashBackend } from '@stratumkit/bitcoin';
import type { CreateJobHasher, ShareErrorCode, TargetPolicy } from '@stratumkit/channels';
import type { Frame, TlvField } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import type { SetupConnection } from '@stratumkit/messages/common';
import type { MiningClientLimits } from '../miningClient/limits.ts';
import type { MiningEvent } from '../miningServer/events.ts';
import type { MiningServerLimits, RetargetingOptions } from '../miningServer/types.ts';
import type { CloseOutput, ConnectionId, FrameKind, SendOutput } from '../output.ts';
import type { RetryPolicy, UpstreamEvent, UpstreamTimeouts, WorkUpstream } from '../upstreamList/index.ts';
import type { TokenRate } from './tokenBucket.ts';

/** Named bounds and intervals of a proxy. */
export interface ProxyLimits {
  /** Downstreams are closed when no upstream has served work for so long, so that their own fallback works. */
  readonly noWorkMs: number;
  /** UpdateChannel is sent upstream no more often than this (spec 5.3.7). */
  readonly updateMs: number;
  /** Shares sent up that are not answered for so long raise the alarm. */
  readonly answerAlarmMs: number;
  /** Shares sent up that are waited for, of all channels; the oldest are given up. */
  readonly maxUnansweredShares: number;
  /** Transparent mode: a request for a channel that the upstream does not answer for so long is refused. */
  readonly openAnswerMs: number;
  /**
   * Transparent mode: all downstreams share one connection, and an upstream closes one on which too much is asked or comes that it does
   * not know. Requests for channels beyond this wait; messages of unknown extensions are dropped.
   */
  readonly channelRequests: TokenRate;
  readonly foreignMessages: TokenRate;
}

/** Limits of a `ProxyCore` where its options do not say. */
export const DEFAULT_PROXY_LIMITS: ProxyLimits = {
  noWorkMs: 30_000,
  updateMs: 1_000,
  answerAlarmMs: 600_000,
  maxUnansweredShares: 100_000,
  openAnswerMs: 20_000,
  channelRequests: { burst: 4_000, perSecond: 250 },
  foreignMessages: { burst: 50, perSecond: 0.5 },
};

/** Where a proxy mines and how it serves its downstreams. */
export interface ProxyCoreOptions<Upstream extends WorkUpstream = WorkUpstream> {
  /** In order of preference, at least one. */
  readonly upstreams: readonly Upstream[];
  /**
   * `aggregating` (default): all downstream channels mine in one upstream channel, whose extranonce space, difficulty and share
   * checks are the proxy's. `transparent`: each of them has one upstream; targets are the upstream's.
   */
  readonly mode?: 'aggregating' | 'transparent';
  readonly targets: TargetPolicy;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Extranonce bytes that an upstream is asked for, the most wanted first; by default 12, 10, 8, 6, 4. */
  readonly extranonceSizes?: readonly number[];
  /** Channels keep the target of their opening or update if absent. */
  readonly retargeting?: RetargetingOptions;
  readonly shareBatchSize?: number;
  readonly maxBatchDelayMs?: number;
  readonly hash?: HashBackend;
  readonly createJobHasher?: CreateJobHasher;
  readonly limits?: Partial<ProxyLimits>;
  readonly serverLimits?: Partial<MiningServerLimits>;
  readonly clientLimits?: Partial<MiningClientLimits>;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: Partial<UpstreamTimeouts>;
}

/** What comes of a connection to a miner or to another proxy. */
export type DownstreamInput =
  | {
      readonly type: 'connected';
      readonly connection: ConnectionId;
      readonly setup: SetupConnection;
      /** Flags of the SetupConnection.Success it got; those decided last if absent. */
      readonly grantedFlags?: number;
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
  /** A frame of an extension nobody here knows. */
  | { readonly type: 'foreign'; readonly connection: ConnectionId; readonly frame: Frame }
  | { readonly type: 'disconnected'; readonly connection: ConnectionId };

/** Ids of upstream connections are chosen by the core and have nothing to do with those of downstream ones. */
export type UpstreamInput =
  | {
      readonly type: 'upstream-connected';
      readonly connection: ConnectionId;
      /** Of SetupConnection.Success. */
      readonly flags: number;
      readonly extensions: ReadonlySet<number>;
    }
  /** Negotiated again, as after ChannelEndpointChanged (spec 3.6.4). */
  | {
      readonly type: 'upstream-extensions';
      readonly connection: ConnectionId;
      readonly extensions: ReadonlySet<number>;
    }
  | { readonly type: 'upstream-message'; readonly connection: ConnectionId; readonly message: MiningMessage }
  | { readonly type: 'upstream-foreign'; readonly connection: ConnectionId; readonly frame: Frame }
  /** Also when the connection could not be made. `reason` is the close cause, or the transport's code. */
  | { readonly type: 'upstream-disconnected'; readonly connection: ConnectionId; readonly reason: string };

/** What a proxy is told. Ids of upstream connections are chosen by the core and have nothing to do with those of downstreams. */
export type ProxyInput =
  | { readonly type: 'start' }
  | DownstreamInput
  | UpstreamInput
  /** Every downstream channel is closed once its shares are answered; then the connections. */
  | { readonly type: 'drain' }
  /** Nothing more is tried: upstream channels and connections are closed. */
  | { readonly type: 'stop' }
  | { readonly type: 'tick' };

/** One thing to do for a proxy; things are done in the order in which they come. */
export type ProxyOutput<Upstream extends WorkUpstream = WorkUpstream> =
  | SendOutput
  | CloseOutput
  | { readonly type: 'channels'; readonly connection: ConnectionId; readonly open: number }
  | { readonly type: 'connect'; readonly connection: ConnectionId; readonly upstream: Upstream }
  | UpstreamSendOutput
  | { readonly type: 'upstream-close'; readonly connection: ConnectionId; readonly reason: string }
  | { readonly type: 'upstream-channels'; readonly connection: ConnectionId; readonly open: number }
  | { readonly type: 'event'; readonly event: ProxyEvent };

export interface UpstreamSendOutput {
  readonly type: 'upstream-send';
  readonly connection: ConnectionId;
  readonly frame: Uint8Array;
  readonly kind: FrameKind;
}

interface OfShare {
  readonly connection: ConnectionId;
  readonly channelId: number;
  readonly userIdentity: string;
  readonly worker: string | undefined;
  readonly sequenceNumber: number;
}

/** Everything that happens in a proxy, for metrics, dashboards and logs. */
export type ProxyEvent =
  | MiningEvent
  | UpstreamEvent
  /** Sent to the upstream; it has not answered yet. */
  | (OfShare & { readonly type: 'shareForwarded'; readonly hash: Uint8Array })
  /** The upstream refused a share that had passed the same checks here. */
  | (OfShare & { readonly type: 'forwardedShareRejected'; readonly errorCode: ShareErrorCode | 'other' })
  /** The upstream counted shares that were sent to it. */
  | { readonly type: 'upstreamAcknowledged'; readonly shares: number; readonly difficultySum: bigint }
  /** Shares that were sent up and will have no answer. They are not acknowledged. */
  | {
      readonly type: 'sharesUnknown';
      readonly shares: number;
      /** `downstream-gone`: nobody is left to be told. `too-many`: more than are remembered. */
      readonly reason: 'upstream-gone' | 'downstream-gone' | 'too-many';
    }
  /** By the upstream's own numbers it counted more or fewer shares than it answered. */
  | { readonly type: 'shareGap'; readonly answered: number; readonly counted: number }
  /** The oldest share sent up has had no answer for too long. */
  | { readonly type: 'answersOverdue'; readonly unanswered: number }
  /** A header at or below the network's target was sent up. */
  | {
      readonly type: 'block';
      readonly hash: Uint8Array;
      readonly userIdentity: string;
      readonly worker: string | undefined;
    }
  /** No upstream served work for too long: downstreams are closed so that they can go elsewhere. */
  | { readonly type: 'workExpired' };

/** Shares since the start. */
export interface ProxyTotals {
  /** Submitted by downstreams, whatever they were worth. */
  readonly sharesIn: number;
  readonly sharesForwarded: number;
  /** Counted by upstreams. */
  readonly sharesAcknowledged: number;
  readonly sharesRejectedUpstream: number;
  readonly sharesUnknown: number;
}
