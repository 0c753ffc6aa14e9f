import type { ShareErrorCode, ShareTotals } from '@stratumkit/channels';
import type { OpenMiningChannelErrorCode } from '@stratumkit/messages/mining';
import type { ConnectionId } from '../output.ts';

interface OnChannel {
  readonly connection: ConnectionId;
  readonly channelId: number;
  /** As the client named itself: not trusted, may hold anything. */
  readonly userIdentity: string;
}

/** Ours, beside the reference implementation's words. */
export type OpenRefusal = OpenMiningChannelErrorCode | 'duplicate-request-id';

/** What happened, for ledgers, metrics, dashboards and logs. Everything in it is plain data and never changed later. */
export type MiningEvent =
  | {
      readonly type: 'connected';
      readonly connection: ConnectionId;
      readonly address: string | undefined;
      readonly vendor: string;
      readonly hardwareVersion: string;
      readonly deviceId: string;
    }
  | { readonly type: 'disconnected'; readonly connection: ConnectionId }
  | (OnChannel & {
      readonly type: 'channelOpened';
      readonly kind: 'standard' | 'extended';
      readonly groupChannelId: number;
      readonly nominalHashrate: number;
      readonly target: Uint8Array;
      /** The largest one that the client accepts. */
      readonly maxTarget: Uint8Array;
      readonly extranoncePrefix: Uint8Array;
      readonly extranonceSize: number;
      readonly payoutKey: string;
    })
  | {
      readonly type: 'channelRefused';
      readonly connection: ConnectionId;
      readonly userIdentity: string;
      /** `other`: a word of an upstream that is not one of ours. */
      readonly errorCode: OpenRefusal | 'other';
    }
  | (OnChannel & { readonly type: 'channelClosed'; readonly reason: string; readonly totals: ShareTotals })
  /** The client asked for other values (`UpdateChannel`), and they hold from now on. */
  | (OnChannel & {
      readonly type: 'channelUpdated';
      readonly nominalHashrate: number;
      readonly maxTarget: Uint8Array;
    })
  | (OnChannel & { readonly type: 'target'; readonly target: Uint8Array; readonly nominalHashrate: number })
  | (OnChannel & { readonly type: 'workerSeen'; readonly worker: string })
  | (OnChannel & {
      readonly type: 'share';
      readonly worker: string | undefined;
      readonly sequenceNumber: number;
      readonly jobId: number;
      readonly templateId: bigint;
      /** Header hash, wire order. */
      readonly hash: Uint8Array;
      readonly difficulty: number;
      readonly work: bigint;
      readonly late: boolean;
    })
  | {
      readonly type: 'shareRejected';
      readonly connection: ConnectionId;
      readonly channelId: number;
      /** Undefined if the channel is unknown. */
      readonly userIdentity: string | undefined;
      readonly worker: string | undefined;
      readonly sequenceNumber: number;
      readonly jobId: number;
      readonly errorCode: ShareErrorCode | 'invalid-channel-id';
    }
  | {
      readonly type: 'acknowledged';
      readonly connection: ConnectionId;
      readonly channelId: number;
      readonly shares: number;
      /** As sent in new_shares_sum. */
      readonly difficultySum: bigint;
    }
  | {
      readonly type: 'job';
      /** `future` waits for its tip, `tip` came with one, `update` is a better template, `keepalive` the same one again. */
      readonly reason: 'future' | 'tip' | 'update' | 'keepalive';
      readonly templateId: bigint;
      readonly height: number | undefined;
      readonly channels: number;
    };
