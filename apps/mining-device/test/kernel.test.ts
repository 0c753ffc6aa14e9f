import { encodeHeader, headerHash, meetsTarget, parseHash, targetFromNbits } from '@stratumkit/bitcoin';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPortableKernel, createSearchKernel, createSimdKernel } from '../src/kernel/searchKernel.ts';
import { compress, IV, K } from '../src/kernel/sha256.ts';

const SEED = { seed: Number(process.env.FC_SEED ?? 20250823) };
const GENESIS_ROOT = parseHash('4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b');
const genesis = (time: number, nbits: number) =>
  encodeHeader({ version: 1, prevHash: new Uint8Array(32), merkleRoot: GENESIS_ROOT, time, nbits, nonce: 0 });
const kernels = [createSimdKernel(), createPortableKernel()];
const target = (top: number) => {
  const bytes = new Uint8Array(32).fill(0xff);
  new DataView(bytes.buffer).setUint32(28, top, true);
  return bytes;
};

describe('SHA-256 constants', () => {
  it('are those of FIPS 180-4', () => {
    expect([K[0], K[1], K[63]]).toEqual([0x428a2f98, 0x71374491, 0xc67178f2]);
    expect([IV[0], IV[7]]).toEqual([0x6a09e667, 0x5be0cd19]);
  });

  it('give the hash of the empty text', () => {
    const block = new Uint8Array(64);
    block[0] = 0x80;
    expect(compress(IV, block)[0]).toBe(0xe3b0c442);
  });
});

describe.each(kernels)('$name kernel', (kernel) => {
  it.each([
    ['mainnet', 1231006505, 0x1d00ffff, 2083236893],
    ['testnet3', 1296688602, 0x1d00ffff, 414098458],
    ['signet', 1598918400, 0x1e0377ae, 52613770],
    ['regtest', 1296688602, 0x207fffff, 2],
  ])('finds the genesis block of %s', (_network, time, nbits, nonce) => {
    const first = Math.max(0, nonce - 500);
    expect(kernel.search(genesis(time, nbits), targetFromNbits(nbits), first, 1_000).nonces).toContain(nonce);
  });

  it('goes up to the last nonce and no further', () => {
    const header = genesis(1, 0x207fffff);
    const { nonces, tried } = kernel.search(header, target(0xffffffff), 2 ** 32 - 5, 5);
    expect(tried).toBe(5);
    expect(nonces).toEqual([0xfffffffb, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff]);
  });

  it('stops at the number of finds asked for', () => {
    const header = genesis(1, 0x207fffff);
    expect(kernel.search(header, target(0xffffffff), 10, 100, 3)).toEqual({ nonces: [10, 11, 12], tried: 3 });
    expect(kernel.search(header, target(0xffffffff), 10, 1_000).tried).toBe(64);
  });

  it('tries nothing when asked for nothing', () => {
    expect(kernel.search(genesis(1, 0), target(0), 7, 0)).toEqual({ nonces: [], tried: 0 });
  });

  it('leaves the header as it is', () => {
    const header = genesis(1, 0x207fffff);
    const before = header.slice();
    kernel.search(header, target(0), 0, 100);
    expect(header).toEqual(before);
  });
});

describe('kernels', () => {
  it('find the same nonces in any header, for any target and range', () => {
    const header = fc.uint8Array({ minLength: 80, maxLength: 80 });
    const top = fc.integer({ min: 0, max: 0x40000000 });
    const first = fc.integer({ min: 0, max: 0xffffffff });
    const [simd, portable] = kernels;
    fc.assert(
      fc.property(header, top, first, fc.nat(300), fc.nat(20), (bytes, word, firstNonce, count, maxFound) => {
        const range = Math.min(count, 2 ** 32 - firstNonce);
        const expected = portable!.search(bytes, target(word), firstNonce, range, maxFound);
        expect(simd!.search(bytes, target(word), firstNonce, range, maxFound)).toEqual(expected);
      }),
      { ...SEED, numRuns: 60 },
    );
  });

  it('report only nonces that meet the target', () => {
    const header = genesis(99, 0x1f00ffff);
    const easy = target(0x0000ffff);
    const { nonces, tried } = createSearchKernel().search(header, easy, 0, 300_000);
    expect(tried).toBe(300_000);
    expect(nonces.length).toBeGreaterThan(0);
    for (const nonce of nonces) {
      const solved = header.slice();
      new DataView(solved.buffer).setUint32(76, nonce, true);
      expect(meetsTarget(headerHash(solved), easy)).toBe(true);
    }
  });
});
