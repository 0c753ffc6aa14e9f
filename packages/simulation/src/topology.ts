import { SV1_PROFILE_NAMES, type Sv1ProfileName } from '@stratumkit/roles';
import type { LineConditions } from './network/host.ts';

/** A Bitcoin node with a template provider. */
export interface ProviderNode {
  readonly kind: 'template-provider';
  readonly name: string;
  readonly line?: LineConditions;
}

/** A pool of a {@link Topology}. */
export interface PoolNode {
  readonly kind: 'pool';
  readonly name: string;
  /** Template providers in order of preference. */
  readonly upstreams: readonly string[];
  /** First byte of its extranonces; different for each pool. */
  readonly serverId: number;
  readonly line?: LineConditions;
}

/** A mining proxy. */
export interface ProxyNode {
  readonly kind: 'proxy';
  readonly name: string;
  readonly mode: 'aggregating' | 'transparent';
  /** Pools or other proxies in order of preference. */
  readonly upstreams: readonly string[];
  readonly line?: LineConditions;
}

/** A translator: SV1 miners below, a pool or proxy above. */
export interface TranslatorNode {
  readonly kind: 'translator';
  readonly name: string;
  /** All miners in one upstream channel, or each in its own. */
  readonly aggregate: boolean;
  readonly upstreams: readonly string[];
  readonly line?: LineConditions;
}

/** An SV1 miner. */
export interface MinerNode {
  readonly kind: 'sv1-miner';
  readonly name: string;
  /** Translators in order of preference. */
  readonly upstreams: readonly string[];
  readonly profile: Sv1ProfileName;
  readonly hashrate: number;
  readonly line?: LineConditions;
}

/** One process with one or several devices. */
export interface DeviceNode {
  readonly kind: 'device';
  readonly name: string;
  /** Pools or proxies in order of preference. */
  readonly upstreams: readonly string[];
  readonly channel: 'standard' | 'extended';
  /** Devices in the process; more than one share a connection. */
  readonly devices: number;
  /** Of each device, hashes per second. */
  readonly hashrate: number;
  readonly workerTracking: boolean;
  /** Undefined: an honest one. */
  readonly misbehaviour?: Misbehaviour;
  readonly line?: LineConditions;
}

/** What a hostile client does with what it sends, while its fault lasts. */
export const MISBEHAVIOURS = ['replay', 'reorder', 'duplicate', 'lie', 'flood', 'garbage'] as const;
/** One of {@link MISBEHAVIOURS}. */
export type Misbehaviour = (typeof MISBEHAVIOURS)[number];

/** A kind of process that is added later adds its description here and its class in `Simulation`. */
export type TopologyNode = ProviderNode | PoolNode | ProxyNode | TranslatorNode | MinerNode | DeviceNode;

/** What stands between devices and pools: nothing, proxies in chains of three, or translators with SV1 miners behind them. */
export const TOPOLOGIES = ['direct', 'proxies', 'translators'] as const;
/** One of {@link TOPOLOGIES}. */
export type TopologyName = (typeof TOPOLOGIES)[number];

/** Who is there and who connects to whom. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
}

/** How many there are of each, and what stands between devices and pools. */
export interface FarmOptions {
  /** Honest devices in all. */
  readonly devices: number;
  /** Of each device, hashes per second. */
  readonly hashrate: number;
  /** `mixed`: standard ones, extended ones and farms that share a connection. */
  readonly channels: 'standard' | 'extended' | 'mixed';
  readonly providers?: number;
  readonly pools?: number;
  /** One client for each kind of misbehaviour. */
  readonly hostile?: boolean;
  /** Default `direct`. */
  readonly topology?: TopologyName;
}

const FARM_SIZE = 4;

/** Devices under pools under template providers. */
export function createFarm(options: FarmOptions): Topology {
  const { devices, hashrate, channels, providers = 1, pools = 1, hostile = false, topology = 'direct' } = options;
  const providerNames = Array.from({ length: providers }, (_, index) => `provider-${index + 1}`);
  const poolNames = Array.from({ length: pools }, (_, index) => `pool-${index + 1}`);
  const nodes: TopologyNode[] = providerNames.map((name) => ({ kind: 'template-provider', name }));
  for (const [index, name] of poolNames.entries())
    nodes.push({ kind: 'pool', name, upstreams: rotated(providerNames, index), serverId: index + 1 });
  const servers = [...poolNames];
  if (topology === 'proxies') {
    // The last one is the third of a chain; whoever loses its first upstream goes on with another kind of it.
    const proxies = [
      { name: 'proxy-1', mode: 'aggregating', upstreams: poolNames },
      { name: 'proxy-2', mode: 'transparent', upstreams: ['proxy-1', ...rotated(poolNames, 1)] },
      { name: 'proxy-3', mode: 'aggregating', upstreams: ['proxy-2', 'proxy-1'] },
      { name: 'proxy-4', mode: 'transparent', upstreams: rotated(poolNames, 1) },
    ] as const;
    for (const proxy of proxies) nodes.push({ kind: 'proxy', ...proxy });
    servers.splice(0, servers.length, 'proxy-3', 'proxy-4', 'proxy-2', 'proxy-1', poolNames[0]!);
  }
  if (topology === 'translators') return { nodes: [...nodes, ...translators(poolNames, devices, hashrate)] };
  let count = 0;
  for (let index = 0; count < devices; index++) {
    const size = channels === 'mixed' && index % 8 === 7 ? Math.min(FARM_SIZE, devices - count) : 1;
    const channel = channels === 'mixed' ? (index % 3 === 1 ? 'extended' : 'standard') : channels;
    nodes.push({
      kind: 'device',
      name: `device-${index + 1}`,
      upstreams: rotated(servers, index),
      channel,
      devices: size,
      hashrate,
      workerTracking: channel === 'extended' && index % 2 === 1,
    });
    count += size;
  }
  if (hostile)
    for (const [index, misbehaviour] of MISBEHAVIOURS.entries())
      nodes.push({
        kind: 'device',
        name: `hostile-${misbehaviour}`,
        upstreams: rotated(servers, index),
        channel: index % 2 === 0 ? 'standard' : 'extended',
        devices: 1,
        hashrate,
        workerTracking: false,
        misbehaviour,
      });
  return { nodes };
}

function rotated(names: readonly string[], by: number): readonly string[] {
  const at = by % names.length;
  return [...names.slice(at), ...names.slice(0, at)];
}

/** Both modes of translators, one of them behind a proxy, and miners of every profile. */
function translators(pools: readonly string[], miners: number, hashrate: number): readonly TopologyNode[] {
  const nodes: TopologyNode[] = [
    { kind: 'proxy', name: 'proxy-1', mode: 'aggregating', upstreams: pools },
    { kind: 'translator', name: 'translator-1', aggregate: true, upstreams: pools },
    { kind: 'translator', name: 'translator-2', aggregate: false, upstreams: rotated(pools, 1) },
    { kind: 'translator', name: 'translator-3', aggregate: true, upstreams: ['proxy-1', ...pools] },
  ];
  const servers = ['translator-1', 'translator-2', 'translator-3'];
  for (let index = 0; index < miners; index++)
    nodes.push({
      kind: 'sv1-miner',
      name: `miner-${index + 1}`,
      upstreams: rotated(servers, Math.floor(index / SV1_PROFILE_NAMES.length) + index),
      profile: SV1_PROFILE_NAMES[index % SV1_PROFILE_NAMES.length]!,
      hashrate,
    });
  return nodes;
}
