import { ConfigError } from '@stratumkit/codec';
import { type ConnectionSecurity, clientSecurity, type SecurityBackends, serverSecurity } from '@stratumkit/connection';
import { formatSocketAddress } from '@stratumkit/runtime';
import type { PoolOptions } from './options.ts';

/** How miners are talked to. */
export function createServerSecurity(
  { insecure, authoritySecretKey, certificateValiditySeconds }: PoolOptions,
  backends: SecurityBackends,
): { readonly security: ConnectionSecurity; readonly authorityPublicKey: string | undefined } {
  if (insecure) return { security: { type: 'plain' }, authorityPublicKey: undefined };
  if (authoritySecretKey === undefined)
    throw new ConfigError(
      'authority-key-missing',
      'no authority_secret_key: make one with keygen and put it into the configuration or into POOL__AUTHORITY_SECRET_KEY',
    );
  return serverSecurity(authoritySecretKey, backends, certificateValiditySeconds);
}

/** How the template provider is talked to. */
export function createProviderSecurity(
  { templateProvider, templateProviderSecurity: trust = 'authenticated' }: PoolOptions,
  backends: SecurityBackends,
): ConnectionSecurity {
  const { authorityPublicKey } = templateProvider;
  const missingKey = `the template provider ${formatSocketAddress(templateProvider)} has no key: append /KEY to its URL or set its public_key`;
  return clientSecurity({ trust, authorityPublicKey, missingKey }, backends);
}
