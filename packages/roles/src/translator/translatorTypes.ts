import type { HashBackend } from '@stratumkit/bitcoin';
import type { ChannelLimits, CreateJobHasher } from '@stratumkit/channels';
import type { MiningMessage } from '@stratumkit/messages';
import type { ServerSessionLimits } from '@stratumkit/sv1';
import type { MiningClientLimits } from '../miningClient/limits.ts';
import type { ConnectionId, FrameKind } from '../output.ts';
import type { RetryPolicy, UpstreamTimeouts, WorkUpstream } from '../upstreamList/index.ts';
import type { TranslatorEvent } from './translatorEvent.ts';

/** Named bounds and intervals of a translator. */
export interface TranslatorLimits {
  /** Miners are closed when no upstream has served work for so long, so that their own fallback works. */
  readonly noWorkMs: number;
  /** Connections on which no worker is authorized are closed after so long. */
  readonly authorizeMs: number;
  /** UpdateChannel is sent no more often than this for each channel (spec 5.3.7). */
  readonly updateMs: number;
  /** How long a miner that went can come back to its session, and how many of those are remembered. */
  readonly resumeMs: number;
  readonly resumableSessions: number;
  /** Told difficulties are never more than this much harder than what the upstream credits at present. */
  readonly maxUncreditedFactor: number;
}

/** Limits of a `TranslatorCore` where its options do not say. */
export const DEFAULT_TRANSLATOR_LIMITS: TranslatorLimits = {
  noWorkMs: 30_000,
  authorizeMs: 60_000,
  updateMs: 5_000,
  resumeMs: 300_000,
  resumableSessions: 256,
  maxUncreditedFactor: 8,
};

/** How difficulties are chosen for miners. */
export interface MinerDifficultyOptions {
  readonly sharesPerMinute: number;
  /** A new miner is taken to have this many hashes a second. */
  readonly minerHashrate: number;
  /** Without it, miners get the upstream's difficulty, told as an easier one that devices understand. */
  readonly vardiff: boolean;
  /** No miner is told less. */
  readonly minDifficulty?: number;
}

/** Where a translator mines and how it serves its miners. */
export interface TranslatorCoreOptions<Upstream extends WorkUpstream = WorkUpstream> {
  /** In order of preference, at least one. Identities that name no payee get the worker's name behind them. */
  readonly upstreams: readonly Upstream[];
  /** True: all miners mine in one upstream channel. False: each has its own. */
  readonly aggregateChannels: boolean;
  /** Bytes that a miner rolls; 2 to 16. */
  readonly extranonce2Size: number;
  readonly difficulty: MinerDifficultyOptions;
  /** The same job is told again after so long without another. */
  readonly keepaliveMs: number;
  /** Leaves an upstream whose coinbase does not pay what the channel's identity says. */
  readonly verifyPayout?: boolean;
  /** Version bits a miner may be granted where the upstream allows rolling; by default 0x1fffe000, which hardware knows. */
  readonly versionMask?: number;
  /** Coinbases above so many bytes are warned of: some firmware drops such jobs. */
  readonly maxCoinbaseBytes?: number;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly hash?: HashBackend;
  readonly createJobHasher?: CreateJobHasher;
  readonly limits?: Partial<TranslatorLimits>;
  readonly sessionLimits?: Partial<ServerSessionLimits>;
  readonly channelLimits?: Partial<ChannelLimits>;
  readonly clientLimits?: Partial<MiningClientLimits>;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: Partial<UpstreamTimeouts>;
}

/** What a translator is told. */
export type TranslatorInput =
  | { readonly type: 'miner-connected'; readonly connection: ConnectionId; readonly address: string }
  /** A line without its end; bytes are copied where they are kept. */
  | { readonly type: 'miner-line'; readonly connection: ConnectionId; readonly line: Uint8Array }
  | { readonly type: 'miner-disconnected'; readonly connection: ConnectionId }
  /** Ids of upstream connections are chosen by the core and have nothing to do with those of miners. */
  | {
      readonly type: 'upstream-connected';
      readonly connection: ConnectionId;
      readonly flags: number;
      readonly extensions: ReadonlySet<number>;
    }
  | { readonly type: 'upstream-message'; readonly connection: ConnectionId; readonly message: MiningMessage }
  /** Also when the connection could not be made. */
  | { readonly type: 'upstream-disconnected'; readonly connection: ConnectionId; readonly reason: string }
  /** Miners and upstream are closed, nothing more is tried. */
  | { readonly type: 'stop' }
  | { readonly type: 'tick' };

/** One thing to do for a translator; things are done in the order in which they come. */
export type TranslatorOutput<Upstream extends WorkUpstream = WorkUpstream> =
  /** One line for one or many miners. */
  | { readonly type: 'miner-send'; readonly to: readonly ConnectionId[]; readonly line: Uint8Array }
  | { readonly type: 'miner-close'; readonly to: ConnectionId; readonly reason: string }
  | { readonly type: 'connect'; readonly connection: ConnectionId; readonly upstream: Upstream }
  | {
      readonly type: 'upstream-send';
      readonly connection: ConnectionId;
      readonly frame: Uint8Array;
      readonly kind: FrameKind;
    }
  | { readonly type: 'upstream-close'; readonly connection: ConnectionId; readonly reason: string }
  | { readonly type: 'upstream-channels'; readonly connection: ConnectionId; readonly open: number }
  | { readonly type: 'event'; readonly event: TranslatorEvent };
