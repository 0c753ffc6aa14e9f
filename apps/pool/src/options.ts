import type { Network } from '@stratumkit/bitcoin';
import type { ConnectionLimits } from '@stratumkit/connection';
import type { MiningServerLimits, TemplateClientLimits } from '@stratumkit/roles';

/** The template provider to get work from. */
export interface TemplateProviderAddress {
  readonly host: string;
  readonly port: number;
  /** 32 bytes, x-only. */
  readonly authorityPublicKey?: Uint8Array | undefined;
}

/** Everything a pool can be told; the keys of the configuration file in another form. */
export interface PoolOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly templateProvider: TemplateProviderAddress;
  /**
   * `authenticated` (default): the provider proves its key. `unverified`: encrypted, to anybody. `plain`: not encrypted, for
   * tests on one machine.
   */
  readonly templateProviderSecurity?: 'authenticated' | 'unverified' | 'plain';
  /** 32 bytes; needed unless `insecure`. */
  readonly authoritySecretKey?: Uint8Array | undefined;
  readonly certificateValiditySeconds?: number;
  /** Takes miners without encryption, for tests on one machine. */
  readonly insecure?: boolean;
  readonly network: Network;
  /** Output script that gets everything which no miner is to get. */
  readonly coinbaseRewardScript: Uint8Array;
  readonly poolSignature?: string;
  readonly sharesPerMinute?: number;
  readonly shareBatchSize?: number;
  /** First byte of every extranonce; different for servers that work on the same templates. */
  readonly serverId?: number;
  /** Hashrates, in hashes per second, between which channels get a target of their own. */
  readonly minHashrate?: number;
  readonly maxHashrate?: number;
  /** Targets follow the shares that come (default), or stay what the client's claim gave. */
  readonly vardiff?: boolean;
  /** Extensions granted, and those without which a client is refused. */
  readonly supportedExtensions?: readonly number[];
  readonly requiredExtensions?: readonly number[];
  readonly versionRollingAllowed?: boolean;
  readonly maxConnections?: number;
  readonly limits?: Partial<MiningServerLimits>;
  /** Of each miner's connection. */
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly templateLimits?: Partial<TemplateClientLimits>;
}
