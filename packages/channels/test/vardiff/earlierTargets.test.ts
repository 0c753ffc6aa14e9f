import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EarlierTargets } from '../../src/vardiff/earlierTargets.ts';
import { HashratePosterior } from '../../src/vardiff/hashratePosterior.ts';

const SHARES_PER_MINUTE = 6;
const MINUTE = 60_000;
const MAX_TARGETS = 8;

const posterior = () => new HashratePosterior(320);
const quantiles = (belief: HashratePosterior) => [0.1, 0.5, 0.9].map((q) => belief.quantile(q));

describe('earlier targets', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('are evidence up to their newest share', () => {
    const earlier = new EarlierTargets(SHARES_PER_MINUTE);
    const supposed = posterior();
    earlier.push(100n, 320, supposed, 0);
    supposed.update(0, 1, 300, SHARES_PER_MINUTE);
    expect(earlier.take()).toBeUndefined();
    for (const ms of [10_000, 20_000, 30_000]) earlier.accepted(100n, ms);
    const { posterior: believed, atMs } = earlier.take()!;
    const direct = posterior();
    direct.update(3, 0.5, 320, SHARES_PER_MINUTE);
    expect([atMs, ...quantiles(believed)]).toEqual([30_000, ...quantiles(direct)]);
    expect(earlier.take()).toBeUndefined();
  });

  it('are over with the first share of a later one', () => {
    const earlier = new EarlierTargets(SHARES_PER_MINUTE);
    earlier.push(100n, 320, posterior(), 0);
    earlier.push(50n, 312, posterior(), 10_000);
    earlier.accepted(50n, 15_000);
    expect(earlier.take()?.atMs).toBe(15_000);
    earlier.accepted(100n, 16_000);
    expect(earlier.take()).toBeUndefined();
    expect(earlier.isOpen).toBe(true);
    earlier.settle();
    earlier.accepted(50n, 17_000);
    expect([earlier.isOpen, earlier.take()]).toEqual([false, undefined]);
  });

  it('tell how long the client takes to switch, and forget it', () => {
    const earlier = new EarlierTargets(SHARES_PER_MINUTE);
    for (const [lateMs, lagMs] of [
      [12_000, 12_000],
      [3_000, 6_000],
      [3_600_000, 30_000],
    ] as const) {
      earlier.push(100n, 320, posterior(), 0);
      earlier.accepted(100n, lateMs);
      expect(earlier.lagMs).toBe(lagMs);
      earlier.take();
      earlier.settle();
    }
    expect(earlier.lagMs).toBe(15_000);
  });

  it('are no more than eight', () => {
    const earlier = new EarlierTargets(SHARES_PER_MINUTE);
    for (let n = 0; n <= MAX_TARGETS; n++) earlier.push(BigInt(n), 320, posterior(), n);
    earlier.accepted(0n, MINUTE);
    expect(earlier.take()).toBeUndefined();
    earlier.accepted(1n, MINUTE);
    expect(earlier.take()).toBeDefined();
  });

  it('count each share and each moment once', () => {
    const update = vi.spyOn(HashratePosterior.prototype, 'update');
    const action = fc.record({
      type: fc.constantFrom('share', 'share', 'share', 'push', 'take'),
      target: fc.nat(MAX_TARGETS - 1),
      waitMs: fc.nat(20_000),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        update.mockClear();
        const earlier = new EarlierTargets(SHARES_PER_MINUTE);
        let ms = 0;
        let pushed = 0;
        let oldest = 0;
        let counted = 0;
        let lastMs: number | undefined;
        let firstMs = 0;
        for (const { type, target, waitMs } of actions) {
          ms += waitMs;
          if (type === 'take') earlier.take();
          else if (type === 'push' && pushed < MAX_TARGETS) {
            if (pushed === 0) firstMs = ms;
            earlier.push(BigInt(pushed++), 320, posterior(), ms);
          } else if (type === 'share') {
            earlier.accepted(BigInt(target), ms);
            if (target >= pushed || target < oldest) continue;
            oldest = target;
            lastMs = ms;
            counted++;
          }
        }
        earlier.take();
        expect(update.mock.calls.reduce((sum, [shares]) => sum + shares, 0)).toBe(counted);
        const minutes = update.mock.calls.reduce((sum, call) => sum + call[1], 0);
        expect(minutes * MINUTE).toBeCloseTo((lastMs ?? firstMs) - firstMs, 3);
      }),
      { seed: SEED },
    );
  });
});
