import type { CreateJobHasher, JobHasher, JobHasherInput } from '@stratumkit/channels';
import { UsageError } from '@stratumkit/codec';
import { BLOCK_SIZE, hashKernel, MAX_BRANCHES, MAX_MESSAGE, message, path, state } from './hashKernel.ts';

/**
 * Merkle roots by the kernel: what lies before the rolled part of the extranonce is compressed once per job, and a whole merkle
 * path is folded in one call. Equal to `createPortableJobHasher`.
 */
export const createFastJobHasher: CreateJobHasher = (input) => new FastJobHasher(input);

/** Paths laid out for the kernel, by the path of the job, which all channels share and nobody changes. */
const layouts = new WeakMap<readonly Uint8Array[], Uint8Array>();
/** The path that lies in the kernel. */
let loadedPath: Uint8Array | undefined;

class FastJobHasher implements JobHasher {
  readonly #midstate: Uint8Array;
  /** The blocks from the first one on that holds a rolled byte, padded, as words. */
  readonly #tail: Uint8Array;
  /** Where the rolled bytes lie in the tail. */
  readonly #hole: number;
  readonly #path: Uint8Array;

  constructor({ coinbasePrefix, extranoncePrefix, extranonceSize, coinbaseSuffix, merklePath }: JobHasherInput) {
    const start = coinbasePrefix.length + extranoncePrefix.length;
    const length = start + extranonceSize + coinbaseSuffix.length;
    if (length > MAX_MESSAGE || merklePath.length > MAX_BRANCHES) {
      throw new UsageError('out-of-range', 'no job has a coinbase or a merkle path of this length', {
        context: { length, branches: merklePath.length },
      });
    }
    message.set(coinbasePrefix);
    message.set(extranoncePrefix, coinbasePrefix.length);
    message.fill(0, start, start + extranonceSize);
    message.set(coinbaseSuffix, start + extranonceSize);
    const blocks = hashKernel.prepare(length);
    const fixed = Math.floor(start / BLOCK_SIZE);
    hashKernel.midstate(fixed);
    this.#midstate = state.slice();
    this.#tail = message.slice(fixed * BLOCK_SIZE, blocks * BLOCK_SIZE);
    this.#hole = start - fixed * BLOCK_SIZE;
    this.#path = layoutOf(merklePath);
  }

  merkleRootInto(extranonce: Uint8Array, out: Uint8Array, offset: number): void {
    const tail = this.#tail;
    const hole = this.#hole;
    // The kernel reads words in the machine's order, which is little-endian wherever there is WebAssembly.
    for (let i = 0; i < extranonce.length; i++) tail[(hole + i) ^ 3] = extranonce[i]!;
    const layout = this.#path;
    if (loadedPath !== layout) {
      path.set(layout);
      loadedPath = layout;
    }
    state.set(this.#midstate);
    message.set(tail);
    hashKernel.merkleRoot(tail.length / BLOCK_SIZE, layout.length / BLOCK_SIZE);
    out.set(state, offset);
  }
}

/** Each branch as words, behind room for the node it is joined with. */
function layoutOf(merklePath: readonly Uint8Array[]): Uint8Array {
  const known = layouts.get(merklePath);
  if (known !== undefined) return known;
  const layout = new Uint8Array(merklePath.length * BLOCK_SIZE);
  for (const [index, branch] of merklePath.entries()) {
    const at = index * BLOCK_SIZE + 32;
    for (let i = 0; i < 32; i++) layout[at + (i ^ 3)] = branch[i]!;
  }
  layouts.set(merklePath, layout);
  return layout;
}
