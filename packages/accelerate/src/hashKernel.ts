import { HASH_KERNEL_CODE } from './hashKernelCode.ts';
import { instantiate } from './instantiate.ts';

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly message: { readonly value: number };
  readonly path: { readonly value: number };
  readonly state: { readonly value: number };
  prepare(length: number): number;
  midstate(blocks: number): void;
  hash(length: number): void;
  hashTwice(length: number): void;
  hashPair(): void;
  merkleRoot(blocks: number, branches: number): void;
}

/** Longest message: two strings of at most 65,535 bytes with an extranonce between them. */
export const MAX_MESSAGE = 131_200;
/** Longest merkle path that a message can carry. */
export const MAX_BRANCHES = 255;
/** Bytes of a block, and of a branch with the room before it. */
export const BLOCK_SIZE = 64;

/** SHA-256 and merkle roots, see `kernel/hash`. One instance serves everybody: every call is done before the next begins. */
export const hashKernel: KernelExports = instantiate<KernelExports>(HASH_KERNEL_CODE);

const { buffer } = hashKernel.memory;

export const message = new Uint8Array(buffer, hashKernel.message.value, MAX_MESSAGE + BLOCK_SIZE);
export const path = new Uint8Array(buffer, hashKernel.path.value, MAX_BRANCHES * BLOCK_SIZE);
export const state = new Uint8Array(buffer, hashKernel.state.value, 32);
