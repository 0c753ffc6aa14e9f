import { meetsTarget, targetFromHashrate } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../src/core/eventQueue.ts';
import { exponential, logarithm } from '../src/core/exponential.ts';
import { Prng } from '../src/core/prng.ts';
import { createCheapWork } from '../src/pow/aimedHash.ts';

describe('Prng', () => {
  it('gives the same stream for the same seed and label, and another for others', () => {
    const draw = (random: Prng) => Array.from({ length: 8 }, () => random.uint32());
    expect(draw(new Prng(7, 'a'))).toEqual(draw(new Prng(7, 'a')));
    expect(draw(new Prng(7, 'a'))).not.toEqual(draw(new Prng(7, 'b')));
    expect(draw(new Prng(7, 'a'))).not.toEqual(draw(new Prng(8, 'a')));
    expect(draw(new Prng(2 ** 40 + 7))).not.toEqual(draw(new Prng(7)));
  });

  it('never changes: a seed that was written down stays good', () => {
    const random = new Prng(1, 'golden');
    expect([random.uint32(), random.uint32(), random.below(1_000), random.fork('x').uint32()]).toMatchInlineSnapshot(`
      [
        2432406138,
        421650608,
        260,
        68488786,
      ]
    `);
  });

  it('is even', () => {
    const random = new Prng(3);
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) counts[random.below(16)]!++;
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(6 * Math.sqrt(1_000));
  });
});

describe('EventQueue', () => {
  it('hands out by time, and in the order of adding at the same time', () => {
    const random = new Prng(5);
    const queue = new EventQueue();
    const expected = Array.from({ length: 3_000 }, (_, order) => ({ atMs: random.below(50), order }));
    const seen: { atMs: number; order: number }[] = [];
    for (const entry of expected) queue.add(entry.atMs, () => seen.push(entry));
    for (let next = queue.take(); next !== undefined; next = queue.take()) next();
    expect(seen).toEqual(expected.sort((a, b) => a.atMs - b.atMs || a.order - b.order));
    expect(queue.size).toBe(0);
  });
});

describe('exponential', () => {
  it('has a logarithm as good as the machine has', () => {
    for (const value of [1, 2, 3, 10, 12_345, 2 ** 31 + 1, 2 ** 32])
      expect(Math.abs(logarithm(value) - Math.log(value))).toBeLessThan(1e-13);
  });

  it('has the mean and the deviation of an exponential distribution', () => {
    const random = new Prng(9);
    const draws = Array.from({ length: 20_000 }, () => exponential(random, 10));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - 10)).toBeLessThan(0.4);
    expect(Math.abs(Math.sqrt(variance) - 10)).toBeLessThan(0.6);
  });
});

describe('the cheap proof of work', () => {
  const { hash, aim } = createCheapWork();

  it('finds a nonce that meets the target', () => {
    const random = new Prng(11);
    for (const hashrate of [1, 1e3, 1e6, 3e7]) {
      const target = targetFromHashrate(hashrate, 6);
      for (let i = 0; i < 50; i++) {
        const header = random.bytes(80);
        const nonce = aim!(header, target, random)!;
        new DataView(header.buffer).setUint32(76, nonce, true);
        expect(meetsTarget(hash.sha256d(header), target)).toBe(true);
      }
    }
  });

  it('draws evenly, so that harder targets are met as often as they should be', () => {
    const random = new Prng(13);
    const target = targetFromHashrate(1e6, 6);
    const tenth = targetFromHashrate(1e7, 6);
    let hits = 0;
    for (let i = 0; i < 5_000; i++) {
      const header = random.bytes(80);
      new DataView(header.buffer).setUint32(76, aim!(header, target, random)!, true);
      if (meetsTarget(hash.sha256d(header), tenth)) hits++;
    }
    expect(Math.abs(hits - 500)).toBeLessThan(6 * Math.sqrt(450));
  });

  it('hashes a pair like the two side by side', () => {
    const random = new Prng(15);
    const [left, right] = [random.bytes(32), random.bytes(32)];
    expect(hash.sha256dPair(left, right)).toEqual(hash.sha256d(new Uint8Array([...left, ...right])));
  });
});
