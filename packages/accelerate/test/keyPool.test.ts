import { describe, expect, it } from 'vitest';
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

  it.each([0, -1, 1.5])('has no size %d', (size) => {
    expect(() => new KeyPool({ crypto: fastCrypto, random: seededRandom('x'), size })).toThrow('at least one pair');
  });
});
