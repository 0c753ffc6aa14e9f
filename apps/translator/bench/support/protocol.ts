import type { Measured } from '../../../pool/bench/support/protocol.ts';

/** What the bench asks of the translator that it measures. */
export type TranslatorRequest =
  | { readonly type: 'start'; readonly upstreamPort: number }
  /** Collects garbage, then answers; what is counted is counted anew from here on. */
  | { readonly type: 'measure' }
  | { readonly type: 'stop' };

export type TranslatorMeasured = Omit<Measured, 'connections' | 'channels'> & {
  readonly miners: number;
  /** Of the connection to the pool, both directions together. */
  readonly upstreamBytes: number;
};

export type TranslatorAnswer =
  | { readonly type: 'started'; readonly port: number }
  | ({ readonly type: 'measured' } & TranslatorMeasured)
  | { readonly type: 'stopped' };
