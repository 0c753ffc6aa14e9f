import {
  encodeAuthorityPublicKey,
  encodeAuthoritySecretKey,
  isSecretKey,
  publicKeyFromSecret,
  type RandomBytes,
} from '@stratumkit/noise';

/** An authority key pair as configurations have it: base58check. */
export interface AuthorityKeys {
  readonly publicKey: string;
  readonly secretKey: string;
}

/** A new pair; `random` is drawn from until 32 bytes are a valid secret. */
export function createKeys(random: RandomBytes): AuthorityKeys {
  for (;;) {
    const secretKey = random(32);
    if (isSecretKey(secretKey)) return keysFromSecret(secretKey);
  }
}

/** The pair of a known secret of 32 bytes. Throws UsageError `invalid-key` unless it lies within 1 and n - 1. */
export function keysFromSecret(secretKey: Uint8Array): AuthorityKeys {
  return {
    publicKey: encodeAuthorityPublicKey(publicKeyFromSecret(secretKey)),
    secretKey: encodeAuthoritySecretKey(secretKey),
  };
}
