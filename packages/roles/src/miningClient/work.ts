import { foldMerklePath, type HashBackend, joinCoinbase, portableHash } from '@stratumkit/bitcoin';

/** How a job gives its merkle root: outright, or through the coinbase transaction. */
export type MerkleSource =
  | { readonly type: 'root'; readonly merkleRoot: Uint8Array }
  | {
      readonly type: 'coinbase';
      readonly merklePath: readonly Uint8Array[];
      readonly coinbasePrefix: Uint8Array;
      readonly coinbaseSuffix: Uint8Array;
    };

/** A job as one channel received it. What could change later, the extranonce prefix, is fixed at receipt. */
export interface ClientJob {
  readonly jobId: number;
  readonly version: number;
  readonly versionRollingAllowed: boolean;
  readonly source: MerkleSource;
  readonly extranoncePrefix: Uint8Array;
}

/** The tip that a channel mines on, and when it was told. */
export interface ClientTip {
  readonly prevHash: Uint8Array;
  readonly nbits: number;
  /** Unix seconds at `receivedMs`. */
  readonly minNtime: number;
  /** Monotonic. */
  readonly receivedMs: number;
}

/** A job that can be mined: everything that a header needs. */
export interface ActiveWork {
  readonly channelId: number;
  readonly job: ClientJob;
  readonly tip: ClientTip;
  /** Smallest ntime of this job; at least the tip's. */
  readonly minNtime: number;
  /** The target of this job's shares; a later SetTarget does not touch it (spec 5.3.21). */
  readonly target: Uint8Array;
  /** Bytes that may be rolled behind the extranonce prefix; 0 on a standard channel. */
  readonly extranonceSize: number;
}

/** The merkle root that a job has with an extranonce; a standard channel rolls none. */
export function merkleRootOf(job: ClientJob, extranonce: Uint8Array, hash: HashBackend = portableHash): Uint8Array {
  if (job.source.type === 'root') return job.source.merkleRoot;
  const { coinbasePrefix, coinbaseSuffix, merklePath } = job.source;
  const coinbase = joinCoinbase(coinbasePrefix, job.extranoncePrefix, extranonce, coinbaseSuffix);
  return foldMerklePath(hash.sha256d(coinbase), merklePath, hash);
}

/** The largest ntime a share may carry now: the tip's plus the seconds since it was told (spec 5.3.11), or the job's own. */
export function maxNtime(work: ActiveWork, monotonicMs: number): number {
  const elapsed = Math.max(0, Math.floor((monotonicMs - work.tip.receivedMs) / 1000));
  return Math.min(0xffffffff, Math.max(work.minNtime, work.tip.minNtime + elapsed));
}
