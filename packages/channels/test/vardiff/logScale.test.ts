import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expNegative, hashrateToSteps, powerOfTwo, STEP_LN, stepsToHashrate } from '../../src/vardiff/logScale.ts';

describe('the logarithmic scale', () => {
  it('is made of eighths of an octave', () => {
    for (let steps = -80; steps <= 560; steps++) expect(stepsToHashrate(steps) / 2 ** (steps / 8)).toBeCloseTo(1, 14);
    expect(8 * STEP_LN).toBeCloseTo(Math.LN2, 15);
    expect([powerOfTwo(0), powerOfTwo(70), powerOfTwo(-70)]).toEqual([1, 2 ** 70, 2 ** -70]);
  });

  it('goes there and back', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1e30, noNaN: true }), (hashrate) => {
        const steps = hashrateToSteps(hashrate);
        expect(stepsToHashrate(steps) / hashrate).toBeCloseTo(1, 12);
        expect(Math.abs(steps - 8 * Math.log2(hashrate))).toBeLessThan(0.02);
      }),
      { seed: SEED },
    );
  });

  it('has an exponential of its own', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 60, noNaN: true }), (x) => {
        expect(Math.abs(expNegative(x) / Math.exp(-x) - 1)).toBeLessThan(1e-13);
      }),
      { seed: SEED },
    );
    expect([0, 1e4, Number.POSITIVE_INFINITY, Number.NaN].map(expNegative)).toEqual([1, 0, 0, 0]);
  });
});
