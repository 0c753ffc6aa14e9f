import { createHash } from 'node:crypto';
import { SHA256 } from '@chainsafe/as-sha256';
import type { HashBackend } from '@stratumkit/bitcoin';

/** From this size on OpenSSL is faster. */
const LARGE_INPUT = 512;

const wasm = new SHA256().ctx;
const input = new Uint8Array(wasm.memory.buffer, wasm.input.value, wasm.INPUT_LENGTH);
const output = new Uint8Array(wasm.memory.buffer, wasm.output.value, 32);
const [inputPointer, outputPointer] = [wasm.input.value, wasm.output.value];

/** The hash back end for Node: WebAssembly for what headers and merkle nodes need, OpenSSL for long input. */
export const fastHash: HashBackend = {
  sha256(data) {
    digest(data);
    return output.slice();
  },
  sha256d(data) {
    digest(data);
    digestAgain();
    return output.slice();
  },
  sha256dPair(left, right) {
    input.set(left);
    input.set(right, 32);
    wasm.digest64(inputPointer, outputPointer);
    digestAgain();
    return output.slice();
  },
};

function digest(data: Uint8Array): void {
  if (data.length >= LARGE_INPUT || data.length > input.length) {
    output.set(createHash('sha256').update(data).digest());
    return;
  }
  input.set(data);
  if (data.length === 64) wasm.digest64(inputPointer, outputPointer);
  else wasm.digest(data.length);
}

function digestAgain(): void {
  input.set(output);
  wasm.digest(32);
}
