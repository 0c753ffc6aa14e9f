import { describe, expect, it } from 'vitest';
import { formatHashrate, parseHashrate } from '../src/index.ts';

describe('hashrate', () => {
  it.each([
    ['200k', 200_000],
    ['1M', 1_000_000],
    ['1.5g', 1_500_000_000],
    [' 3 MH/s ', 3_000_000],
    ['1', 1],
    ['2T', 2e12],
  ])('%s is %d', (text, value) => {
    expect(parseHashrate(text)).toBe(value);
  });

  it.each(['', '0', '-1', '1x', 'fast', '1e6', '0.5'])('%j is refused', (text) => {
    expect(() => parseHashrate(text)).toThrow(/200k/);
  });

  it.each([
    [0, '0 H/s'],
    [999, '999 H/s'],
    [999.9, '1 kH/s'],
    [1_250_000, '1.25 MH/s'],
    [3e15, '3000 TH/s'],
  ])('%d is shown as %s', (value, text) => {
    expect(formatHashrate(value)).toBe(text);
  });
});
