import type { TranslatorEvent } from '@stratumkit/roles';
import type { LineCloseCause } from '@stratumkit/sv1';

/** What happens in a translator process: the core's events and those of its edge. */
export type TranslatorAppEvent =
  | TranslatorEvent
  | {
      readonly type: 'listening';
      /** `host:port` */
      readonly address: string;
    }
  | { readonly type: 'connectionClosed'; readonly connection: number; readonly cause: LineCloseCause };
