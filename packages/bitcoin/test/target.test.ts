import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bigintToTarget,
  compareTargets,
  decodeNbits,
  difficultyFromTarget,
  hashrateFromTarget,
  isValidNbits,
  MAX_TARGET,
  meetsTarget,
  nbitsFromTarget,
  targetFromDifficulty,
  targetFromHashrate,
  targetFromNbits,
  targetToBigint,
  workFromTarget,
} from '../src/index.ts';
import { SEED } from './seed.ts';

const u256 = fc.bigInt({ min: 0n, max: MAX_TARGET });

describe('compact targets', () => {
  // The cases of Bitcoin Core's arith_uint256_tests.
  it.each([
    [0x00000000, 0n, 0],
    [0x00123456, 0n, 0],
    [0x01003456, 0n, 0],
    [0x02000056, 0n, 0],
    [0x03000000, 0n, 0],
    [0x04000000, 0n, 0],
    [0x00923456, 0n, 0],
    [0x01803456, 0n, 0],
    [0x02800056, 0n, 0],
    [0x03800000, 0n, 0],
    [0x04800000, 0n, 0],
    [0x01123456, 0x12n, 0x01120000],
    [0x02123456, 0x1234n, 0x02123400],
    [0x03123456, 0x123456n, 0x03123456],
    [0x04123456, 0x12345600n, 0x04123456],
    [0x05009234, 0x92340000n, 0x05009234],
    [0x20123456, 0x123456n << 232n, 0x20123456],
  ])('%i is %i and back', (nbits, value, back) => {
    expect(decodeNbits(nbits)).toEqual({ target: value, negative: false, overflow: false });
    expect(targetToBigint(targetFromNbits(nbits))).toBe(value);
    expect(nbitsFromTarget(targetFromNbits(nbits))).toBe(back);
  });

  it.each([0x01fedcba, 0x04923456])('%i is negative, so nothing meets it', (nbits) => {
    expect(decodeNbits(nbits).negative).toBe(true);
    expect(targetToBigint(targetFromNbits(nbits))).toBe(0n);
    expect(isValidNbits(nbits)).toBe(false);
  });

  it.each([0xff123456, 0x23000001, 0x22000100, 0x21010000])('%i overflows, so nothing meets it', (nbits) => {
    expect(decodeNbits(nbits).overflow).toBe(true);
    expect(targetToBigint(targetFromNbits(nbits))).toBe(0n);
    expect(isValidNbits(nbits)).toBe(false);
  });

  it.each([0x22000001, 0x21000100, 0x2000ffff])('%i is just within 256 bits', (nbits) => {
    expect(decodeNbits(nbits)).toMatchObject({ negative: false, overflow: false });
  });

  it('judges against the limit of a network', () => {
    const limit = targetToBigint(targetFromNbits(0x1d00ffff));
    expect(isValidNbits(0x1d00ffff, limit)).toBe(true);
    expect(isValidNbits(0x1d010000, limit)).toBe(false);
    expect(isValidNbits(0)).toBe(false);
  });

  it('round-trips from the compact side and rounds down from the other', () => {
    fc.assert(
      fc.property(u256, (value) => {
        const nbits = nbitsFromTarget(bigintToTarget(value));
        const rounded = targetToBigint(targetFromNbits(nbits));
        expect(rounded <= value).toBe(true);
        expect((value - rounded) << 15n <= value).toBe(true);
        expect(nbitsFromTarget(bigintToTarget(rounded))).toBe(nbits);
      }),
      { ...SEED, numRuns: 300 },
    );
  });
});

describe('targets', () => {
  it('compare as numbers', () => {
    fc.assert(
      fc.property(u256, u256, (a, b) => {
        expect(Math.sign(compareTargets(bigintToTarget(a), bigintToTarget(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect(meetsTarget(bigintToTarget(a), bigintToTarget(b))).toBe(a <= b);
        expect(meetsTarget(bigintToTarget(a), bigintToTarget(a))).toBe(true);
      }),
      SEED,
    );
  });

  it('convert to numbers from any place in a larger buffer', () => {
    const buffer = new Uint8Array(40);
    buffer[3] = 7;
    expect(targetToBigint(buffer.subarray(3, 35))).toBe(7n);
  });

  it.each([-1n, MAX_TARGET + 1n])('refuse %i', (value) => {
    expect(() => bigintToTarget(value)).toThrow(/2\^256/);
  });
});

describe('difficulty', () => {
  it('is what explorers show', () => {
    expect(difficultyFromTarget(targetFromNbits(0x1d00ffff))).toBe(1);
    expect(difficultyFromTarget(targetFromNbits(0x1b0404cb))).toBeCloseTo(16307.420938523983, 9);
    expect(difficultyFromTarget(targetFromNbits(0x207fffff))).toBeCloseTo(4.6565423739069247e-10, 20);
  });

  it('inverts to the last bits of a double', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e20, noNaN: true }), (difficulty) => {
        expect(difficultyFromTarget(targetFromDifficulty(difficulty)) / difficulty).toBeCloseTo(1, 12);
      }),
      SEED,
    );
    expect(targetToBigint(targetFromDifficulty(1))).toBe(0xffffn << 208n);
    expect(targetToBigint(targetFromDifficulty(0x10000))).toBe(0xffffn << 192n);
    expect(targetToBigint(targetFromDifficulty(Number.MIN_VALUE))).toBe(MAX_TARGET);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (difficulty) => {
    expect(() => targetFromDifficulty(difficulty)).toThrow(/above 0/);
  });

  it('work is the expected number of hashes', () => {
    expect(workFromTarget(bigintToTarget(MAX_TARGET))).toBe(1n);
    expect(workFromTarget(targetFromNbits(0x1d00ffff))).toBe(0x100010001n);
    expect(workFromTarget(targetFromNbits(0x207fffff))).toBe(2n);
    expect(workFromTarget(bigintToTarget(0n))).toBe(1n << 256n);
  });
});

describe('hashrate', () => {
  it('follows the formula of the reference', () => {
    // 1 TH/s at 6 shares a minute: h s = 10^13
    const expected = ((1n << 256n) - 1n - 10n ** 13n) / (10n ** 13n + 1n);
    expect(targetToBigint(targetFromHashrate(1e12, 6))).toBe(expected);
    expect(targetToBigint(targetFromHashrate(0, 6))).toBe(MAX_TARGET);
  });

  it('inverts', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e3, max: 1e21, noNaN: true }), fc.integer({ min: 1, max: 60 }), (rate, shares) => {
        expect(hashrateFromTarget(targetFromHashrate(rate, shares), shares) / rate).toBeCloseTo(1, 2);
      }),
      SEED,
    );
  });

  it.each([
    [Number.NaN, 6],
    [-1, 6],
    [Number.POSITIVE_INFINITY, 6],
    [1, 0],
    [1, Number.NaN],
  ])('refuses %d at %d shares', (rate, shares) => {
    expect(() => targetFromHashrate(rate, shares)).toThrow(/hashrate/);
  });

  it('keeps within 256 bits for absurd rates', () => {
    expect(targetToBigint(targetFromHashrate(1e300, 6))).toBe(0n);
  });
});
