import type { NodeAuth } from '@stratumkit/node-rpc';
import type { Sv1ProfileName } from '@stratumkit/roles';

/**
 * `full`: SV2 devices behind a proxy and SV1 devices behind a translator, on one pool. `sv1`: only the latter. `sv2-proxy`: only the
 * former. `sv2`: SV2 devices on the pool.
 */
export const TOPOLOGIES = ['full', 'sv1', 'sv2-proxy', 'sv2'] as const;
/** One of {@link TOPOLOGIES}. */
export type Topology = (typeof TOPOLOGIES)[number];

/** Who is in a stack, how fast they mine, and on which chain. */
export interface StackOptions {
  readonly topology: Topology;
  /** In all; a full stack has half of each protocol. With 0 only yours connect, one of which `hashrate` is expected of. */
  readonly devices: number;
  /** Of SV2 devices. */
  readonly channel: 'standard' | 'extended';
  /** Of each device, in hashes per second. */
  readonly hashrate: number;
  /** Threads that hash; by default one less than there are processors. */
  readonly workers?: number | undefined;
  /** Whose habits SV1 devices have, in turn; by default nobody's. */
  readonly profiles?: readonly Sv1ProfileName[] | undefined;
  /** Seconds; of the embedded chain. */
  readonly blockInterval: number;
  readonly transactionsPerSecond: number;
  /** Wanted from each device. */
  readonly sharesPerMinute: number;
  /** Mine on this node instead of the embedded chain. */
  readonly node?: { readonly url: string; readonly auth: NodeAuth } | undefined;
  /** The chain and the authority keys are kept here. */
  readonly dataDir?: string | undefined;
  /** Each block of the chain as hex, a line each from height 1, is written here at the end. */
  readonly exportBlocks?: string | undefined;
  /** An interceptor on every link, which shows what flows. */
  readonly intercept?: boolean | undefined;
  /** The same, and each link is written to this directory at the end as a test that replays it. */
  readonly record?: string | undefined;
  /** Ports of 127.0.0.1 to listen on; 0 for a free one. */
  readonly templateProviderPort: number;
  readonly poolPort: number;
  readonly proxyPort: number;
  readonly translatorPort: number;
}
