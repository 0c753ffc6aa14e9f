import { compareTargets, targetFromNbits } from '@stratumkit/bitcoin';

/** Target of difficulty 1. */
const EASIEST_NETWORK = targetFromNbits(0x1d00ffff);
const NO_BLOCKS = new Uint8Array(32);

/**
 * What a role between a miner and a pool takes for the block target, wire order. It sees no template, so nbits have to tell. Where
 * they are easier than difficulty 1 (regtest) they say nothing about blocks, and every share would be one: the target is 0 then, and
 * a block is only what the upstream finds among its shares.
 */
export function blockTargetOf(nbits: number): Uint8Array {
  const target = targetFromNbits(nbits);
  return compareTargets(target, EASIEST_NETWORK) <= 0 ? target : NO_BLOCKS;
}
