import { ConfigError } from '@stratumkit/codec';
import type { ConnectionSecurity } from '@stratumkit/connection';
import { encodeAuthorityPublicKey, type NoiseCrypto, type RandomBytes, ResponderIdentity } from '@stratumkit/noise';
import { formatSocketAddress } from '@stratumkit/runtime';
import type { ProxyOptions, ProxyUpstream } from './options.ts';

const DEFAULT_VALIDITY_SECONDS = 3_600;

interface Backends {
  readonly random: RandomBytes;
  readonly crypto: NoiseCrypto;
}

/** How downstreams are talked to. */
export function createServerSecurity(
  options: ProxyOptions,
  { random, crypto }: Backends,
): { readonly security: ConnectionSecurity; readonly authorityPublicKey: string | undefined } {
  if (options.insecure) return { security: { type: 'plain' }, authorityPublicKey: undefined };
  const { authoritySecretKey } = options;
  if (authoritySecretKey === undefined)
    throw new ConfigError(
      'authority-key-missing',
      'no authority_secret_key: make one with keygen and put it into the configuration or into PROXY__AUTHORITY_SECRET_KEY',
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

/** How an upstream is talked to. Never falls back to one that did not prove its key. */
export function createUpstreamSecurity(
  upstream: ProxyUpstream,
  { upstreamSecurity = 'authenticated' }: ProxyOptions,
  { random, crypto }: Backends,
): ConnectionSecurity {
  if (upstreamSecurity === 'plain') return { type: 'plain' };
  const { authorityPublicKey } = upstream;
  if (upstreamSecurity === 'unverified')
    return { type: 'noise-initiator', authorityPublicKey: 'unverified', random, crypto };
  if (authorityPublicKey === undefined)
    throw new ConfigError(
      'authority-key-missing',
      `the upstream ${formatSocketAddress(upstream)} has no key: set its authority_pubkey, or append /KEY to its URL`,
    );
  return { type: 'noise-initiator', authorityPublicKey, random, crypto };
}
