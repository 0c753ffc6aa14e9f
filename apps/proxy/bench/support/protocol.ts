import type { Measured } from '../../../pool/bench/support/protocol.ts';

export type ProxyMode = 'aggregating' | 'transparent';

/** What the bench asks of the proxy that it measures. */
export type ProxyRequest =
  | { readonly type: 'start'; readonly upstreamPort: number; readonly mode: ProxyMode; readonly shareBatchSize: number }
  /** Collects garbage, then answers; what is counted is counted anew from here on. */
  | { readonly type: 'measure' }
  | { readonly type: 'stop' };

/** Of the connection to the upstream, both directions together. */
export interface Traffic {
  readonly bytes: number;
  readonly frames: number;
}

export type ProxyMeasured = Measured & { readonly upstream: Traffic; readonly sharesForwarded: number };

export type ProxyAnswer =
  | { readonly type: 'started'; readonly port: number }
  | ({ readonly type: 'measured' } & ProxyMeasured)
  | { readonly type: 'stopped' };
