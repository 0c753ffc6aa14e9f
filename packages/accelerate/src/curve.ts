import {
  type HandshakeRole,
  type KeyPair,
  portableCrypto,
  type RandomBytes,
  type RemotePublicKey,
} from '@stratumkit/noise';
import { isPoint, isPrivate, isXOnlyPoint, pointAdd, pointMultiply, privateSub, verifySchnorr } from 'tiny-secp256k1';
import { decodePoint } from './ellswiftKernel.ts';

/*
 * Every error that crosses the WebAssembly of tiny-secp256k1 loses some of its stack; after some thousands, caught or not,
 * the instance is broken for good. So whatever comes from a peer is checked here by calls that cannot throw.
 */

/** A peer's key with its point, so that it is decoded and lifted once. */
export class FastRemoteKey implements RemotePublicKey {
  readonly ellswift: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly point: Uint8Array;

  constructor(ellswift: Uint8Array) {
    const { publicKey, point } = decodePoint(ellswift);
    this.ellswift = ellswift;
    this.publicKey = publicKey;
    this.point = point;
  }
}

/** x of the product, 32 bytes; undefined for a point or scalar that the library would throw at. */
export function multiplyX(point: Uint8Array, scalar: Uint8Array): Uint8Array | undefined {
  if (!isPoint(point) || !isPrivate(scalar)) return undefined;
  return pointMultiply(point, scalar, true)?.slice(1);
}

/**
 * The same, as scalar - r times the point plus r times the point with a fresh r: the library's multiplication takes time by
 * the scalar, and here both scalars are random at every call.
 */
export function multiplyXBlinded(point: Uint8Array, scalar: Uint8Array, random: RandomBytes): Uint8Array | undefined {
  if (!isPoint(point) || !isPrivate(scalar)) return undefined;
  for (;;) {
    const blind = random(32);
    if (!isPrivate(blind)) continue;
    const rest = privateSub(scalar, blind);
    if (rest === null) continue;
    const [first, second] = [pointMultiply(point, blind, false), pointMultiply(point, rest, false)];
    blind.fill(0);
    rest.fill(0);
    if (first === null || second === null) return undefined;
    // The sum is at infinity for no scalar below the order; equal points double.
    return pointAdd(first, second, true)?.slice(1);
  }
}

/** BIP340, for any bytes. */
export function verifySignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || message.length !== 32 || !isXOnlyPoint(publicKey)) return false;
  if (!isBelowOrder(signature.subarray(32))) return false;
  // r is an x coordinate, which may lie between n and p; the library throws there.
  if (!isBelowOrder(signature.subarray(0, 32))) return portableCrypto.verify(signature, message, publicKey);
  return verifySchnorr(message, publicKey, signature);
}

/** Below n; the library calls it a private key, and knows no 0. */
function isBelowOrder(bytes: Uint8Array): boolean {
  return isPrivate(bytes) || bytes.every((byte) => byte === 0);
}

/** The shared x, by whichever way works: the reference answers for input that the library refuses. */
export function sharedSecretWith(
  own: KeyPair,
  remote: RemotePublicKey,
  role: HandshakeRole,
  multiply: (point: Uint8Array, scalar: Uint8Array) => Uint8Array | undefined,
  hash: (own: Uint8Array, remote: Uint8Array, x: Uint8Array, role: HandshakeRole) => Uint8Array,
): Uint8Array {
  const { point } = remote instanceof FastRemoteKey ? remote : new FastRemoteKey(remote.ellswift);
  const x = multiply(point, own.secretKey);
  return x === undefined ? portableCrypto.ecdh(own, remote, role) : hash(own.ellswift, remote.ellswift, x, role);
}
