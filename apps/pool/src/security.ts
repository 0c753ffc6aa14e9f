import { ConfigError } from '@stratumkit/codec';
import type { ConnectionSecurity } from '@stratumkit/connection';
import { encodeAuthorityPublicKey, ResponderIdentity } from '@stratumkit/noise';
import { formatSocketAddress } from '@stratumkit/runtime';
import type { PoolModules } from './modules.ts';
import type { PoolOptions } from './options.ts';

const DEFAULT_VALIDITY_SECONDS = 3_600;

/** How miners are talked to. */
export function createServerSecurity(
  options: PoolOptions,
  { random, crypto }: Pick<PoolModules, 'random' | 'crypto'>,
): { readonly security: ConnectionSecurity; readonly authorityPublicKey: string | undefined } {
  if (options.insecure) return { security: { type: 'plain' }, authorityPublicKey: undefined };
  const { authoritySecretKey } = options;
  if (authoritySecretKey === undefined)
    throw new ConfigError(
      'authority-key-missing',
      'no authority_secret_key: make one with keygen and put it into the configuration or into POOL__AUTHORITY_SECRET_KEY',
    );
  const identity = new ResponderIdentity({
    crypto,
    random,
    authoritySecretKey,
    certificateValiditySeconds: options.certificateValiditySeconds ?? DEFAULT_VALIDITY_SECONDS,
  });
  return {
    security: { type: 'noise-responder', identity, random, crypto },
    authorityPublicKey: encodeAuthorityPublicKey(identity.authorityPublicKey),
  };
}

/** How the template provider is talked to. Never falls back to a provider that did not prove its key. */
export function createProviderSecurity(
  { templateProvider, templateProviderSecurity = 'authenticated' }: PoolOptions,
  { random, crypto }: Pick<PoolModules, 'random' | 'crypto'>,
): ConnectionSecurity {
  if (templateProviderSecurity === 'plain') return { type: 'plain' };
  const { authorityPublicKey } = templateProvider;
  if (templateProviderSecurity === 'unverified')
    return { type: 'noise-initiator', authorityPublicKey: 'unverified', random, crypto };
  if (authorityPublicKey === undefined)
    throw new ConfigError(
      'authority-key-missing',
      `the template provider ${formatSocketAddress(templateProvider)} has no key: append /KEY to its URL or set its public_key`,
    );
  return { type: 'noise-initiator', authorityPublicKey, random, crypto };
}
