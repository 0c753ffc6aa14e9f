import { bigintToTarget, compareTargets, targetFromDifficulty } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { FakeClock } from '@stratumkit/testing';
import { toldDifficulty } from '@stratumkit/translation';
import { describe, expect, it } from 'vitest';
import { ratioAt, simulate } from '../../../channels/test/vardiff/monteCarlo.ts';
import { MinerDifficulty } from '../../src/translator/minerDifficulty.ts';
import { CLAIMED_HASHRATE, percentKnowable, placeBetweenPowers, ToldRetargeter } from './toldTable.ts';
import { connected } from './translatorNetwork.ts';

const OPTIONS = { sharesPerMinute: 6, minerHashrate: 1e13, vardiff: true };
const FACTOR = 8;

const judgedBy = (difficulty: number) => {
  const target = targetFromDifficulty(difficulty);
  return { target, told: toldDifficulty(target, 'down') };
};
/** Harder than anything here: what is told is what is wanted. */
const HARD = judgedBy(2 ** 50);

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

const MINUTE = 60_000;
const SEEDS = 60;

/** Miners at every place between two powers of two, so many times as fast as they are taken for. */
function mine(claimed: number, factor: number, endMs: number) {
  return Array.from({ length: SEEDS }, (_, seed) => {
    const start = claimed * placeBetweenPowers(seed);
    const hashrate = start * factor;
    let retargeter!: ToldRetargeter;
    const create = (now: Now) => {
      retargeter = new ToldRetargeter(start, seed, now);
      return retargeter;
    };
    const trace = simulate(create, OPTIONS.sharesPerMinute, { hashrate, endMs }, seed);
    return { told: retargeter.all, ratio: ratioAt(trace, endMs), estimate: retargeter.difficulty.hashrate / hashrate };
  });
}

const within = (factor: number) => (ratio: number) => ratio >= 1 / factor && ratio <= factor;
/** Fewer than this of all seeds lie 4 standard deviations below what is to be expected. */
const fewest = (percent: number) =>
  Math.floor((SEEDS * percent) / 100 - 4 * Math.sqrt((SEEDS * percent * (100 - percent)) / 1e4));

describe('the difficulty of a miner', () => {
  it.each([1, 30, 1 / 30])(
    'is a power of two within 1.5 of its hashrate if it is %d times as fast as taken for',
    (factor) => {
      const miners = mine(CLAIMED_HASHRATE, factor, 15 * MINUTE);
      expect(miners.flatMap(({ told }) => told).filter((told) => !isPowerOfTwo(told))).toEqual([]);
      // 15 minutes have 90 shares without the search.
      const near = miners.filter(({ ratio }) => within(1.5)(ratio));
      expect(near.length).toBeGreaterThanOrEqual(fewest(percentKnowable(90)));
      for (const { ratio, estimate } of miners) {
        expect(within(1.5 * 1.5)(ratio)).toBe(true);
        expect(within(1.5)(estimate)).toBe(true);
      }
    },
  );

  it('is exact below 1', () => {
    const miners = mine(1e7, 1, 15 * MINUTE);
    for (const { told } of miners) for (const each of told) expect(each).toBeLessThan(1);
    const last = miners.map(({ told }) => told.at(-1)!);
    expect(last.filter(isPowerOfTwo)).toEqual([]);
    expect(miners.filter(({ ratio }) => within(1.5)(ratio)).length).toBeGreaterThanOrEqual(fewest(95));
  });

  it('is not harder than what the upstream credits, unless that were a flood', () => {
    const { now } = new FakeClock();
    const difficulty = new MinerDifficulty(OPTIONS, now);
    const wanted = difficulty.forJob(HARD, FACTOR).difficulty;
    expect(difficulty.forJob(judgedBy(wanted * 2), FACTOR).difficulty).toBe(wanted);
    expect(difficulty.forJob(judgedBy(wanted), FACTOR).difficulty).toBe(wanted);
    // Rounded down: what is told is never harder than the upstream's.
    expect(difficulty.forJob(judgedBy(wanted / 3), FACTOR).difficulty).toBe(wanted / 4);
    expect(difficulty.forJob(judgedBy(wanted / 100), FACTOR).difficulty).toBe(wanted);
  });

  it('learns from a miner that goes on with a job of its earlier difficulty', () => {
    const clock = new FakeClock();
    const create = () => {
      const difficulty = new MinerDifficulty(OPTIONS, clock.now);
      difficulty.resume(clock.now);
      return difficulty;
    };
    const [late, silent] = [create(), create()];
    const first = late.forJob(HARD, FACTOR);
    const wait = () => {
      clock.advance(5_000);
      for (const difficulty of [late, silent]) difficulty.tick(clock.now);
    };
    while (late.forJob(HARD, FACTOR).difficulty === first.difficulty) wait();
    expect(late.forJob(HARD, FACTOR).difficulty).toBeLessThan(first.difficulty);
    for (let n = 0; n < 4; n++) {
      expect(late.accepted(first.target, first.target, clock.now)).toBe(false);
      wait();
    }
    expect(late.hashrate).toBeGreaterThan(2 * silent.hashrate);
  });

  it('is the upstream’s without vardiff', () => {
    const { now } = new FakeClock();
    const difficulty = new MinerDifficulty({ ...OPTIONS, vardiff: false }, now);
    expect(difficulty.forJob(judgedBy(1_000), FACTOR).difficulty).toBe(512);
    expect(difficulty.forJob(judgedBy(0.3), FACTOR).difficulty).toBe(0.3);
    expect(difficulty.suggest(targetFromDifficulty(7), true, now)).toBe(false);
    expect(difficulty.accepted(new Uint8Array(32), targetFromDifficulty(1), now)).toBe(false);
    expect(difficulty.dueMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('is never below the operator’s minimum, which hardware rentals ask for', () => {
    const { now } = new FakeClock();
    for (const vardiff of [true, false]) {
      const difficulty = new MinerDifficulty({ ...OPTIONS, minerHashrate: 1e9, vardiff, minDifficulty: 500_000 }, now);
      expect(difficulty.forJob(judgedBy(1), FACTOR).difficulty).toBe(524_288);
    }
  });

  it('begins with the miner’s wish, and keeps a strict one', () => {
    const { now } = new FakeClock();
    const difficulty = new MinerDifficulty(OPTIONS, now);
    expect(difficulty.suggest(targetFromDifficulty(1_000), false, now)).toBe(true);
    difficulty.resume(now);
    expect(difficulty.forJob(HARD, FACTOR).difficulty).toBe(1_024);
    expect(difficulty.claimedHashrate).toBeLessThanOrEqual(OPTIONS.minerHashrate);
    difficulty.suggest(targetFromDifficulty(3_000), true, now);
    expect(difficulty.forJob(HARD, FACTOR).difficulty).toBe(4_096);
    difficulty.suggest(targetFromDifficulty(1), false, now);
    expect(difficulty.forJob(HARD, FACTOR).difficulty).toBe(4_096);
  });

  it('survives any wish', () => {
    const { now } = new FakeClock();
    for (const strict of [true, false]) {
      for (const target of [bigintToTarget(1n), new Uint8Array(32).fill(0xff), targetFromDifficulty(1e300)]) {
        const difficulty = new MinerDifficulty(OPTIONS, now);
        difficulty.suggest(target, strict, now);
        const told = difficulty.forJob(HARD, FACTOR);
        expect(Number.isFinite(told.difficulty) && told.difficulty > 0).toBe(true);
        expect(compareTargets(told.target, new Uint8Array(32))).toBeGreaterThan(0);
        expect(difficulty.claimedHashrate).toBeLessThanOrEqual(OPTIONS.minerHashrate);
      }
    }
  });

  it('knows nothing of a time without work', () => {
    const clock = new FakeClock();
    const difficulty = new MinerDifficulty(OPTIONS, clock.now);
    difficulty.resume(clock.now);
    const told = difficulty.forJob(HARD, FACTOR);
    for (let count = 0; count < 60; count++) difficulty.accepted(told.target, told.target, clock.advance(10_000));
    const before = difficulty.hashrate;
    difficulty.pause(clock.now);
    clock.advance(3_600_000);
    difficulty.resume(clock.now);
    expect(difficulty.hashrate / before).toBeGreaterThan(0.8);
    expect(difficulty.hashrate / before).toBeLessThan(1.25);
  });
});

describe('a difficulty that changes', () => {
  it('comes before a job that is not clean, and holds from that job on', () => {
    // Ten times as fast as it is taken for.
    const { network, miner } = connected({}, { hashrate: 50 });
    network.run(60);
    const { lines } = miner;
    const changes = lines.flatMap((line, index) => (line.includes('"method":"mining.set_difficulty"') ? [index] : []));
    expect(changes.length).toBeGreaterThan(1);
    for (const index of changes) expect(lines[index + 1]).toContain('mining.notify');
    for (const index of changes.slice(1)) expect(lines[index + 1]).toMatch(/(false|true)\]\}$/);
    expect(miner.refusals).toEqual([]);
    expect(miner.accepted).toBeGreaterThan(10);
  });
});
