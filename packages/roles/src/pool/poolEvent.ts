import type { MiningEvent } from '../miningServer/events.ts';
import type { SolutionOrigin } from '../miningServer/types.ts';
import type { TemplateErrorCode } from '../templateClient/templateError.ts';

/** Everything that happens in a pool, for ledgers, metrics, dashboards and logs. */
export type PoolEvent =
  | MiningEvent
  | {
      readonly type: 'tip';
      readonly prevHash: Uint8Array;
      readonly height: number | undefined;
      readonly nbits: number;
      /** What decides whether a hash is a block; never derived from `nbits`. */
      readonly blockTarget: Uint8Array;
    }
  | {
      /** A header at or below the block target was handed to the template provider. What became of it only a node knows. */
      readonly type: 'block';
      /** Wire order. */
      readonly hash: Uint8Array;
      readonly height: number | undefined;
      readonly templateId: bigint;
      readonly foundBy: SolutionOrigin;
      /** `kept`: the provider is away, it gets the solution when it returns. */
      readonly submission: 'sent' | 'kept';
    }
  /**
   * The provider is back and got the solutions that it may not have. One that has forgotten their templates, as after a restart,
   * cannot make blocks of them, and the protocol has no word for that.
   */
  | { readonly type: 'keptBlocksSent'; readonly count: number }
  | { readonly type: 'templateProvider'; readonly state: 'connected' | 'serving' | 'lost' }
  /** The provider broke the protocol or is silent, and is disconnected. */
  | { readonly type: 'templateProviderFailed'; readonly errorCode: TemplateErrorCode; readonly message: string }
  /** The provider was away for too long: the connections are closed so that miners can go elsewhere. */
  | { readonly type: 'workExpired' };
