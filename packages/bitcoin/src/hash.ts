import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { UsageError } from '@stratumkit/codec';

/** The injected hash functions; every result is a new array. A faster back end must equal {@link portableHash} on every input. */
export interface HashBackend {
  sha256(data: Uint8Array): Uint8Array;
  /** SHA-256 of the SHA-256, as Bitcoin hashes headers and transactions: the result is in wire order. */
  sha256d(data: Uint8Array): Uint8Array;
  /** Double SHA-256 of two 32-byte nodes laid side by side. */
  sha256dPair(left: Uint8Array, right: Uint8Array): Uint8Array;
}

/** The reference back end, on `@noble/hashes`. */
export const portableHash: HashBackend = {
  sha256,
  sha256d: (data) => sha256(sha256(data)),
  sha256dPair: (left, right) => sha256(sha256.create().update(left).update(right).digest()),
};

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));

/** The hexadecimal form in which hashes are shown to people: the wire bytes reversed. */
export function displayHash(hash: Uint8Array): string {
  let text = '';
  for (let i = hash.length - 1; i >= 0; i--) text += HEX[hash[i]!];
  return text;
}

/** The inverse of {@link displayHash}: 64 hex digits to 32 wire bytes. Throws UsageError `hash` for any other text. */
export function parseHash(text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) {
    throw new UsageError('hash', 'a hash is written as 64 hexadecimal digits', { context: { length: text.length } });
  }
  return hexToBytes(text).reverse();
}
