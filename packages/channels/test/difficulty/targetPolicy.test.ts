import { bigintToTarget, compareTargets, MAX_TARGET, targetFromHashrate } from '@stratumkit/bitcoin';
import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseTarget, createShareTarget, type TargetPolicy } from '../../src/index.ts';

const ANY = bigintToTarget(MAX_TARGET);
const policy: TargetPolicy = {
  sharesPerMinute: 6,
  easiestTarget: targetFromHashrate(1e3, 6),
  hardestTarget: targetFromHashrate(1e15, 6),
};

describe('the first target', () => {
  it('makes the wanted share rate of the claimed hashrate', () => {
    expect(chooseTarget(policy, 1e12, ANY)).toEqual({ outcome: 'chosen', target: targetFromHashrate(1e12, 6) });
  });

  it.each([0, -0, 1e-45, 999])('is the easiest one for %d hashes a second', (hashrate) => {
    expect(chooseTarget(policy, hashrate, ANY)).toEqual({ outcome: 'chosen', target: policy.easiestTarget });
  });

  it.each([1e16, 3.4e38, Number.MAX_VALUE])('is the hardest one for %d hashes a second', (hashrate) => {
    expect(chooseTarget(policy, hashrate, ANY)).toEqual({ outcome: 'chosen', target: policy.hardestTarget });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1e-45, -1])(
    'is refused for %d hashes a second',
    (hashrate) => {
      expect(chooseTarget(policy, hashrate, ANY)).toEqual({
        outcome: 'refused',
        errorCode: 'invalid-nominal-hashrate',
      });
    },
  );

  it('is not above the client max_target', () => {
    const maxTarget = targetFromHashrate(1e13, 6);
    expect(chooseTarget(policy, 1e12, maxTarget)).toEqual({ outcome: 'chosen', target: maxTarget });
    expect(chooseTarget(policy, 0, policy.hardestTarget)).toEqual({
      outcome: 'chosen',
      target: policy.hardestTarget,
    });
  });

  it('is refused if only an impossible one would do', () => {
    const refused = { outcome: 'refused', errorCode: 'max-target-out-of-range' };
    expect(chooseTarget(policy, 1e12, new Uint8Array(32))).toEqual(refused);
    expect(chooseTarget(policy, 1e12, targetFromHashrate(1.001e15, 6))).toEqual(refused);
  });

  it('is always within all bounds', () => {
    const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: 0 });
    fc.assert(
      fc.property(float, fc.uint8Array({ minLength: 32, maxLength: 32 }), (hashrate, maxTarget) => {
        const choice = chooseTarget(policy, hashrate, maxTarget);
        if (choice.outcome === 'refused') {
          expect(compareTargets(maxTarget, policy.hardestTarget)).toBeLessThan(0);
          return;
        }
        expect(compareTargets(choice.target, maxTarget)).toBeLessThanOrEqual(0);
        expect(compareTargets(choice.target, policy.easiestTarget)).toBeLessThanOrEqual(0);
        expect(compareTargets(choice.target, policy.hardestTarget)).toBeGreaterThanOrEqual(0);
      }),
      { seed: SEED },
    );
  });
});

it('a share target is a copy with its exact difficulty', () => {
  const bytes = bigintToTarget(0xffffn << 208n);
  const target = createShareTarget(bytes);
  bytes.fill(0);
  expect(target.target).toEqual(bigintToTarget(0xffffn << 208n));
  expect(target.difficulty).toBe(1);
  expect(target.difficultyFixed).toBe(1n << 64n);
  expect(target.work).toBe(0x100010001n);
  expect(createShareTarget(ANY).difficultyFixed).toBe(0xffff0000n);
});
