import type { MinerDifficultyOptions, TranslatorLimits, UpstreamTimeouts } from '@stratumkit/roles';
import type { LineLimits } from '@stratumkit/sv1';
import type { LineTls } from '@stratumkit/transport';

/** An SV2 server to mine for. */
export interface TranslatorUpstream {
  readonly host: string;
  readonly port: number;
  /** 32 bytes, x-only; absent only when the connection is plain, or its server is not to be verified. */
  readonly authorityPublicKey?: Uint8Array | undefined;
  /** Identity of the channels; unless it names a payee, a miner's worker name is put behind it. */
  readonly userIdentity: string;
  /** Byte order of the worker's name; `little` for SRI servers. */
  readonly tlvByteOrder?: 'big' | 'little';
}

/** Everything a translator can be told; the keys of the configuration file in another form. */
export interface TranslatorOptions {
  /** Where SV1 miners connect. Anybody on the way can read and change what they say, unless `tls` is given. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls?: LineTls | undefined;
  /** In order of preference. */
  readonly upstreams: readonly TranslatorUpstream[];
  readonly security?: 'authenticated' | 'unverified' | 'plain';
  readonly aggregateChannels: boolean;
  /** Bytes that a miner rolls. */
  readonly extranonce2Size?: number;
  readonly difficulty: MinerDifficultyOptions;
  /** 0 for never. */
  readonly keepaliveSeconds?: number;
  readonly verifyPayout?: boolean;
  readonly versionMask?: number | undefined;
  readonly maxCoinbaseBytes?: number | undefined;
  readonly supportedExtensions?: readonly number[];
  readonly requiredExtensions?: readonly number[];
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly lineLimits?: Partial<LineLimits>;
  readonly limits?: Partial<TranslatorLimits>;
  readonly timeouts?: Partial<UpstreamTimeouts>;
}
