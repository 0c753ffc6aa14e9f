import { UsageError } from '@stratumkit/codec';
import {
  type HandshakeRole,
  isSecretKey,
  type KeyPair,
  type NoiseCrypto,
  type RandomBytes,
  type RemotePublicKey,
  SHARED_SECRET_TAG,
  sharedSecretPreimage,
} from '@stratumkit/noise';
import { signSchnorr } from 'tiny-secp256k1';
import { type AffinePoint, decodePoint, encodePublicKey, multiplyBase, multiplyPoint } from './curveKernel.ts';
import { createFastAead } from './fastAead.ts';
import { fastHash } from './fastHash.ts';
import { verifySignature } from './signatures.ts';

const TAG_HASH = fastHash.sha256(SHARED_SECRET_TAG);
const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const BLIND_BYTES = 8;

/** The back end for Node: WebAssembly for curves and small frames, OpenSSL for large ones. Equal to `portableCrypto`. */
export const fastCrypto: NoiseCrypto = {
  sha256: fastHash.sha256,
  createKeyPair(random) {
    for (;;) {
      const secretKey = random(32);
      if (isSecretKey(secretKey)) return pairOf(secretKey, random);
    }
  },
  keyPairFromSecret(secretKey, random) {
    checkSecretKey(secretKey);
    return pairOf(secretKey, random);
  },
  decodePublicKey: (ellswift) => new FastRemoteKey(ellswift),
  ecdh: (own, remote, role) => sharedSecret(own, remote, role, own.secretKey),
  ecdhStatic: (own, remote, role, random) => sharedSecret(own, remote, role, blinded(own.secretKey, random)),
  sign(message, secretKey, auxiliaryRandom) {
    checkSecretKey(secretKey);
    if (message.length !== 32 || auxiliaryRandom.length !== 32) {
      throw new UsageError('invalid-length', 'message and auxiliary randomness have 32 bytes each');
    }
    return signSchnorr(message, secretKey, auxiliaryRandom);
  },
  verify: verifySignature,
  createAead: createFastAead,
};

/** A peer's key with its point, so that it is decoded once for both operations of a handshake. */
class FastRemoteKey implements RemotePublicKey {
  readonly ellswift: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly point: AffinePoint;

  constructor(ellswift: Uint8Array) {
    if (ellswift.length !== 64) throw new UsageError('invalid-length', 'an ElligatorSwift encoding has 64 bytes');
    this.ellswift = ellswift;
    this.point = decodePoint(ellswift);
    this.publicKey = this.point.slice(0, 32);
  }
}

function pairOf(secretKey: Uint8Array, random: RandomBytes): KeyPair {
  const publicKey = multiplyBase(secretKey);
  return { secretKey: secretKey.slice(), publicKey, ellswift: encodePublicKey(publicKey, random) };
}

function sharedSecret(own: KeyPair, remote: RemotePublicKey, role: HandshakeRole, scalar: Uint8Array): Uint8Array {
  checkSecretKey(own.secretKey);
  const { point } = remote instanceof FastRemoteKey ? remote : new FastRemoteKey(remote.ellswift);
  const x = multiplyPoint(point, scalar);
  return fastHash.sha256(sharedSecretPreimage(TAG_HASH, own.ellswift, remote.ellswift, x, role));
}

/**
 * The secret plus a fresh multiple of the group's order, which multiplies a point to the same result. The kernel's steps are
 * the same for every scalar anyway; this keeps measurements of many handshakes from adding up against one scalar.
 */
function blinded(secretKey: Uint8Array, random: RandomBytes): Uint8Array {
  const blind = BigInt(`0x${Buffer.from(random(BLIND_BYTES)).toString('hex')}`);
  const sum = BigInt(`0x${Buffer.from(secretKey).toString('hex')}`) + blind * GROUP_ORDER;
  return Buffer.from(sum.toString(16).padStart(2 * (32 + BLIND_BYTES), '0'), 'hex');
}

function checkSecretKey(secretKey: Uint8Array): void {
  if (!isSecretKey(secretKey)) throw new UsageError('invalid-key', 'a secret key is 32 bytes, from 1 to n - 1');
}
