import {
  bigintToTarget,
  compareTargets,
  difficultyFromTarget,
  MAX_TARGET,
  targetFromHashrate,
  workFromTarget,
} from '@stratumkit/bitcoin';
import { type Now, UsageError } from '@stratumkit/codec';
import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Vardiff, type VardiffOptions } from '../../src/index.ts';
import { type Retargeter, simulate } from './monteCarlo.ts';
import { CLAIM, judge, SHARES_PER_MINUTE } from './table.ts';

const at = (ms: number): Now => ({ monotonicMs: ms, unixSeconds: ms / 1000 });
const ANY = bigintToTarget(MAX_TARGET);

function vardiff(changes: Partial<VardiffOptions> = {}): Vardiff {
  return new Vardiff(
    { sharesPerMinute: 6, minHashrate: 1e6, maxHashrate: 1e18, nominalHashrate: CLAIM, ...changes },
    at(0),
  );
}

describe('Vardiff', () => {
  it('reaches every figure on a few seeds', () => {
    const { figures, longestFloodMs } = judge('posterior', 20);
    for (const { row, check, percent } of figures) expect([row, check, percent >= 80]).toEqual([row, check, true]);
    expect(longestFloodMs).toBeLessThanOrEqual(30_000);
  });

  it('makes the same decisions on every machine', () => {
    const targets: string[] = [];
    const create = (now: Now): Retargeter => {
      const machine = vardiff({ nominalHashrate: 1e9 });
      void now;
      return machine;
    };
    for (const seed of [1, 2, 3]) {
      const trace = simulate(create, SHARES_PER_MINUTE, { hashrate: CLAIM, endMs: 600_000 }, seed);
      targets.push(...trace.points.map(({ ms, ratio }) => `${ms.toFixed(3)} ${ratio.toPrecision(12)}`));
    }
    expect(targets).toMatchSnapshot();
  });

  it('begins with the target of the claim', () => {
    const exact = difficultyFromTarget(targetFromHashrate(CLAIM, 6));
    expect(Math.abs(difficultyFromTarget(vardiff().target) / exact - 1)).toBeLessThan(1e-9);
    expect(Math.abs(vardiff().hashrate / CLAIM - 1)).toBeLessThan(0.05);
    for (const nominalHashrate of [0, -0, 1, 1e6])
      expect(vardiff({ nominalHashrate }).target).toEqual(vardiff({ nominalHashrate: 1e6 }).target);
    expect(vardiff({ nominalHashrate: 3e38 }).target).toEqual(vardiff({ nominalHashrate: 1e18 }).target);
  });

  it('learns nothing from shares of jobs with another target', () => {
    const machine = vardiff();
    for (let n = 0; n < 1000; n++) expect(machine.accepted(workFromTarget(machine.target) + 1n, at(n))).toBeUndefined();
    expect(machine.tick(at(machine.deadline))).toBeUndefined();
    expect(machine.hashrate).toBeLessThan(2 * CLAIM);
  });

  it('looks only when it is time', () => {
    const machine = vardiff({ retargetIntervalMs: 20_000 });
    expect(machine.deadline).toBe(10_000);
    machine.tick(at(9_999));
    expect(machine.deadline).toBe(10_000);
    machine.tick(at(10_000));
    expect(machine.deadline).toBe(20_000);
  });

  it('honours a smaller max_target at once, and never leaves it', () => {
    const machine = vardiff();
    const harder = targetFromHashrate(8 * CLAIM, 6);
    expect(machine.update(CLAIM, harder, at(1000))).toEqual(harder);
    expect(machine.target).toEqual(harder);
    expect(machine.update(CLAIM, harder, at(2000))).toBeUndefined();
    for (let ms = 2000; ms < 3_600_000; ms = machine.deadline) expect(machine.tick(at(ms))).toBeUndefined();
    expect(machine.target).toEqual(harder);
  });

  it('follows a claim that changed', () => {
    const machine = vardiff();
    for (let ms = 0; ms < 600_000; ms += 10_000) {
      machine.accepted(workFromTarget(machine.target), at(ms));
      machine.tick(at(ms));
    }
    expect(machine.update(100 * CLAIM, ANY, at(600_000))).toBeUndefined();
    let sets = 0;
    for (let ms = 600_000; ms < 660_000; ms += 1000) {
      for (let n = 0; n < 10; n++) if (machine.accepted(workFromTarget(machine.target), at(ms)) !== undefined) sets++;
      if (machine.tick(at(ms)) !== undefined) sets++;
    }
    expect(sets).toBeGreaterThan(0);
    expect(machine.hashrate).toBeGreaterThan(30 * CLAIM);
  });

  it('goes down to its bound without shares, and stays silent there', () => {
    const machine = vardiff();
    const sets: number[] = [];
    for (let ms = 0; ms < 7_200_000; ms = machine.deadline) if (machine.tick(at(ms)) !== undefined) sets.push(ms);
    expect(machine.target).toEqual(vardiff({ nominalHashrate: 0 }).target);
    expect(sets.at(-1)).toBeLessThan(600_000);
    expect(sets.length).toBeLessThan(40);
  });

  it('goes up to its bound under any flood, and stays silent there', () => {
    const machine = vardiff();
    let sets = 0;
    for (let ms = 0; ms < 120_000; ms += 5)
      if ((machine.accepted(workFromTarget(machine.target), at(ms)) ?? machine.tick(at(ms))) !== undefined) sets++;
    expect(machine.target).toEqual(vardiff({ nominalHashrate: 1e18 }).target);
    expect(sets).toBeLessThan(40);
  });

  it.each([
    { sharesPerMinute: 0 },
    { sharesPerMinute: Number.NaN },
    { minHashrate: 0 },
    { minHashrate: 2, maxHashrate: 1 },
    { maxHashrate: Number.POSITIVE_INFINITY },
  ])('refuses %o', (options) => {
    expect(() => vardiff(options)).toThrow(UsageError);
  });

  it('keeps its bounds and its spacing whatever happens', () => {
    const step = fc.oneof(
      { weight: 10, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
      { weight: 10, arbitrary: fc.record({ type: fc.constant('shares' as const), count: fc.nat(50) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          type: fc.constant('update' as const),
          hashrate: fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }),
          maxTarget: fc.bigInt({ min: 1n << 150n, max: MAX_TARGET }),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const machine = vardiff();
        let maxTarget = ANY;
        let ms = 0;
        let last = Number.NEGATIVE_INFINITY;
        const check = (target: Uint8Array | undefined, spacing: number) => {
          if (target === undefined) return;
          expect(ms - last).toBeGreaterThanOrEqual(spacing);
          last = ms;
        };
        for (const action of steps) {
          if (action.type === 'wait') {
            ms += action.ms;
            check(machine.tick(at(ms)), 2000);
          } else if (action.type === 'shares')
            for (let n = 0; n < action.count; n++)
              check(machine.accepted(workFromTarget(machine.target), at(ms)), 2000);
          else {
            maxTarget = bigintToTarget(action.maxTarget);
            check(machine.update(action.hashrate, maxTarget, at(ms)), 0);
          }
          expect(compareTargets(machine.target, maxTarget)).toBeLessThanOrEqual(0);
          expect(compareTargets(machine.target, targetFromHashrate(0.99e6, 6))).toBeLessThanOrEqual(0);
          expect(Number.isFinite(machine.hashrate) && machine.hashrate > 0).toBe(true);
        }
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});
