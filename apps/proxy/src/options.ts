import type { ConnectionLimits } from '@stratumkit/connection';
import type {
  MiningClientLimits,
  MiningServerLimits,
  ProxyLimits,
  RetryPolicy,
  UpstreamTimeouts,
  WorkUpstream,
} from '@stratumkit/roles';

/** A pool or another proxy to mine at. */
export interface ProxyUpstream extends WorkUpstream {
  /** 32 bytes, x-only. */
  readonly authorityPublicKey?: Uint8Array | undefined;
}

/** Everything a proxy can be told; the keys of the configuration file in another form. */
export interface ProxyOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** In order of preference, at least one. */
  readonly upstreams: readonly ProxyUpstream[];
  /**
   * `authenticated` (default): upstreams prove their keys. `unverified`: encrypted, to anybody. `plain`: not encrypted, for
   * tests on one machine.
   */
  readonly upstreamSecurity?: 'authenticated' | 'unverified' | 'plain';
  /** `aggregating` (default): one upstream channel for all; `transparent`: one for each downstream channel. */
  readonly mode?: 'aggregating' | 'transparent';
  /** 32 bytes; needed unless `insecure`. */
  readonly authoritySecretKey?: Uint8Array | undefined;
  readonly certificateValiditySeconds?: number;
  /** Takes downstreams without encryption, for tests on one machine. */
  readonly insecure?: boolean;
  /** Whether the names of workers are told to upstreams that take them (extension 0x0002); by default true. */
  readonly workerTracking?: boolean;
  readonly sharesPerMinute?: number;
  readonly shareBatchSize?: number;
  /** Hashrates, in hashes per second, between which channels get a target of their own. */
  readonly minHashrate?: number;
  readonly maxHashrate?: number;
  /** Whether targets follow the shares that come; by default true. */
  readonly vardiff?: boolean;
  /** Extensions granted to downstreams, and those without which one is refused. */
  readonly supportedExtensions?: readonly number[];
  readonly requiredExtensions?: readonly number[];
  readonly maxConnections?: number;
  /** Of each downstream connection. */
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly clientLimits?: Partial<MiningClientLimits>;
  readonly limits?: Partial<ProxyLimits>;
  readonly serverLimits?: Partial<MiningServerLimits>;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: Partial<UpstreamTimeouts>;
}
