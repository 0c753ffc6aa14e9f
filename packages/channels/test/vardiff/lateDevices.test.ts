import { describe, expect, it } from 'vitest';
import { highest, longestAbove, ratioAt, type Scenario, simulate, type Trace } from './monteCarlo.ts';
import { algorithms, CLAIM, SHARES_PER_MINUTE } from './table.ts';

const SEEDS = 100;
const MINUTE = 60_000;
/** The largest step to an easier target, and what the one before may have been off. */
const EASIEST = 9;

const traces = (scenario: Scenario) =>
  Array.from({ length: SEEDS }, (_, seed) => simulate(algorithms.posterior, SHARES_PER_MINUTE, scenario, seed + 1));
const percent = <T>(all: readonly T[], passes: (each: T) => boolean) => (100 * all.filter(passes).length) / all.length;

function endsNear(trace: Trace): boolean {
  const ratio = ratioAt(trace, trace.endMs);
  return ratio > 1 / 1.5 && ratio < 1.5;
}

describe.each([2_000, 10_000, 20_000])('vardiff with devices that go on with an old job for %i ms', (latencyMs) => {
  it.each([
    { name: 'steady', scenario: { hashrate: CLAIM, endMs: 30 * MINUTE } },
    { name: 'x10', scenario: { hashrate: CLAIM, step: { atMs: 10 * MINUTE, factor: 10 }, endMs: 25 * MINUTE } },
    { name: '1,000 times too easy', scenario: { hashrate: 1000 * CLAIM, endMs: 15 * MINUTE } },
  ])('does not take them for dead: $name', ({ scenario }) => {
    const all = traces({ ...scenario, latencyMs });
    const fromMs = (scenario.step?.atMs ?? 0) + (scenario.hashrate > CLAIM ? 3 : 0.5) * MINUTE;
    expect(percent(all, (trace) => highest(trace, fromMs) <= EASIEST)).toBeGreaterThanOrEqual(95);
    for (const trace of all) {
      expect(highest(trace, fromMs)).toBeLessThanOrEqual(EASIEST ** 2);
      expect(longestAbove(trace, 10)).toBeLessThanOrEqual(30_000);
    }
    expect(percent(all, endsNear)).toBeGreaterThanOrEqual(95);
  });
});

describe('vardiff with devices that were stopped', () => {
  it.each([5, 15, 30])('for %i s', (seconds) => {
    const atMs = 10 * MINUTE;
    const all = traces({ hashrate: CLAIM, silence: { atMs, endMs: atMs + seconds * 1000 }, endMs: 20 * MINUTE });
    for (const trace of all) {
      expect(highest(trace, atMs)).toBeLessThanOrEqual(EASIEST);
      expect(longestAbove(trace, 10)).toBe(0);
    }
    expect(percent(all, endsNear)).toBeGreaterThanOrEqual(95);
  });
});
