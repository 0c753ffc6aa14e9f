import { createHash } from 'node:crypto';
import type { HashBackend } from '@stratumkit/bitcoin';

const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest());

/**
 * Real hashes, except that the numerically highest byte of a header's hash is the highest byte of its nonce: a test aims at
 * a target instead of searching for it.
 */
export const aimedHash: HashBackend = {
  sha256,
  sha256d(data) {
    const hash = sha256(sha256(data));
    if (data.length === 80) hash[31] = data[79]!;
    return hash;
  },
  sha256dPair: (left, right) => sha256(sha256(Buffer.concat([left, right]))),
};
