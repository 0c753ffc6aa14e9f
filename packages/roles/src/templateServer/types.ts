import type { ProtocolMessage } from '@stratumkit/messages';
import type { CloseOutput, ConnectionId, SendOutput } from '../output.ts';
import type { BlockTemplate } from './blockTemplate.ts';
import type { CoinbaseConstraints } from './fitTemplate.ts';
import type { SolutionRefusal } from './solution.ts';

/** What a `TemplateServer` is told. */
export type TemplateServerInput =
  | { readonly type: 'connected'; readonly connection: ConnectionId }
  | { readonly type: 'message'; readonly connection: ConnectionId; readonly message: ProtocolMessage }
  | { readonly type: 'disconnected'; readonly connection: ConnectionId }
  /** The best template at present. Kept by reference. */
  | { readonly type: 'template'; readonly template: BlockTemplate }
  /** The node does not answer: work may go stale unnoticed. */
  | { readonly type: 'source-lost' }
  | { readonly type: 'tick' };

/** One thing to do for a `TemplateServer`; things are done in the order in which they come. */
export type TemplateServerOutput =
  | SendOutput
  | CloseOutput
  | SubmitBlockOutput
  | { readonly type: 'event'; readonly event: TemplateServerEvent };

/** A block to hand to the node, at once. */
export interface SubmitBlockOutput {
  readonly type: 'submit-block';
  /** The whole block, with the coinbase's witness. */
  readonly bytes: Uint8Array;
  /** Wire order, as everywhere. */
  readonly hash: Uint8Array;
  readonly height: number;
  readonly templateId: bigint;
  readonly connection: ConnectionId;
}

/** What happened, for logs and counters; nothing is to be done. Hashes are in wire order, amounts in satoshis. */
export type TemplateServerEvent =
  | { readonly type: 'tip'; readonly prevHash: Uint8Array; readonly height: number; readonly nbits: number }
  | {
      readonly type: 'template';
      readonly templateId: bigint;
      readonly height: number;
      readonly future: boolean;
      readonly transactions: number;
      /** Transactions of the node's template that did not fit beside the clients' coinbase. */
      readonly dropped: number;
      readonly coinbaseValue: bigint;
      readonly clients: number;
    }
  | { readonly type: 'constraints'; readonly connection: ConnectionId; readonly constraints: CoinbaseConstraints }
  | {
      readonly type: 'solution';
      readonly connection: ConnectionId;
      readonly templateId: bigint;
      readonly height: number;
      readonly hash: Uint8Array;
      /** Found on a tip that is not the best one any more. */
      readonly stale: boolean;
    }
  | {
      readonly type: 'solution-refused';
      readonly connection: ConnectionId;
      readonly templateId: bigint;
      readonly reason: SolutionRefusal;
    }
  | {
      readonly type: 'transaction-data-refused';
      readonly connection: ConnectionId;
      readonly templateId: bigint;
      readonly reason: string;
    };
