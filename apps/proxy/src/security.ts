import { ConfigError } from '@stratumkit/codec';
import { type ConnectionSecurity, clientSecurity, type SecurityBackends, serverSecurity } from '@stratumkit/connection';
import { formatSocketAddress } from '@stratumkit/runtime';
import type { ProxyOptions, ProxyUpstream } from './options.ts';

/** How downstreams are talked to. */
export function createServerSecurity(
  { insecure, authoritySecretKey, certificateValiditySeconds }: ProxyOptions,
  backends: SecurityBackends,
): { readonly security: ConnectionSecurity; readonly authorityPublicKey: string | undefined } {
  if (insecure) return { security: { type: 'plain' }, authorityPublicKey: undefined };
  if (authoritySecretKey === undefined)
    throw new ConfigError(
      'authority-key-missing',
      'no authority_secret_key: make one with keygen and put it into the configuration or into PROXY__AUTHORITY_SECRET_KEY',
    );
  return serverSecurity(authoritySecretKey, backends, certificateValiditySeconds);
}

/** How an upstream is talked to. */
export function createUpstreamSecurity(
  upstream: ProxyUpstream,
  { upstreamSecurity: trust = 'authenticated' }: ProxyOptions,
  backends: SecurityBackends,
): ConnectionSecurity {
  const { authorityPublicKey } = upstream;
  const missingKey = `the upstream ${formatSocketAddress(upstream)} has no key: set its authority_pubkey, or append /KEY to its URL`;
  return clientSecurity({ trust, authorityPublicKey, missingKey }, backends);
}
