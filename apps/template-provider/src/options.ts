import type { NodeAuth, NodeNetwork } from '@stratumkit/node-rpc';

/** How fast blocks are wanted where nbits alone would make every second hash one: the announced target is lower (spec 7.3). */
export interface BlockPace {
  /** Seconds between blocks to aim for. */
  readonly blockInterval: number;
  /** Of all devices, in hashes per second, until blocks tell. */
  readonly expectedHashrate: number;
}

/** The embedded chain, with transactions of its own making. */
export interface RegtestChainSource extends BlockPace {
  readonly type: 'regtest';
  readonly transactionsPerSecond: number;
  /** Of the transactions; U32. */
  readonly seed: number;
}

/** A node, by its getblocktemplate. */
export interface NodeChainSource {
  readonly type: 'node';
  /** `http://host:port` */
  readonly url: string;
  readonly auth: NodeAuth;
  readonly network: NodeNetwork;
  /** For a node on regtest. */
  readonly pace?: BlockPace | undefined;
}

/** Everything a template provider can be told; the keys of the configuration file in another form. */
export interface TemplateProviderOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly source: RegtestChainSource | NodeChainSource;
  /** 32 bytes. Absent: the one in `dataDir`, or a new one. */
  readonly authoritySecretKey?: Uint8Array | undefined;
  readonly certificateValiditySeconds?: number;
  /** Without encryption, for tests on one machine. */
  readonly insecure?: boolean;
  /** Chain, keys and found blocks are kept here. */
  readonly dataDir?: string | undefined;
  /** Satoshis that make a new template on the same tip worth it. */
  readonly feeThreshold?: bigint;
  /** Least time between two templates on the same tip. */
  readonly templateIntervalMs?: number;
  readonly maximumConnections?: number;
}
