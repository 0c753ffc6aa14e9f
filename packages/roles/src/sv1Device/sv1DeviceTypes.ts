import type { HashBackend } from '@stratumkit/bitcoin';
import type { DeviceTimeouts } from '../device/deviceTypes.ts';
import type { SearchChunk, SearchOrder } from '../device/searchCursor.ts';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { CloseOutput, ConnectionId } from '../output.ts';
import type { RetryPolicy } from '../upstreamList/index.ts';
import type { Sv1Profile } from './profiles.ts';

/** One simulated SV1 miner. */
export interface Sv1DeviceDescription {
  readonly name: string;
  /** What `mining.authorize` says. */
  readonly workerName: string;
  readonly password?: string;
  /** Its wish, where the profile has one to tell; by default the profile's, which suits real hardware. */
  readonly suggestedDifficulty?: number;
  readonly profile: Sv1Profile;
}

/** The miners and where they mine; each has a connection of its own. */
export interface Sv1DeviceCoreOptions<Upstream extends Endpoint> {
  readonly devices: readonly Sv1DeviceDescription[];
  /** In order of preference. */
  readonly upstreams: readonly Upstream[];
  /** Whether version bits are rolled where the profile asks for it and the server grants it (default true). */
  readonly rollVersion?: boolean;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly hash?: HashBackend;
  /** Instead of each profile's own. */
  readonly retry?: Partial<RetryPolicy>;
  /** `silenceMs` instead of each profile's own. */
  readonly timeouts?: Partial<Omit<DeviceTimeouts, 'reopenMs'>>;
}

/** What an `Sv1DeviceCore` is told. Times come with `now`, not in the input. */
export type Sv1DeviceInput =
  | { readonly type: 'start' }
  | { readonly type: 'connected'; readonly connection: ConnectionId }
  /** A line without its end; bytes are copied where they are kept. */
  | { readonly type: 'line'; readonly connection: ConnectionId; readonly line: Uint8Array }
  /** Also when a connection could not be made. */
  | { readonly type: 'disconnected'; readonly connection: ConnectionId; readonly reason: string }
  /** Whether the connection of an output `probe` came about. */
  | { readonly type: 'probed'; readonly device: number; readonly reached: boolean }
  | { readonly type: 'found'; readonly device: number; readonly chunk: SearchChunk; readonly nonce: number }
  | { readonly type: 'tick' };

/** One thing to do for an `Sv1DeviceCore`; things are done in the order in which they come. */
export type Sv1DeviceOutput<Upstream extends Endpoint = Endpoint> =
  /** A line with its line feed. */
  | { readonly type: 'send'; readonly to: ConnectionId; readonly line: Uint8Array }
  | CloseOutput
  | { readonly type: 'connect'; readonly connection: ConnectionId; readonly upstream: Upstream }
  /** Connect, go without a byte, and tell with the input `probed` whether that was possible. */
  | { readonly type: 'probe'; readonly device: number; readonly upstream: Upstream }
  /** New work for a device, or none: what it searches now is worth nothing any more. */
  | { readonly type: 'search'; readonly device: number; readonly order: SearchOrder | undefined }
  | { readonly type: 'event'; readonly event: Sv1DeviceEvent };

interface OfDevice {
  readonly device: number;
}

/** What happened, for logs and counters; nothing is to be done. Hashes and targets are in wire order. */
export type Sv1DeviceEvent =
  | (OfDevice & {
      readonly type: 'connecting';
      readonly connection: ConnectionId;
      readonly host: string;
      readonly port: number;
    })
  | (OfDevice & { readonly type: 'connected'; readonly connection: ConnectionId })
  | (OfDevice & {
      readonly type: 'disconnected';
      readonly connection: ConnectionId;
      readonly reason: string;
      readonly retryInMs: number;
    })
  | (OfDevice & { readonly type: 'redirected'; readonly host: string; readonly port: number })
  | (OfDevice & { readonly type: 'redirectRefused'; readonly reason: string })
  | (OfDevice & {
      readonly type: 'subscribed';
      readonly extranonce1: Uint8Array;
      readonly extranonce2Size: number;
      /** Bits it may roll; 0 if it does not, or was granted none. */
      readonly versionMask: number;
    })
  | (OfDevice & { readonly type: 'authorized' })
  | (OfDevice & { readonly type: 'authorizeRefused'; readonly code: number; readonly message: string })
  | (OfDevice & { readonly type: 'difficulty'; readonly difficulty: number })
  | (OfDevice & {
      readonly type: 'job';
      readonly jobId: string;
      readonly cleanJobs: boolean;
      /** Whether it builds on another block than the last one. */
      readonly newTip: boolean;
      readonly prevHash: Uint8Array;
      readonly target: Uint8Array;
    })
  /** A job that this firmware cannot hold. */
  | (OfDevice & { readonly type: 'jobDropped'; readonly jobId: string; readonly coinbaseBytes: number })
  | (OfDevice & {
      readonly type: 'shareFound';
      readonly sequenceNumber: number;
      readonly jobId: string;
      readonly hash: Uint8Array;
      readonly difficulty: number;
    })
  /** A share that was not sent: its job is void, or the hash does not meet the target, which is a fault of the search. */
  | (OfDevice & { readonly type: 'shareDropped'; readonly reason: 'stale' | 'low' })
  | (OfDevice & { readonly type: 'shareAccepted'; readonly sequenceNumber: number; readonly unanswered: number })
  | (OfDevice & {
      readonly type: 'shareRejected';
      readonly sequenceNumber: number;
      /** The SV2 word for it. */
      readonly errorCode: string;
      /** As the server gave them. */
      readonly code: number;
      readonly message: string;
      /** Since the tip that the device mines on was announced. */
      readonly tipAgeMs: number;
    })
  /** Text of the server for the operator. */
  | (OfDevice & { readonly type: 'message'; readonly text: string });
