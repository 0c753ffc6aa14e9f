import type { HashBackend } from '@stratumkit/bitcoin';
import type { TlvByteOrder } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { CloseOutput, ConnectionId, SendOutput } from '../output.ts';
import type { RetryPolicy } from '../upstreamList/index.ts';
import type { SearchChunk, SearchOrder } from './searchCursor.ts';

/** One simulated device; it claims `nominalHashrate` when it opens its channel (spec 5.3.2, 5.3.4). */
export interface DeviceDescription {
  readonly name: string;
  readonly userIdentity: string;
  /** Hashes a second. */
  readonly nominalHashrate: number;
}

/** How patient a device is with its upstream. */
export interface DeviceTimeouts {
  /** From the connection being ready until the first device has work. */
  readonly workMs: number;
  /** Without any message from the upstream. */
  readonly silenceMs: number;
  /** Until a refused or closed channel is asked for again; half of it to all of it. */
  readonly reopenMs: number;
  /** Spread of the devices that an upstream redirects. */
  readonly redirectSpreadMs: number;
}

/** What a `DeviceCore` waits where its options do not say. */
export const DEFAULT_DEVICE_TIMEOUTS: DeviceTimeouts = {
  workMs: 60_000,
  silenceMs: 180_000,
  reopenMs: 30_000,
  redirectSpreadMs: 1_000,
};

/** The devices, where they mine, and how they are connected. */
export interface DeviceCoreOptions<Upstream extends Endpoint> {
  readonly devices: readonly DeviceDescription[];
  /** In order of preference. What else they hold, such as the authority key, is kept through a redirection. */
  readonly upstreams: readonly Upstream[];
  readonly channel: 'standard' | 'extended';
  /** Whether all devices use one connection or one each. */
  readonly connections: 'shared' | 'each';
  /** Bytes an extended channel wants to roll (default 4). */
  readonly minExtranonceSize?: number;
  /** Whether version bits are rolled where the job allows it (default true). */
  readonly rollVersion?: boolean;
  /** The easiest target a device takes (default: any). */
  readonly maxTarget?: Uint8Array;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly hash?: HashBackend;
  readonly tlvByteOrder?: TlvByteOrder;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: Partial<DeviceTimeouts>;
}

/** What a `DeviceCore` is told. Times come with `now`, not in the input. */
export type DeviceInput =
  | { readonly type: 'start' }
  | {
      readonly type: 'connected';
      readonly connection: ConnectionId;
      readonly flags: number;
      readonly extensions: ReadonlySet<number>;
    }
  | { readonly type: 'message'; readonly connection: ConnectionId; readonly message: MiningMessage }
  /** Negotiated again. */
  | { readonly type: 'extensions'; readonly connection: ConnectionId; readonly extensions: ReadonlySet<number> }
  /** Also when a connection could not be made. */
  | { readonly type: 'disconnected'; readonly connection: ConnectionId; readonly reason: string }
  | { readonly type: 'found'; readonly device: number; readonly chunk: SearchChunk; readonly nonce: number }
  /** The measured hashrate; reported upstream when it is well off the nominal one. */
  | { readonly type: 'hashrate'; readonly device: number; readonly hashesPerSecond: number }
  | { readonly type: 'tick' };

/** One thing to do for a `DeviceCore`; things are done in the order in which they come. */
export type DeviceOutput<Upstream extends Endpoint = Endpoint> =
  | SendOutput
  | CloseOutput
  | { readonly type: 'connect'; readonly connection: ConnectionId; readonly upstream: Upstream }
  /** How many channels a connection has now. */
  | { readonly type: 'channels'; readonly connection: ConnectionId; readonly open: number }
  /** New work for a device, or none: what it searches now is worth nothing any more. */
  | { readonly type: 'search'; readonly device: number; readonly order: SearchOrder | undefined }
  | { readonly type: 'event'; readonly event: DeviceEvent };

/** What happened, for logs and counters; nothing is to be done. Hashes and targets are in wire order. */
export type DeviceEvent =
  | { readonly type: 'connecting'; readonly connection: ConnectionId; readonly host: string; readonly port: number }
  | { readonly type: 'connected'; readonly connection: ConnectionId }
  | {
      readonly type: 'disconnected';
      readonly connection: ConnectionId;
      readonly reason: string;
      readonly retryInMs: number;
    }
  | { readonly type: 'redirected'; readonly host: string; readonly port: number }
  | { readonly type: 'redirectRefused'; readonly reason: string }
  | { readonly type: 'channelOpened'; readonly device: number; readonly channelId: number; readonly target: Uint8Array }
  | { readonly type: 'channelRefused'; readonly device: number; readonly errorCode: string }
  | { readonly type: 'channelClosed'; readonly device: number; readonly reason: string }
  | {
      readonly type: 'job';
      readonly device: number;
      readonly jobId: number;
      readonly newTip: boolean;
      readonly prevHash: Uint8Array;
      readonly target: Uint8Array;
    }
  | {
      readonly type: 'shareFound';
      readonly device: number;
      readonly sequenceNumber: number;
      readonly jobId: number;
      readonly hash: Uint8Array;
      readonly difficulty: number;
    }
  /** A share that was not sent: its job is stale, or the hash does not meet the target, which is a fault of the search. */
  | { readonly type: 'shareDropped'; readonly device: number; readonly reason: 'stale' | 'low' }
  | {
      readonly type: 'sharesAccepted';
      readonly device: number;
      readonly count: number;
      readonly difficultySum: bigint;
      readonly unanswered: number;
    }
  | {
      readonly type: 'shareRejected';
      readonly device: number;
      readonly errorCode: string;
      readonly sequenceNumber: number;
      /** Since the tip that the device mines on was announced. */
      readonly tipAgeMs: number;
    };
