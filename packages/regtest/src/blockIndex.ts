import type { BlockHeader } from '@stratumkit/bitcoin';
import type { CoinUndo } from './coins.ts';
import { MEDIAN_TIME_SPAN } from './params.ts';

/** A header in the tree of all known ones. */
export interface BlockNode {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly header: BlockHeader;
  readonly height: number;
  readonly parent: BlockNode | undefined;
  /** Of the whole chain up to and with this block. */
  readonly chainWork: bigint;
  /** The whole block; undefined for a header whose block was refused as mutated, or not seen yet. */
  bytes: Uint8Array | undefined;
  /** Order in which the blocks came: the first seen wins a tie of work. */
  order: number;
  invalid: boolean;
  /** While the block is part of the active chain. */
  undo: CoinUndo | undefined;
}

/** Median time of the last 11 blocks up to and with `node`. */
export function medianTimePast(node: BlockNode): number {
  const times: number[] = [];
  for (let at: BlockNode | undefined = node; at !== undefined && times.length < MEDIAN_TIME_SPAN; at = at.parent)
    times.push(at.header.time);
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}

export function ancestorAt(node: BlockNode, height: number): BlockNode | undefined {
  let at: BlockNode | undefined = node;
  while (at !== undefined && at.height > height) at = at.parent;
  return at;
}

export function commonAncestor(left: BlockNode, right: BlockNode): BlockNode {
  let a = left;
  let b = right;
  while (a !== b) {
    if (a.height >= b.height) a = a.parent!;
    else b = b.parent!;
  }
  return a;
}
