import { bigintToTarget, targetFromNbits, targetToBigint, workFromTarget } from '@stratumkit/bitcoin';
import { BlockPacer, type BlockPacerOptions, REGTEST_NBITS } from '@stratumkit/regtest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const at = (monotonicMs: number) => ({ monotonicMs, unixSeconds: 0 });
const OPTIONS: BlockPacerOptions = {
  blockIntervalSeconds: 10,
  expectedHashrate: 1_000_000,
  maximumTarget: targetFromNbits(REGTEST_NBITS),
};

/** Expected seconds of the next block, in percent of the interval. */
const pace = (pacer: BlockPacer, hashrate: number) => Math.round(Number(workFromTarget(pacer.target)) / hashrate / 0.1);

describe('BlockPacer', () => {
  it('begins with the expected hashrate', () => {
    expect(pace(new BlockPacer(OPTIONS, at(0)), 1_000_000)).toBe(100);
  });

  it('stays when blocks come on time', () => {
    const pacer = new BlockPacer(OPTIONS, at(0));
    for (let block = 1; block <= 20; block++) pacer.solved(at(block * 10_000));
    expect(pace(pacer, 1_000_000)).toBe(100);
  });

  it.each([0.02, 0.2, 5, 100])('finds a hashrate %d times the expected one', (factor) => {
    const hashrate = 1_000_000 * factor;
    const pacer = new BlockPacer(OPTIONS, at(0));
    let now = 0;
    for (let block = 0; block < 40; block++) {
      now += (Number(workFromTarget(pacer.target)) / hashrate) * 1_000;
      pacer.solved(at(now));
    }
    expect(pace(pacer, hashrate)).toBeGreaterThan(85);
    expect(pace(pacer, hashrate)).toBeLessThan(115);
  });

  it('eases a target whose block is overdue, at the deadline and not before', () => {
    const pacer = new BlockPacer({ ...OPTIONS, overdueIntervals: 5 }, at(0));
    const before = targetToBigint(pacer.target);
    expect(pacer.deadline).toBe(50_000);
    expect(pacer.tick(at(49_999))).toBe(false);
    expect(pacer.tick(at(50_000))).toBe(true);
    expect(targetToBigint(pacer.target)).toBeGreaterThan(before);
    expect(pacer.deadline).toBe(100_000);
  });

  it('does not hold a pause against the target, nor eases for ever', () => {
    const pacer = new BlockPacer({ ...OPTIONS, overdueIntervals: 5 }, at(0));
    pacer.resume(at(3_600_000));
    expect(pacer.tick(at(3_649_999))).toBe(false);
    for (let i = 0; i < 5_000; i++) pacer.tick(at(pacer.deadline));
    expect(pacer.hashrate).toBeCloseTo(1_000_000 / 256);
    expect(pacer.tick(at(pacer.deadline))).toBe(false);
  });

  it('never exceeds the target of nbits nor jumps further than its step', () => {
    const maximumTarget = bigintToTarget((1n << 255n) - 1n);
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e12, noNaN: true }),
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 1_000_000 })), { maxLength: 30 }),
        (expectedHashrate, steps) => {
          const pacer = new BlockPacer({ ...OPTIONS, maximumTarget, expectedHashrate, maximumStep: 4 }, at(0));
          let now = 0;
          for (const [solved, elapsed] of steps) {
            const { hashrate } = pacer;
            now += elapsed;
            if (solved) pacer.solved(at(now));
            else pacer.tick(at(now));
            expect(pacer.hashrate).toBeLessThanOrEqual(hashrate * 4);
            expect(pacer.hashrate).toBeGreaterThanOrEqual(Math.max(1, hashrate / 4));
            expect(targetToBigint(pacer.target)).toBeLessThanOrEqual(targetToBigint(maximumTarget));
            expect(targetToBigint(pacer.target)).toBeGreaterThan(0n);
          }
        },
      ),
      { seed: Number(process.env.FC_SEED ?? 42), numRuns: 100 },
    );
  });
});
