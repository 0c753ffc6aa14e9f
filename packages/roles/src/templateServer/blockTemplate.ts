/** A transaction of a template, in the order in which it stands in the block. */
export interface TemplateTransaction {
  /** With witness. */
  readonly data: Uint8Array;
  /** Wire order. */
  readonly txid: Uint8Array;
  /** Wire order. */
  readonly wtxid: Uint8Array;
  /** Satoshis. */
  readonly fee: bigint;
  readonly weight: number;
  /** Cost: a legacy signature operation counts 4, a witness one 1. */
  readonly sigops: number;
  /** Indexes, from 0, of the transactions of the same template that this one spends. */
  readonly depends: readonly number[];
}

/** The next block as a node or a chain proposes it. Byte fields are never mutated by whoever holds a template. */
export interface BlockTemplate {
  readonly prevHash: Uint8Array;
  readonly height: number;
  readonly version: number;
  readonly nbits: number;
  /** Current time, never before `minTime`. */
  readonly time: number;
  /** Unix seconds; the least that consensus allows. */
  readonly minTime: number;
  /** Subsidy and the fees of all `transactions`. */
  readonly coinbaseValue: bigint;
  /** Parents before children. */
  readonly transactions: readonly TemplateTransaction[];
  /** Largest hash of a block: the target of nbits or a lower one (spec 7.3). */
  readonly target: Uint8Array;
  /** Whether the block commits to witnesses (BIP141). */
  readonly witness: boolean;
}
