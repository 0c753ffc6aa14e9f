import { readFileSync } from 'node:fs';
import { sha256 } from '@noble/hashes/sha2.js';
import { type KeyPair, type NoiseCrypto, portableCrypto, type RandomBytes } from '../src/index.ts';

/** Reproducible bytes: SHA-256 of the seed and a counter. */
export function seededRandom(seed: string): RandomBytes {
  let counter = 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 32) {
      const block = sha256(new TextEncoder().encode(`${seed}/${counter++}`));
      bytes.set(block.subarray(0, Math.min(32, length - offset)), offset);
    }
    return bytes;
  };
}

/** A back end whose key pairs are given beforehand. */
export function withKeyPairs(pairs: readonly KeyPair[], crypto: NoiseCrypto = portableCrypto): NoiseCrypto {
  const queue = pairs.map((pair) => ({ ...pair, secretKey: pair.secretKey.slice() }));
  return {
    ...crypto,
    createKeyPair: () => {
      const pair = queue.shift();
      if (pair === undefined) throw new Error('no key pair left');
      return pair;
    },
  };
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function readVectorFile(path: string): string {
  return readFileSync(new URL(`../../../vectors/${path}`, import.meta.url), 'utf8');
}

/** Rows of a CSV file without quoted fields, by column name. */
export function readCsv(path: string): Record<string, string>[] {
  const [head, ...lines] = readVectorFile(path).trim().split(/\r?\n/);
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i] ?? `column${i}`, cell])));
}

/** A frame with `payload`, its header saying so. */
export function frameOf(payload: Uint8Array, messageType = 0x1c): Uint8Array {
  const frame = new Uint8Array(6 + payload.length);
  frame[2] = messageType;
  frame[3] = payload.length & 0xff;
  frame[4] = (payload.length >> 8) & 0xff;
  frame[5] = payload.length >> 16;
  frame.set(payload, 6);
  return frame;
}

export function patternPayload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

export function errorCodeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'ok';
}
