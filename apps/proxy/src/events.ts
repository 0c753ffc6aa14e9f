import type { CloseCause } from '@stratumkit/connection';
import type { ProxyEvent } from '@stratumkit/roles';

/** What happens in a proxy process: the core's events and those of its edge. */
export type ProxyAppEvent =
  | ProxyEvent
  | {
      readonly type: 'listening';
      /** `host:port` */
      readonly address: string;
      /** base58check; undefined without encryption. */
      readonly authorityPublicKey: string | undefined;
    }
  | { readonly type: 'connectionClosed'; readonly connection: number; readonly cause: CloseCause };
