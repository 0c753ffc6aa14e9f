import { describe, expect, it } from 'vitest';
import { fitsNetwork, NETWORKS } from '../src/index.ts';

describe('fitsNetwork', () => {
  it.each([
    ['regtest', 0x207fffff, ['regtest']],
    ['genesis of mainnet, and blocks of least difficulty of testnets', 0x1d00ffff, ['testnet3', 'testnet4', 'signet']],
    ['the easiest block of signet', 0x1e0377ae, ['signet']],
    ['easier than signet allows', 0x1e0377af, []],
    ['mainnet, block 840,000', 0x17034219, ['mainnet', 'testnet3', 'testnet4', 'signet']],
    ['mainnet, end of 2012', 0x1a04985c, ['testnet3', 'testnet4', 'signet']],
    ['no target', 0, []],
    ['a negative one', 0x17834219, []],
  ] as const)('%s', (_name, nbits, expected) => {
    expect(NETWORKS.filter((network) => fitsNetwork(nbits, network))).toEqual(expected);
  });
});
