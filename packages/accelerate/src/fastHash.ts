import { createHash } from 'node:crypto';
import type { HashBackend } from '@stratumkit/bitcoin';
import { hashKernel, message, state } from './hashKernel.ts';

/** From this size on OpenSSL is faster. */
const LARGE_INPUT = 512;

/** The hash back end for Node: a kernel of our own for what headers and merkle nodes need, OpenSSL for long input. */
export const fastHash: HashBackend = {
  sha256(data) {
    if (data.length >= LARGE_INPUT) return openssl(data);
    message.set(data);
    hashKernel.hash(data.length);
    return state.slice();
  },
  sha256d(data) {
    if (data.length >= LARGE_INPUT) return openssl(openssl(data));
    message.set(data);
    hashKernel.hashTwice(data.length);
    return state.slice();
  },
  sha256dPair(left, right) {
    message.set(left);
    message.set(right, 32);
    hashKernel.hashPair();
    return state.slice();
  },
};

function openssl(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(data).digest());
}
