import type { RemoteError } from '@stratumkit/codec';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import type { BlockSolution } from './keptSolutions.ts';
import type { Template } from './template.ts';
import type { TemplateErrorCode } from './templateError.ts';

/** The tip that a `SetNewPrevHash` of the provider announced; all bytes are copies. */
export interface TemplateTip {
  /** Wire order. */
  readonly prevHash: Uint8Array;
  readonly nbits: number;
  /** Header time to start with; rises by a second a second. */
  readonly headerTimestamp: number;
  /** When it was announced, in monotonic milliseconds. */
  readonly receivedAtMs: number;
  /** Hashes at or below it are blocks; may be lower than `nbits` says (spec 7.3). */
  readonly blockTarget: Uint8Array;
}

/** What a `TemplateClient` is told: `connected` when setup is done, `lost` when that connection has ended. */
export type TemplateClientInput =
  | { readonly type: 'connected' }
  | { readonly type: 'message'; readonly message: TemplateDistributionMessage }
  | { readonly type: 'lost' }
  | { readonly type: 'solution'; readonly solution: BlockSolution }
  | { readonly type: 'tick' };

/** One thing to do for a `TemplateClient`; things are done in the order in which they come. */
export type TemplateClientOutput =
  | { readonly type: 'template-send'; readonly frame: Uint8Array }
  /** The provider failed: close the connection to it and make a new one. The client counts it as lost already. */
  | { readonly type: 'template-close'; readonly error: RemoteError<TemplateErrorCode> }
  /** A template for a tip that is not there yet. */
  | { readonly type: 'future-template'; readonly template: Template }
  /** A better template for the current tip. */
  | { readonly type: 'template'; readonly template: Template }
  /** A new tip and the template to mine on it; every other template is worthless. */
  | { readonly type: 'tip'; readonly tip: TemplateTip; readonly template: Template }
  /** The provider was away for too long: the work it gave must not be mined any further. */
  | { readonly type: 'work-expired' };
