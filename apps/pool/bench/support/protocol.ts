import type { ConnectionLimits } from '@stratumkit/connection';

/** What the bench asks of the process that it measures. */
export type Request =
  | {
      readonly type: 'start';
      readonly templateProviderPort: number;
      readonly shareBatchSize: number;
      readonly vardiff?: boolean;
      readonly minHashrate?: number;
      readonly connectionLimits?: Partial<ConnectionLimits>;
    }
  /** Collects garbage, then answers; what is counted is counted anew from here on. */
  | { readonly type: 'measure' }
  | { readonly type: 'stop' };

export type Answer =
  | { readonly type: 'started'; readonly port: number }
  | ({ readonly type: 'measured' } & Measured)
  | { readonly type: 'stopped' };

/** Since the last measurement. */
export interface Measured {
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Bytes now, after a collection. */
  readonly rss: number;
  readonly heap: number;
  /** Of heap and buffers outside of it. */
  readonly held: number;
  /** How late timers were. */
  readonly timerLatenessMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly connections: number;
  readonly channels: number;
}
