import { type HashBackend, HEADER_SIZE, headerHashWithNonce, meetsTarget } from '@stratumkit/bitcoin';
import type { Prng } from '../core/prng.ts';
import type { ProofOfWork } from './proofOfWork.ts';

const NONCE_AT = 76;
const HASH_SIZE = 32;
/** Odd, so that multiplying by it can be undone. */
const FACTOR = 0x9e3779b1;
const INVERSE = inverseOf(FACTOR);
/** A word of a target's border is hit this seldom that more attempts would mean a target without a nonce. */
const MAX_ATTEMPTS = 8;

/**
 * Mixes bytes into 32, quickly and without any claim to security: four lanes over 32-bit words. A block header's most significant
 * word is a permutation of its nonce, keyed by the rest of the header, so that it can be aimed at; the other words depend on
 * everything.
 */
class AimedHash implements HashBackend {
  readonly #lanes = new Uint32Array(4);
  readonly #pair = new Uint8Array(2 * HASH_SIZE);

  sha256(data: Uint8Array): Uint8Array {
    this.#absorb(data, data.length, 1);
    return this.#squeeze(0);
  }

  sha256d(data: Uint8Array): Uint8Array {
    if (data.length !== HEADER_SIZE) {
      this.#absorb(data, data.length, 2);
      return this.#squeeze(0);
    }
    const nonce = readWord(data, NONCE_AT);
    this.#absorb(data, NONCE_AT, 2);
    const top = Math.imul(nonce ^ this.#lanes[0]!, FACTOR) ^ this.#lanes[1]!;
    const hash = this.#squeeze(scramble(nonce));
    writeWord(hash, HASH_SIZE - 4, top);
    return hash;
  }

  readonly sha256dPair = (left: Uint8Array, right: Uint8Array): Uint8Array => {
    this.#pair.set(left);
    this.#pair.set(right, HASH_SIZE);
    return this.sha256d(this.#pair);
  };

  aim(header: Uint8Array, target: Uint8Array, random: Prng): number | undefined {
    const limit = readWord(target, HASH_SIZE - 4);
    for (let tries = 0; tries < MAX_ATTEMPTS; tries++) {
      const top = limit === 0 ? 0 : random.below(limit + 1);
      this.#absorb(header, NONCE_AT, 2);
      const nonce = (Math.imul(top ^ this.#lanes[1]!, INVERSE) ^ this.#lanes[0]!) >>> 0;
      if (top < limit || meetsTarget(headerHashWithNonce(header, nonce, this), target)) return nonce;
      if (limit === 0) return undefined;
    }
    return undefined;
  }

  #absorb(data: Uint8Array, length: number, domain: number): void {
    let a = 0x6a09e667 ^ domain;
    let b = 0xbb67ae85 ^ length;
    let c = 0x3c6ef372;
    let d = 0xa54ff53a;
    let at = 0;
    for (; at + 4 <= length; at += 4) {
      const word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
      a = Math.imul(a ^ word, 0x85ebca6b);
      b = Math.imul(b + word, 0xc2b2ae35) ^ (a >>> 15);
      c = Math.imul(c ^ word ^ (b >>> 13), 0x27d4eb2f);
      d = (d + Math.imul(word ^ c, 0x165667b1)) ^ (c >>> 16);
      a ^= (d << 7) | (d >>> 25);
    }
    for (; at < length; at++) {
      a = Math.imul(a ^ data[at]!, 0x85ebca6b);
      b = Math.imul(b + data[at]!, 0xc2b2ae35) ^ (a >>> 15);
      c = Math.imul(c ^ b, 0x27d4eb2f);
      d = (d + c) ^ (a >>> 11);
    }
    const lanes = this.#lanes;
    lanes[0] = scramble(a ^ c);
    lanes[1] = scramble(b ^ (d >>> 3));
    lanes[2] = scramble(c + a);
    lanes[3] = scramble(d ^ b);
  }

  #squeeze(tweak: number): Uint8Array {
    const out = new Uint8Array(HASH_SIZE);
    // Taking a typed array apart would iterate over it.
    const lanes = this.#lanes;
    const a = lanes[0]!;
    const b = lanes[1]!;
    const c = lanes[2]!;
    const d = lanes[3]!;
    let state = tweak;
    for (let at = 0; at < HASH_SIZE; at += 16) {
      state = scramble(state ^ a ^ at);
      writeWord(out, at, state ^ b);
      state = scramble(state + b);
      writeWord(out, at + 4, state ^ c);
      state = scramble(state ^ c);
      writeWord(out, at + 8, state ^ d);
      state = scramble(state + d);
      writeWord(out, at + 12, state ^ a);
    }
    return out;
  }
}

/** A hash that a simulated device can aim at: finding a share costs one hash instead of billions. */
export function createCheapWork(): ProofOfWork {
  const hash = new AimedHash();
  const backend: HashBackend = {
    sha256: (data) => hash.sha256(data),
    sha256d: (data) => hash.sha256d(data),
    sha256dPair: hash.sha256dPair,
  };
  return { name: 'cheap', hash: backend, aim: (header, target, random) => hash.aim(header, target, random) };
}

function scramble(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x7feb352d);
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b);
  return (z ^ (z >>> 16)) >>> 0;
}

function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** By Newton's iteration: each step doubles the number of right bits. */
function inverseOf(factor: number): number {
  let inverse = factor;
  for (let step = 0; step < 5; step++) inverse = Math.imul(inverse, 2 - Math.imul(factor, inverse));
  return inverse;
}
