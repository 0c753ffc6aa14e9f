import { availableParallelism } from 'node:os';
import type { MiningDevice } from '@stratumkit/mining-device';
import type { Endpoint } from './links.ts';
import type { StackModules } from './modules.ts';
import type { StackOptions, Topology } from './options.ts';
import { onDeviceEvent } from './roleEvents.ts';
import { roleLog } from './roleLog.ts';
import { requiredKey, USER_IDENTITY } from './roleOptions.ts';
import type { StackSink } from './sink.ts';

/** Devices of one protocol; none where others are to come. */
export interface Fleet {
  readonly protocol: 'sv2' | 'sv1';
  readonly prefix: string;
  readonly names: readonly string[];
}

/** SV2 devices are called `device1` and so on, SV1 devices `miner1`; a full stack has half of each. */
export function fleetsOf({ topology, devices }: { readonly topology: Topology; readonly devices: number }): Fleet[] {
  const sv1 = topology === 'sv1' ? devices : topology === 'full' ? Math.floor(devices / 2) : 0;
  return [
    ...(topology === 'sv1' ? [] : [fleet('sv2', 'device', devices - sv1)]),
    ...(topology === 'sv1' || topology === 'full' ? [fleet('sv1', 'miner', sv1)] : []),
  ];
}

function fleet(protocol: 'sv2' | 'sv1', prefix: string, size: number): Fleet {
  return { protocol, prefix, names: Array.from({ length: size }, (_, index) => `${prefix}${index + 1}`) };
}

export function startFleet(
  { protocol, prefix, names }: Fleet,
  upstream: Endpoint,
  options: StackOptions,
  sink: StackSink,
  modules: StackModules,
): Promise<MiningDevice> {
  const { channel, hashrate, profiles } = options;
  const { address, authorityPublicKey } = upstream;
  const log = roleLog(sink, 'mining-device');
  return modules.createMiningDevice(
    {
      protocol,
      upstreams: [protocol === 'sv1' ? address : { ...address, authorityPublicKey: requiredKey(authorityPublicKey) }],
      // One device alone sends the identity as it is, several append their names.
      userIdentity: names.length === 1 ? `${USER_IDENTITY}.${names[0]}` : USER_IDENTITY,
      devices: names.length,
      name: prefix,
      channel,
      hashrate,
      workers: workersOf(names.length, options),
      ...(profiles === undefined ? {} : { profiles }),
      onEvent: (event) => onDeviceEvent(event, sink, names),
    },
    log === undefined ? {} : { log },
  );
}

/** A fleet's part of the threads, at least one. */
function workersOf(size: number, { workers, devices }: StackOptions): number {
  const all = workers ?? Math.max(1, availableParallelism() - 1);
  return Math.max(1, Math.round((all * size) / devices));
}
