import { type HashBackend, headerHash, meetsTarget, portableHash } from '@stratumkit/bitcoin';
import { compress, IV } from './sha256.ts';
import { createSimdModule, INPUT } from './simdModule.ts';

/** What a search found. */
export interface SearchResult {
  /** Nonces whose header meets the target, in order. */
  readonly nonces: readonly number[];
  /** Nonces tried; fewer than asked for only when `maxFound` were found. */
  readonly tried: number;
}

/** Looks for nonces in an 80-byte header. */
export interface SearchKernel {
  readonly name: 'simd' | 'portable';
  /** Tries `count` nonces from `firstNonce` on, up to 2^32 - 1, and stops after `maxFound`. */
  search(header: Uint8Array, target: Uint8Array, firstNonce: number, count: number, maxFound?: number): SearchResult;
}

const DEFAULT_MAX_FOUND = 64;
const GROUP = 4;

/** The fastest kernel that works here. */
export function createSearchKernel(): SearchKernel {
  try {
    return createSimdKernel();
  } catch (error) {
    // A processor without vector instructions.
    if ((error as Error).name === 'CompileError') return createPortableKernel();
    throw error;
  }
}

/** The reference: one hash after the other. */
export function createPortableKernel(hash: HashBackend = portableHash): SearchKernel {
  return {
    name: 'portable',
    search(header, target, firstNonce, count, maxFound = DEFAULT_MAX_FOUND) {
      const candidate = new Candidate(header, target, hash);
      const nonces: number[] = [];
      let tried = 0;
      while (tried < count && nonces.length < maxFound) {
        const nonce = firstNonce + tried++;
        if (candidate.meets(nonce)) nonces.push(nonce);
      }
      return { nonces, tried };
    },
  };
}

/** Four headers at once in WebAssembly. */
export function createSimdKernel(hash: HashBackend = portableHash): SearchKernel {
  const { memory, scan } = instantiate();
  const view = new DataView(memory.buffer);
  return {
    name: 'simd',
    search(header, target, firstNonce, count, maxFound = DEFAULT_MAX_FOUND) {
      prepare(view, header, target);
      const candidate = new Candidate(header, target, hash);
      const nonces: number[] = [];
      const end = firstNonce + count;
      let next = firstNonce;
      while (next < end && nonces.length < maxFound) {
        const groups = Math.ceil((end - next) / GROUP);
        next += GROUP * scan(next | 0, groups);
        const groupEnd = Math.min(next + GROUP, end);
        for (; next < groupEnd && nonces.length < maxFound; next++) if (candidate.meets(next)) nonces.push(next);
      }
      return { nonces, tried: Math.min(next, end) - firstNonce };
    },
  };
}

class Candidate {
  readonly #header: Uint8Array;
  readonly #view: DataView;
  readonly #target: Uint8Array;
  readonly #hash: HashBackend;

  constructor(header: Uint8Array, target: Uint8Array, hash: HashBackend) {
    this.#header = header.slice();
    this.#view = new DataView(this.#header.buffer);
    this.#target = target;
    this.#hash = hash;
  }

  meets(nonce: number): boolean {
    this.#view.setUint32(76, nonce, true);
    return meetsTarget(headerHash(this.#header, this.#hash), this.#target);
  }
}

function prepare(view: DataView, header: Uint8Array, target: Uint8Array): void {
  const tail = new DataView(header.buffer, header.byteOffset + 64, 12);
  compress(IV, header).forEach((word, i) => {
    view.setUint32(INPUT.midstate + 4 * i, word, true);
  });
  for (let i = 0; i < 3; i++) view.setUint32(INPUT.tail + 4 * i, tail.getUint32(4 * i), true);
  view.setUint32(INPUT.targetTop, new DataView(target.buffer, target.byteOffset, 32).getUint32(28, true), true);
}

interface SimdExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Groups of four nonces without a candidate before the first one with one. */
  readonly scan: (firstNonce: number, groups: number) => number;
}

/** What of the global `WebAssembly` is used; the library of types for Node alone does not declare it. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

function instantiate(): SimdExports {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const { bytes, constants, constantsAt } = createSimdModule();
  const exports = new Instance(new Module(bytes)).exports as SimdExports;
  const view = new DataView(exports.memory.buffer);
  constants.forEach((value, i) => {
    view.setUint32(constantsAt + 4 * i, value, true);
  });
  return exports;
}
