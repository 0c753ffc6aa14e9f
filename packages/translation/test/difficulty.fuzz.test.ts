import { bigintToTarget, compareTargets, difficultyFromTarget, targetFromDifficulty } from '@stratumkit/bitcoin';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toldDifficulty } from '../src/index.ts';

const difficulty = fc.double({ min: -30, max: 60, noNaN: true }).map((exponent) => 2 ** exponent);
const isPowerOfTwo = (value: number) => 2 ** Math.round(Math.log2(value)) === value;

it('is a whole power of two from 1 up, exact below 1, and judged by its own target', () => {
  fc.assert(
    fc.property(difficulty, fc.constantFrom('down', 'nearest', 'up'), (wanted, rounding) => {
      const target = targetFromDifficulty(wanted);
      const told = toldDifficulty(target, rounding as 'down' | 'nearest' | 'up');
      expect(told.target).toEqual(targetFromDifficulty(told.difficulty));
      if (told.difficulty >= 1) expect(Number.isInteger(told.difficulty) && isPowerOfTwo(told.difficulty)).toBe(true);
      else expect(told.difficulty).toBe(difficultyFromTarget(target));
      const order = compareTargets(told.target, target);
      if (rounding === 'nearest') {
        const ratio = told.difficulty / wanted;
        expect(Math.max(ratio, 1 / ratio)).toBeLessThanOrEqual(Math.SQRT2 * 1.0001);
      } else if (told.difficulty >= 1) expect(rounding === 'down' ? order >= 0 : order <= 0).toBe(true);
    }),
    propertyOptions(),
  );
});

it('survives what is no sensible target', () => {
  for (const value of [1n, 2n, (1n << 256n) - 1n]) {
    const { difficulty: told, target } = toldDifficulty(bigintToTarget(value));
    expect(Number.isFinite(told) && told > 0).toBe(true);
    expect(compareTargets(target, new Uint8Array(32))).toBeGreaterThan(0);
  }
  expect(toldDifficulty(targetFromDifficulty(1 - 1e-12)).difficulty).toBe(1);
  expect(toldDifficulty(targetFromDifficulty(0.75)).difficulty).toBe(0.75);
});
