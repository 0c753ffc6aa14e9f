import { fastCrypto } from '@stratumkit/accelerate';
import type { Now } from '@stratumkit/codec';
import { type ClientExtensions, Connection, type ConnectionSecurity, clientSecurity } from '@stratumkit/connection';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import { MINING_SETUP_FLAGS, MINING_SETUP_SUCCESS_FLAGS } from '@stratumkit/messages/mining';
import type { RandomBytes } from '@stratumkit/noise';
import type { DeviceUpstream, MiningDeviceOptions } from '../options.ts';

/** The client side of a mining connection, as a device sets it up. */
export function createUpstreamConnection(
  upstream: DeviceUpstream,
  options: MiningDeviceOptions,
  random: RandomBytes,
  now: Now,
  extensions: ClientExtensions | undefined,
): Connection<'mining'> {
  return new Connection(
    {
      protocol: 'mining',
      security: securityOf(upstream, options, random),
      setup: {
        side: 'client',
        request: {
          protocol: PROTOCOL_IDS.mining,
          minVersion: PROTOCOL_VERSION,
          maxVersion: PROTOCOL_VERSION,
          flags: setupFlags(options),
          endpointHost: upstream.host,
          endpointPort: upstream.port,
          vendor: 'stratumkit',
          hardwareVersion: 'simulated',
          firmware: 'mining-device',
          deviceId: '',
        },
        verifyFlags: (flags) => flagsProblem(flags, options),
        ...(extensions === undefined ? {} : { extensions }),
      },
    },
    now,
  );
}

/** Fixed versions are fine for a device; a server that takes no standard channels is not for one that opens them. */
function flagsProblem(flags: number, { channel = 'standard' }: MiningDeviceOptions): string | undefined {
  const wantsExtended = (flags & MINING_SETUP_SUCCESS_FLAGS.requiresExtendedChannels) !== 0;
  return wantsExtended && channel === 'standard' ? 'only extended channels' : undefined;
}

export function wantedExtensions({ workerTracking }: MiningDeviceOptions): ClientExtensions | undefined {
  return workerTracking ? { requested: [WORKER_HASHRATE_TRACKING] } : undefined;
}

/** Throws a `ConfigError` for an upstream that could not be verified although it should be. */
export function securityOf(
  upstream: DeviceUpstream,
  options: MiningDeviceOptions,
  random: RandomBytes,
): ConnectionSecurity {
  const { host, port, authorityPublicKey } = upstream;
  const trust = options.security ?? 'authenticated';
  const missingKey = `the upstream ${host}:${port} has no authority key: append /KEY to its URL, or choose --unverified or --insecure`;
  return clientSecurity({ trust, authorityPublicKey, missingKey }, { random, crypto: fastCrypto });
}

/** A device alone on its connection wants standard jobs; many on one connection take the group's extended jobs. */
export function setupFlags(options: MiningDeviceOptions): number {
  const alone = (options.connections ?? 'each') === 'each' || (options.devices ?? 1) === 1;
  return (options.channel ?? 'standard') === 'standard' && alone ? MINING_SETUP_FLAGS.requiresStandardJobs : 0;
}
