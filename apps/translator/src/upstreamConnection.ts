import type { Now } from '@stratumkit/codec';
import { Connection, type ConnectionSecurity, clientSecurity, type SecurityBackends } from '@stratumkit/connection';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import { formatSocketAddress } from '@stratumkit/runtime';
import type { TranslatorModules } from './modules.ts';
import type { TranslatorOptions, TranslatorUpstream } from './options.ts';

/** The client side of a mining connection, as a translator sets it up. */
export function createUpstreamConnection(
  upstream: TranslatorUpstream,
  options: TranslatorOptions,
  modules: TranslatorModules,
  now: Now,
): Connection<'mining'> {
  const required = options.requiredExtensions ?? [];
  const supported = options.supportedExtensions ?? [WORKER_HASHRATE_TRACKING];
  const requested = [...new Set([...supported, ...required])];
  return new Connection(
    {
      protocol: 'mining',
      security: securityOf(upstream, options, modules),
      setup: {
        side: 'client',
        request: {
          protocol: PROTOCOL_IDS.mining,
          minVersion: PROTOCOL_VERSION,
          maxVersion: PROTOCOL_VERSION,
          // Not even version rolling is required: miners are granted what jobs allow.
          flags: 0,
          endpointHost: upstream.host,
          endpointPort: upstream.port,
          vendor: 'stratumkit',
          hardwareVersion: 'translator',
          firmware: 'translator',
          deviceId: '',
        },
        ...(requested.length === 0 ? {} : { extensions: { requested, required } }),
      },
    },
    now,
  );
}

/** Throws a `ConfigError` for an upstream that could not be verified although it should be. */
export function securityOf(
  upstream: TranslatorUpstream,
  { security: trust = 'authenticated' }: TranslatorOptions,
  backends: SecurityBackends,
): ConnectionSecurity {
  const { authorityPublicKey } = upstream;
  const missingKey = `the upstream ${formatSocketAddress(upstream)} has no authority key: set its authority_pubkey`;
  return clientSecurity({ trust, authorityPublicKey, missingKey }, backends);
}
