import type { Network } from '@stratumkit/bitcoin';
import type { CloseCause } from '@stratumkit/connection';
import type { PoolEvent } from '@stratumkit/roles';

/** What happens in a pool process: the core's events and those of its edge. */
export type PoolAppEvent =
  | PoolEvent
  | {
      readonly type: 'listening';
      /** `host:port` */
      readonly address: string;
      /** base58check; undefined without encryption. */
      readonly authorityPublicKey: string | undefined;
    }
  | { readonly type: 'connectionClosed'; readonly connection: number; readonly cause: CloseCause }
  /** The template provider could not be reached or was lost. */
  | {
      readonly type: 'templateProviderUnreachable';
      readonly address: string;
      readonly cause: string;
      readonly retryInMs: number;
    }
  /** The tip cannot be one of the network that the options name. Told once until a tip fits. */
  | { readonly type: 'networkMismatch'; readonly network: Network; readonly nbits: number };
