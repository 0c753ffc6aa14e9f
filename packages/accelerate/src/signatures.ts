import { portableCrypto } from '@stratumkit/noise';
import { isPrivate, isXOnlyPoint, verifySchnorr } from 'tiny-secp256k1';

/**
 * BIP340 verification of any bytes. An error that crosses the WebAssembly of tiny-secp256k1 costs some of its stack, caught or
 * not; after some thousands the instance is broken for good. So a peer's bytes get there only when it cannot throw at them.
 */
export function verifySignature(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== 64 || message.length !== 32 || !isXOnlyPoint(publicKey)) return false;
  if (!isBelowOrder(signature.subarray(32))) return false;
  // r is an x coordinate, which may lie between n and p; the library throws there.
  if (!isBelowOrder(signature.subarray(0, 32))) return portableCrypto.verify(signature, message, publicKey);
  return verifySchnorr(message, publicKey, signature);
}

/** Below n; the library's test for private keys also excludes 0. */
function isBelowOrder(bytes: Uint8Array): boolean {
  return isPrivate(bytes) || bytes.every((byte) => byte === 0);
}
