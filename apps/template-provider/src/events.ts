import type { CloseCause } from '@stratumkit/connection';
import type { NodeErrorCode } from '@stratumkit/node-rpc';
import type { SolutionRefusal } from '@stratumkit/roles';

/** What happens in a template provider. Hashes as they are displayed: big-endian hex. */
export type TemplateProviderEvent =
  | {
      readonly type: 'listening';
      /** `host:port` */
      readonly address: string;
      /** base58check; undefined without encryption. */
      readonly authorityPublicKey: string | undefined;
    }
  | { readonly type: 'client-connected'; readonly client: number; readonly address: string; readonly vendor: string }
  | { readonly type: 'client-closed'; readonly client: number; readonly address: string; readonly cause: CloseCause }
  | { readonly type: 'client-constraints'; readonly client: number; readonly size: number; readonly sigops: number }
  /** The best block changed, or what a block on it needs. */
  | { readonly type: 'tip'; readonly height: number; readonly hash: string }
  | {
      readonly type: 'template';
      readonly templateId: bigint;
      /** Of the block to be found. */
      readonly height: number;
      readonly future: boolean;
      readonly transactions: number;
      readonly dropped: number;
      readonly coinbaseValue: bigint;
      readonly clients: number;
    }
  | {
      readonly type: 'solution';
      readonly client: number;
      readonly height: number;
      readonly hash: string;
      readonly stale: boolean;
    }
  | {
      readonly type: 'solution-refused';
      readonly client: number;
      readonly templateId: bigint;
      readonly reason: SolutionRefusal;
    }
  | {
      readonly type: 'transaction-data-refused';
      readonly client: number;
      readonly templateId: bigint;
      readonly reason: string;
    }
  | BlockEvent
  | SourceEvent
  | { readonly type: 'storage-failed'; readonly path: string; readonly message: string };

/** What the node said of a client's solution. */
export interface BlockEvent {
  readonly type: 'block';
  readonly height: number;
  /** As explorers show it. */
  readonly hash: string;
  readonly client: number;
  /** `inconclusive`: valid as far as it was checked, but not on the best chain. */
  readonly outcome: 'accepted' | 'inconclusive' | 'rejected';
  readonly reason: string | undefined;
}

/** The node or chain behind the templates. */
export type SourceEvent =
  | { readonly type: 'source-ready'; readonly source: string; readonly height: number }
  | { readonly type: 'source-lost'; readonly source: string; readonly code: NodeErrorCode; readonly message: string }
  | { readonly type: 'submit-retry'; readonly hash: string; readonly attempt: number; readonly message: string }
  | { readonly type: 'target-eased'; readonly hashrate: number };
