import { targetFromNbits } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import { blockTargetOf } from '../../src/miningClient/blockTarget.ts';

describe('blockTargetOf', () => {
  it.each([
    ['mainnet in 2026', 0x17023c7e],
    ['difficulty 1, a late block of testnet', 0x1d00ffff],
  ])('is what nbits say: %s', (_, nbits) => {
    expect(blockTargetOf(nbits)).toEqual(targetFromNbits(nbits));
  });

  it.each([
    ['regtest', 0x207fffff],
    ['just easier than difficulty 1', 0x1d010000],
  ])('takes no share for a block where nbits say nothing: %s', (_, nbits) => {
    expect(blockTargetOf(nbits)).toEqual(new Uint8Array(32));
  });
});
