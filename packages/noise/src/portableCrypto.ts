import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { schnorr } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { UsageError } from '@stratumkit/codec';
import { decodeEllswift, encodeEllswift } from './ellswift.ts';
import { bigintToBytes32, bytesToBigint, GROUP_ORDER } from './field.ts';
import { SHARED_SECRET_TAG, sharedSecretPreimage } from './sharedSecret.ts';
import type { Aead, HandshakeRole, KeyPair, NoiseCrypto, RandomBytes, RemotePublicKey } from './types.ts';

const TAG_HASH = sha256(SHARED_SECRET_TAG);

/** The reference back end, on `@noble/*`; runs wherever JavaScript does. */
export const portableCrypto: NoiseCrypto = {
  sha256: (data) => sha256(data),
  createKeyPair(random) {
    for (;;) {
      const secretKey = random(32);
      if (isSecretKey(secretKey)) return pairOf(secretKey, random);
    }
  },
  keyPairFromSecret(secretKey, random) {
    if (!isSecretKey(secretKey)) throw new UsageError('invalid-key', 'a secret key is 32 bytes, from 1 to n - 1');
    return pairOf(secretKey, random);
  },
  decodePublicKey: (ellswift) => ({ ellswift, publicKey: bigintToBytes32(decodeEllswift(ellswift)) }),
  ecdh,
  // `multiply` of the curve library does the same steps for every scalar, so one function serves both kinds of key.
  ecdhStatic: ecdh,
  sign: (message, secretKey, auxiliaryRandom) => schnorr.sign(message, secretKey, auxiliaryRandom),
  verify: (signature, message, publicKey) => schnorr.verify(signature, message, publicKey),
  createAead: (key) => createAead(key.slice()),
};

/** Whether these are 32 bytes of a number from 1 to n - 1. */
export function isSecretKey(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  const scalar = bytesToBigint(bytes);
  return scalar > 0n && scalar < GROUP_ORDER;
}

function pairOf(secretKey: Uint8Array, random: RandomBytes): KeyPair {
  const publicKey = schnorr.getPublicKey(secretKey);
  return { secretKey: secretKey.slice(), publicKey, ellswift: encodeEllswift(bytesToBigint(publicKey), random) };
}

function ecdh(own: KeyPair, remote: RemotePublicKey, role: HandshakeRole): Uint8Array {
  const point = schnorr.utils.lift_x(bytesToBigint(remote.publicKey)).multiply(bytesToBigint(own.secretKey));
  const x = bigintToBytes32(point.toAffine().x);
  return sha256(sharedSecretPreimage(TAG_HASH, own.ellswift, remote.ellswift, x, role));
}

function createAead(key: Uint8Array): Aead {
  return {
    seal(nonce, associatedData, plaintext, out, offset) {
      const target = out.subarray(offset, offset + plaintext.length + 16);
      chacha20poly1305(key, nonce, associatedData).encrypt(plaintext, target);
    },
    open(nonce, associatedData, ciphertext, out, offset) {
      const target = out.subarray(offset, offset + ciphertext.length - 16);
      if (target.length !== ciphertext.length - 16)
        throw new UsageError('out-of-range', 'target too small to open into');
      try {
        chacha20poly1305(key, nonce, associatedData).decrypt(ciphertext, target);
        return true;
      } catch {
        return false; // sizes are right, so what is left to go wrong is the tag
      }
    },
  };
}
