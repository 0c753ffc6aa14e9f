import type { SendOutput } from '../output.ts';
import type { ClientChannel } from './clientChannel.ts';
import type { ClientJob } from './work.ts';

/** Why a message of the upstream cannot be answered by anything but closing the connection. */
export type Violation =
  | 'unknown-request-id'
  | 'duplicate-channel-id'
  | 'channel-id-is-a-group'
  | 'extranonce-too-long'
  | 'extranonce-too-short'
  /** Zero: no hash meets it. */
  | 'impossible-target'
  /** With an extranonce before its end the first part of the coinbase could be passed on by nobody. */
  | 'coinbase-too-long'
  | 'job-before-prev-hash'
  | 'standard-job-on-extended-channel'
  | 'prev-hash-for-unknown-job'
  | 'unexpected-message';

/** What a `MiningClient` wants done or tells. */
export type MiningClientOutput =
  | SendOutput
  | { readonly type: 'opened'; readonly requestId: number; readonly channel: ClientChannel }
  | { readonly type: 'refused'; readonly requestId: number; readonly errorCode: string }
  /** The channel's work is another: `work` of the channel, undefined if there is none now. */
  | { readonly type: 'work'; readonly channel: ClientChannel; readonly newTip: boolean }
  /** A job to be kept until a tip names it. */
  | { readonly type: 'futureJob'; readonly channel: ClientChannel; readonly job: ClientJob }
  | { readonly type: 'target'; readonly channel: ClientChannel }
  | {
      readonly type: 'accepted';
      readonly channel: ClientChannel;
      /** As the server counts them. */
      readonly count: number;
      readonly difficultySum: bigint;
      /** Shares of ours that this answers, oldest first; another number of them than `count` is worth a warning. */
      readonly sequenceNumbers: readonly number[];
    }
  | {
      readonly type: 'rejected';
      readonly channel: ClientChannel;
      readonly sequenceNumber: number;
      readonly errorCode: string;
    }
  | { readonly type: 'updateRefused'; readonly channelId: number; readonly errorCode: string }
  | { readonly type: 'channelClosed'; readonly channel: ClientChannel; readonly reason: string }
  /** Empty host or port 0 stand for the present one (spec 3.6.5). */
  | { readonly type: 'reconnect'; readonly host: string; readonly port: number }
  /** A message for a channel that is not open, or of a kind that a client ignores. */
  | { readonly type: 'ignored'; readonly name: string; readonly channelId: number | undefined }
  | { readonly type: 'violation'; readonly code: Violation; readonly name: string };
