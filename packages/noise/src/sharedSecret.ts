import type { HandshakeRole } from './types.ts';

/**
 * What `v2_ecdh` of BIP324 hashes (spec 4.4.2): tag || tag || initiator's encoding || responder's encoding || x.
 * `tagHash` is SHA-256 of `SHARED_SECRET_TAG`.
 */
export function sharedSecretPreimage(
  tagHash: Uint8Array,
  own: Uint8Array,
  remote: Uint8Array,
  x: Uint8Array,
  role: HandshakeRole,
): Uint8Array {
  const preimage = new Uint8Array(224);
  preimage.set(tagHash, 0);
  preimage.set(tagHash, 32);
  preimage.set(role === 'initiator' ? own : remote, 64);
  preimage.set(role === 'initiator' ? remote : own, 128);
  preimage.set(x, 192);
  return preimage;
}

/** ASCII of `bip324_ellswift_xonly_ecdh`. */
export const SHARED_SECRET_TAG: Uint8Array = Uint8Array.from('bip324_ellswift_xonly_ecdh', (character) =>
  character.charCodeAt(0),
);
