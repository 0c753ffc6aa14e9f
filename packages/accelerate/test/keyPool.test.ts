import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fastCrypto, KeyPool } from '../src/index.ts';
import { hex, seededRandom } from './support.ts';

describe('KeyPool', () => {
  it('gives each key once, and makes one when it has none', () => {
    const pool = new KeyPool({ crypto: fastCrypto, random: seededRandom('pool'), size: 3 });
    expect(pool.available).toBe(0);
    expect(pool.refill()).toBe(false);
    expect(pool.refill(10)).toBe(true);
    expect(pool.available).toBe(3);
    const other = seededRandom('other');
    const keys = Array.from({ length: 5 }, () => hex(pool.crypto.createKeyPair(other).secretKey));
    expect(new Set(keys).size).toBe(5);
    expect(pool.available).toBe(0);
    expect(keys[3]).toBe(hex(fastCrypto.createKeyPair(seededRandom('other')).secretKey));
  });

  it('leaves the other operations as they are', () => {
    const pool = new KeyPool({ crypto: fastCrypto, random: seededRandom('pool'), size: 1 });
    expect({ ...pool.crypto, createKeyPair: fastCrypto.createKeyPair }).toEqual(fastCrypto);
  });

  it('is refilled until it need not be any more', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const pool = new KeyPool({ crypto: fastCrypto, random: seededRandom('pool'), size: 6 });
    const stop = pool.keepFilled();
    expect(pool.available).toBe(0);
    vi.advanceTimersByTime(100);
    expect(pool.available).toBe(4);
    vi.advanceTimersByTime(1_000);
    expect(pool.available).toBe(6);
    stop();
    pool.crypto.createKeyPair(seededRandom('other'));
    vi.advanceTimersByTime(1_000);
    expect(pool.available).toBe(5);
  });

  it.each([0, -1, 1.5])('has no size %d', (size) => {
    expect(() => new KeyPool({ crypto: fastCrypto, random: seededRandom('x'), size })).toThrow('at least one pair');
  });
});
