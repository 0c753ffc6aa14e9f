/** What a job needs from the chain to become minable. */
export interface ChainTip {
  /** Hash of the block to build on, wire order. */
  readonly prevHash: Uint8Array;
  readonly nbits: number;
  /** Smallest header time the chain allows. */
  readonly minNtime: number;
  /** Hashes at or below it are blocks. It comes from the template provider (spec 7.3) and is never derived from `nbits`. */
  readonly blockTarget: Uint8Array;
}
