import { describe, expect, it } from 'vitest';
import { rpcErrorOf, shareOf, shareVersion } from '../src/index.ts';

describe('the version of a share', () => {
  const terms = { jobVersion: 0x20e00000, mask: 0x1fffe000 };

  it.each([
    ['nothing said', undefined, 0x20e00000],
    ['no bit of the mask', 0, 0x20000000],
    ['some', 0x00002000, 0x20002000],
    ['all', 0x1fffe000, 0x3fffe000],
    ['one below the mask', 0x00001000, undefined],
    ['one above it', 0x20000000, undefined],
    ['the sign', 0x80000000, undefined],
  ])('with %s', (_, bits, version) => {
    expect(shareVersion(bits, terms)).toBe(version);
  });

  it('stays unsigned, and that of the job where nothing may be rolled', () => {
    expect(shareVersion(0, { jobVersion: 0xe0000000, mask: 0x1fffe000 })).toBe(0xe0000000);
    expect(shareVersion(0, { jobVersion: 0x20e00000, mask: 0 })).toBe(0x20e00000);
    expect(shareVersion(0x2000, { jobVersion: 0x20e00000, mask: 0 })).toBeUndefined();
  });
});

it('is handed in as it came', () => {
  const extranonce2 = Uint8Array.of(1, 2);
  expect(shareOf({ extranonce2, ntime: 3, nonce: 4 }, 5, 6)).toEqual({
    sequenceNumber: 0,
    jobId: 5,
    version: 6,
    ntime: 3,
    nonce: 4,
    extranonce: extranonce2,
  });
});

it.each([
  ['stale-share', 21],
  ['invalid-job-id', 21],
  ['duplicate-share', 22],
  ['difficulty-too-low', 23],
  ['bad-extranonce-size', 20],
  ['version-rolling-not-allowed', 20],
  ['invalid-non-rollable-version-bit', 20],
  ['invalid-share', 20],
] as const)('%s is told as %i', (code, rpcCode) => {
  const { code: told, message } = rpcErrorOf(code);
  expect(told).toBe(rpcCode);
  expect(message).not.toBe('');
});
