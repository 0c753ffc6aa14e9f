import type { SubmitSharesErrorCode } from '@stratumkit/messages/mining';

/** A submission on a standard channel; a decoded `SubmitSharesStandard` is one. */
export interface StandardShare {
  readonly sequenceNumber: number;
  readonly jobId: number;
  readonly nonce: number;
  /** Header time, Unix seconds. */
  readonly ntime: number;
  readonly version: number;
}

/** A submission on an extended channel; a decoded `SubmitSharesExtended` is one. */
export interface ExtendedShare extends StandardShare {
  /** The rolled part alone: `extranonce_size` bytes of the channel. */
  readonly extranonce: Uint8Array;
}

/** A header that meets the block target, with what `SubmitSolution` (spec 7.7) wants. No array changes any more. */
export interface Solution {
  readonly templateId: bigint;
  readonly jobId: number;
  readonly version: number;
  /** Header time, Unix seconds. */
  readonly ntime: number;
  readonly nonce: number;
  /** The full coinbase transaction without BIP141 fields; add the witness before it is submitted. Of no use where a job had its root only. */
  readonly coinbase: Uint8Array;
  /** The 80 header bytes. */
  readonly header: Uint8Array;
  readonly prevHash: Uint8Array;
  /** Wire order. */
  readonly hash: Uint8Array;
}

/** Why a share is refused: the reference implementation's words. `invalid-channel-id` is the caller's to say. */
export type ShareErrorCode = Exclude<SubmitSharesErrorCode, 'invalid-channel-id'>;

/** A share that counts, with what it is worth. */
export interface AcceptedShare {
  readonly outcome: 'accepted';
  readonly sequenceNumber: number;
  readonly jobId: number;
  readonly templateId: bigint;
  /** Header hash, wire order. */
  readonly hash: Uint8Array;
  /** Of the job's target, which is what the share is credited with. */
  readonly difficulty: number;
  /** The same in units of 2^-64, for exact sums. */
  readonly difficultyFixed: bigint;
  /** Expected hashes behind a share of the job's target, exact. */
  readonly work: bigint;
  /** Taken although its job was stale, within the grace period. */
  readonly late: boolean;
  /** Present once per header hash that meets the block target. */
  readonly solution?: Solution;
}

/** A share that does not count; it may be a block all the same. */
export interface RejectedShare {
  readonly outcome: 'rejected';
  readonly sequenceNumber: number;
  readonly jobId: number;
  readonly errorCode: ShareErrorCode;
  /** A refused share may still be a block: submit it, then answer the error. */
  readonly solution?: Solution;
}

/** What became of a submission. Either may carry a `solution`. */
export type ShareResult = AcceptedShare | RejectedShare;
