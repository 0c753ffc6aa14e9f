import type { ConnectionId } from '../output.ts';

/** What an operator can do to clients. An operation on something that is not there does nothing. */
export type MiningOperation =
  | {
      readonly type: 'closeChannel';
      readonly connection: ConnectionId;
      /** Of a channel or a group. */
      readonly channelId: number;
      /** Kebab-case word, sent to the client. */
      readonly reason: string;
    }
  /** For later jobs; a job follows. Of a channel or a group; never above a channel's maximum. */
  | {
      readonly type: 'setTarget';
      readonly connection: ConnectionId;
      readonly channelId: number;
      readonly target: Uint8Array;
    }
  /** A prefix of the same size that nobody else has; a job follows. */
  | { readonly type: 'changeExtranoncePrefix'; readonly connection: ConnectionId; readonly channelId: number }
  /** Puts channels with one payout and one full extranonce size into a new group of their own. */
  | { readonly type: 'regroup'; readonly connection: ConnectionId; readonly channelIds: readonly number[] }
  /** Without connections: all. An empty host and port 0 mean the present ones (spec 3.6.5). */
  | {
      readonly type: 'reconnect';
      readonly connections?: readonly ConnectionId[];
      readonly newHost: string;
      readonly newPort: number;
    };
