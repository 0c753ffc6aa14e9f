import { describe, expect, it } from 'vitest';
import { HashScheduler } from '../src/search/hashScheduler.ts';

/** Plays one worker of a given speed for a time and returns what every device got. */
function play(scheduler: HashScheduler, devices: number, workerPerMs: number, untilMs: number, fromMs = 0): number[] {
  const hashes = new Array<number>(devices).fill(0);
  let now = fromMs;
  while (now < untilMs) {
    const slice = scheduler.next(now);
    if (slice === undefined) {
      now = Math.max(now + 1, scheduler.nextDueMs ?? untilMs);
      continue;
    }
    const elapsed = slice.count / workerPerMs;
    now += elapsed;
    hashes[slice.device]! += slice.count;
    scheduler.done(slice.device, slice.count, elapsed, now);
  }
  return hashes;
}

function enabled(rates: readonly (number | undefined)[]): HashScheduler {
  const scheduler = new HashScheduler(rates);
  rates.forEach((_, index) => {
    scheduler.setEnabled(index, true, 0);
  });
  return scheduler;
}

describe('HashScheduler', () => {
  it('keeps a device at its hashrate', () => {
    const [hashes] = play(enabled([200_000]), 1, 3_000, 60_000);
    expect(hashes! / 60).toBeGreaterThan(195_000);
    expect(hashes! / 60).toBeLessThan(205_000);
  });

  it('keeps many devices at theirs', () => {
    const hashes = play(enabled([10_000, 100_000, 500_000]), 3, 3_000, 60_000).map((each) => each / 60);
    expect(hashes[0]).toBeCloseTo(10_000, -4);
    expect(hashes[1]! / 100_000).toBeCloseTo(1, 1);
    expect(hashes[2]! / 500_000).toBeCloseTo(1, 1);
  });

  it('gives unlimited devices all there is, in equal parts', () => {
    const hashes = play(enabled([undefined, undefined]), 2, 3_000, 10_000);
    expect((hashes[0]! + hashes[1]!) / 10_000).toBeCloseTo(3_000, -2);
    expect(hashes[0]! / hashes[1]!).toBeCloseTo(1, 1);
  });

  it('shares what there is when the workers cannot keep up', () => {
    const hashes = play(enabled([4e6, 4e6]), 2, 3_000, 10_000);
    expect(hashes[0]! / hashes[1]!).toBeCloseTo(1, 0);
  });

  it('gives nothing to a device without work, and lets it save up nothing', () => {
    const scheduler = new HashScheduler([1_000_000, 1_000_000]);
    scheduler.setEnabled(0, true, 0);
    expect(play(scheduler, 2, 3_000, 1_000)[1]).toBe(0);
    scheduler.setEnabled(1, true, 100_000);
    expect(play(scheduler, 2, 3_000, 101_000, 100_000)[1]).toBeLessThan(1_100_000);
  });

  it('gives a device one slice at a time', () => {
    const scheduler = enabled([undefined]);
    expect(scheduler.next(0)).toMatchObject({ device: 0 });
    expect(scheduler.next(0)).toBeUndefined();
    expect(scheduler.nextDueMs).toBeUndefined();
    scheduler.exhausted(0, 0);
    expect(scheduler.next(99)).toBeUndefined();
    expect(scheduler.nextDueMs).toBe(100);
    expect(scheduler.next(100)).toBeDefined();
  });
});
