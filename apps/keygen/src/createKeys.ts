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

export function createKeys(random: RandomBytes): AuthorityKeys {
  for (;;) {
    const secretKey = random(32);
    if (isSecretKey(secretKey)) return keysFromSecret(secretKey);
  }
}

export function keysFromSecret(secretKey: Uint8Array): AuthorityKeys {
  return {
    publicKey: encodeAuthorityPublicKey(publicKeyFromSecret(secretKey)),
    secretKey: encodeAuthoritySecretKey(secretKey),
  };
}
