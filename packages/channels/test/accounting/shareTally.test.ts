import { bigintToTarget } from '@stratumkit/bitcoin';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASHRATE_WINDOWS, HashrateMeter, type HashrateWindow, ShareTally } from '../../src/index.ts';

const MINUTE = 60_000;
const windows = Object.keys(HASHRATE_WINDOWS) as HashrateWindow[];

/** Adds `rate` hashes a second in shares that come each `everyMs`. */
function mine(meter: HashrateMeter, rate: number, fromMs: number, toMs: number, everyMs = 1_000): void {
  for (let ms = fromMs + everyMs; ms <= toMs; ms += everyMs) meter.add(BigInt((rate * everyMs) / 1_000), ms);
}

describe('a hashrate meter', () => {
  it.each([
    ['the first ten minutes', 10 * MINUTE, ['1m', '10m', '1h']],
    ['more than a day', 30 * 60 * MINUTE, windows],
  ] as const)('measures a steady rate over %s', (_, length, measured) => {
    const meter = new HashrateMeter(7);
    mine(meter, 5_000_000, 7, 7 + length);
    const rates = meter.rates(7 + length);
    for (const window of measured) {
      expect(rates[window]).toBeGreaterThan(4_500_000);
      expect(rates[window]).toBeLessThan(5_500_000);
    }
  });

  it('forgets what is older than its window, and nothing younger than eleven twelfths of it', () => {
    const meter = new HashrateMeter(0);
    meter.add(60_000_000n, 1);
    const rates = (ms: number) => windows.map((window) => meter.rates(ms)[window] > 0);
    expect(rates(55 * 1_000)).toEqual([true, true, true, true]);
    expect(rates(60 * 1_000)).toEqual([false, true, true, true]);
    expect(rates(10 * MINUTE)).toEqual([false, false, true, true]);
    expect(rates(60 * MINUTE)).toEqual([false, false, false, true]);
    expect(rates(24 * 60 * MINUTE)).toEqual([false, false, false, false]);
  });

  it('follows a step within its window', () => {
    const meter = new HashrateMeter(0);
    mine(meter, 1_000, 0, 20 * MINUTE);
    mine(meter, 10_000, 20 * MINUTE, 21 * MINUTE);
    const rates = meter.rates(21 * MINUTE);
    expect(rates['1m']).toBeGreaterThan(9_000);
    expect(rates['10m']).toBeLessThan(2_500);
  });

  it('is 0 without a share, and takes a clock that stands still', () => {
    const meter = new HashrateMeter(5);
    expect(Object.values(meter.rates(5))).toEqual([0, 0, 0, 0]);
    meter.add(5_000n, 5);
    // One bucket of five seconds is the least it divides by.
    expect(meter.rates(5)['1m']).toBe(1_000);
  });
});

describe('a tally', () => {
  it('sums exactly where a float would drift, and knows the best hash', () => {
    const work = fc.bigInt(1n, 1n << 90n);
    fc.assert(
      fc.property(fc.array(fc.tuple(work, fc.bigInt(1n, (1n << 255n) - 1n)), { maxLength: 200 }), (shares) => {
        const tally = new ShareTally(0);
        for (const [each, hash] of shares) tally.accept({ hash: bigintToTarget(hash), work: each, late: false }, 1);
        expect(tally.work).toBe(shares.reduce((sum, [each]) => sum + each, 0n));
        expect(tally.accepted).toBe(shares.length);
        const difficulties = shares.map(([, hash]) => Number(0xffffn << 208n) / Number(hash));
        expect(tally.bestDifficulty).toBe(Math.max(0, ...difficulties));
      }),
      propertyOptions(50),
    );
  });

  it('counts rejects by code, late shares and blocks', () => {
    const tally = new ShareTally(0);
    for (const code of ['stale-share', 'duplicate-share', 'stale-share']) tally.reject(code);
    tally.accept({ hash: bigintToTarget(9n), work: 4n, late: true }, 3);
    tally.found();
    expect([...tally.rejected]).toEqual([
      ['stale-share', 2],
      ['duplicate-share', 1],
    ]);
    expect(tally).toMatchObject({ accepted: 1, late: 1, blocks: 1, work: 4n, lastShareMs: 3 });
  });
});
