import { ConfigError } from '@stratumkit/codec';
import { encodeAuthorityPublicKey, type NoiseCrypto, type RandomBytes, ResponderIdentity } from '@stratumkit/noise';
import type { ConnectionSecurity } from './options.ts';

/** What Noise needs of its surroundings. */
export interface SecurityBackends {
  readonly random: RandomBytes;
  readonly crypto: NoiseCrypto;
}

/** What a client wants of its server: proof of its key, encryption alone, or nothing. */
export type ServerTrust = 'authenticated' | 'unverified' | 'plain';

/** How much a client trusts, and whom. */
export interface ClientSecurityOptions {
  readonly trust: ServerTrust;
  /** 32 bytes, x-only. Needed, and used, for `authenticated` alone. */
  readonly authorityPublicKey: Uint8Array | undefined;
  /** What to tell an operator who has given no key. */
  readonly missingKey: string;
}

const DEFAULT_CERTIFICATE_VALIDITY_SECONDS = 3_600;

/** How a client talks to a server. Throws ConfigError `authority-key-missing` rather than trust a server that cannot be verified. */
export function clientSecurity(
  { trust, authorityPublicKey, missingKey }: ClientSecurityOptions,
  { random, crypto }: SecurityBackends,
): ConnectionSecurity {
  if (trust === 'plain') return { type: 'plain' };
  if (trust === 'unverified') return { type: 'noise-initiator', authorityPublicKey: trust, random, crypto };
  if (authorityPublicKey === undefined) throw new ConfigError('authority-key-missing', missingKey);
  return { type: 'noise-initiator', authorityPublicKey, random, crypto };
}

/** How a server with this authority key talks to its clients, and what they have to know: the public key in base58check. */
export function serverSecurity(
  authoritySecretKey: Uint8Array,
  { random, crypto }: SecurityBackends,
  certificateValiditySeconds: number = DEFAULT_CERTIFICATE_VALIDITY_SECONDS,
): { readonly security: ConnectionSecurity; readonly authorityPublicKey: string } {
  const identity = new ResponderIdentity({ crypto, random, authoritySecretKey, certificateValiditySeconds });
  return {
    security: { type: 'noise-responder', identity, random, crypto },
    authorityPublicKey: encodeAuthorityPublicKey(identity.authorityPublicKey),
  };
}
