import type { ShareErrorCode } from '../shares/share.ts';

/** Sums over the life of a channel. Nothing here is reset by an acknowledgement. */
export interface ShareTotals {
  readonly accepted: number;
  /** Of the accepted ones, those taken within the grace period of a stale job. */
  readonly late: number;
  readonly acknowledged: number;
  /** Accepted but given up by the ledger; never acknowledged. */
  readonly lost: number;
  readonly blocks: number;
  readonly rejected: Readonly<Partial<Record<ShareErrorCode, number>>>;
  /** Expected hashes behind the accepted shares, exact. */
  readonly work: bigint;
  /** The smallest accepted hash, wire order. */
  readonly bestHash: Uint8Array | undefined;
  /** Difficulty of that hash; 0 without a share. */
  readonly bestDifficulty: number;
}
