import { hexToBytes } from '@noble/hashes/utils.js';
import { encodeBlock } from '@stratumkit/bitcoin';

/** The genesis block of Core's regtest, byte for byte. */
export function genesisBlock(): Uint8Array {
  const coinbase = hexToBytes(
    '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65' +
      '732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f7220' +
      '62616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc' +
      '3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000',
  );
  const header = {
    version: 1,
    prevHash: new Uint8Array(32),
    merkleRoot: hexToBytes('3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a'),
    time: 1296688602,
    nbits: 0x207fffff,
    nonce: 2,
  };
  return encodeBlock(header, [coinbase]);
}
