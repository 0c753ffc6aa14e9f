import type { HashBackend } from '@stratumkit/bitcoin';

/** What the merkle root of a job depends on, besides the rolled part of the extranonce. */
export interface JobHasherInput {
  /** The coinbase transaction without BIP141 fields up to the extranonce prefix. */
  readonly coinbasePrefix: Uint8Array;
  readonly extranoncePrefix: Uint8Array;
  /** Length of the rolled part; 0 on a standard channel. */
  readonly extranonceSize: number;
  /** The rest of it behind the extranonce. */
  readonly coinbaseSuffix: Uint8Array;
  /** Deepest first, 32 bytes each. */
  readonly merklePath: readonly Uint8Array[];
}

/** Merkle roots of one job on one channel. Made at its first share, so that a kernel may precompute (a midstate). */
export interface JobHasher {
  /** Writes the 32 bytes of the root into `out` at `offset`. `extranonce` has the promised size. */
  merkleRootInto(extranonce: Uint8Array, out: Uint8Array, offset: number): void;
}

/** Where a faster kernel is put in. Its roots must equal those of {@link createPortableJobHasher}. */
export type CreateJobHasher = (input: JobHasherInput) => JobHasher;

/** The reference: one coinbase buffer per job with a hole for the extranonce, then the merkle path. */
export function createPortableJobHasher(hash: HashBackend): CreateJobHasher {
  return ({ coinbasePrefix, extranoncePrefix, extranonceSize, coinbaseSuffix, merklePath }) => {
    const hole = coinbasePrefix.length + extranoncePrefix.length;
    const coinbase = new Uint8Array(hole + extranonceSize + coinbaseSuffix.length);
    coinbase.set(coinbasePrefix);
    coinbase.set(extranoncePrefix, coinbasePrefix.length);
    coinbase.set(coinbaseSuffix, hole + extranonceSize);
    const path = merklePath.map((node) => node.slice());
    return {
      merkleRootInto(extranonce, out, offset) {
        coinbase.set(extranonce, hole);
        let root = hash.sha256d(coinbase);
        for (const node of path) root = hash.sha256dPair(root, node);
        out.set(root, offset);
      },
    };
  };
}
