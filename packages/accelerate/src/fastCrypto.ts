import { UsageError } from '@stratumkit/codec';
import {
  type HandshakeRole,
  type KeyPair,
  type NoiseCrypto,
  type RandomBytes,
  SHARED_SECRET_TAG,
  sharedSecretPreimage,
} from '@stratumkit/noise';
import { isPrivate, signSchnorr, xOnlyPointFromScalar } from 'tiny-secp256k1';
import { FastRemoteKey, multiplyX, multiplyXBlinded, sharedSecretWith, verifySignature } from './curve.ts';
import { encodePublicKey } from './ellswiftKernel.ts';
import { createFastAead } from './fastAead.ts';
import { fastHash } from './fastHash.ts';

const TAG_HASH = fastHash.sha256(SHARED_SECRET_TAG);

/** The back end for Node: WebAssembly for curves and small frames, OpenSSL for large ones. Equal to `portableCrypto`. */
export const fastCrypto: NoiseCrypto = {
  sha256: fastHash.sha256,
  createKeyPair(random) {
    for (;;) {
      const secretKey = random(32);
      if (isPrivate(secretKey)) return pairOf(secretKey, random);
    }
  },
  keyPairFromSecret(secretKey, random) {
    if (!isPrivate(secretKey)) throw new UsageError('invalid-key', 'a secret key is 32 bytes, from 1 to n - 1');
    return pairOf(secretKey, random);
  },
  decodePublicKey: (ellswift) => new FastRemoteKey(ellswift),
  ecdh: (own, remote, role) => sharedSecretWith(own, remote, role, multiplyX, sharedSecretHash),
  ecdhStatic(own, remote, role, random) {
    const multiply = (point: Uint8Array, scalar: Uint8Array) => multiplyXBlinded(point, scalar, random);
    return sharedSecretWith(own, remote, role, multiply, sharedSecretHash);
  },
  sign(message, secretKey, auxiliaryRandom) {
    if (message.length !== 32 || auxiliaryRandom.length !== 32 || !isPrivate(secretKey)) {
      throw new UsageError('invalid-length', 'message, secret key and auxiliary randomness have 32 bytes each');
    }
    return signSchnorr(message, secretKey, auxiliaryRandom);
  },
  verify: verifySignature,
  createAead: createFastAead,
};

function pairOf(secretKey: Uint8Array, random: RandomBytes): KeyPair {
  const publicKey = xOnlyPointFromScalar(secretKey);
  return { secretKey: secretKey.slice(), publicKey, ellswift: encodePublicKey(publicKey, random) };
}

function sharedSecretHash(own: Uint8Array, remote: Uint8Array, x: Uint8Array, role: HandshakeRole): Uint8Array {
  return fastHash.sha256(sharedSecretPreimage(TAG_HASH, own, remote, x, role));
}
