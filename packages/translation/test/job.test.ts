import { describe, expect, it } from 'vitest';
import { formatJobId, localJob, notifyOf, parseJobId, upstreamExtranonce } from '../src/index.ts';

const PARTS = {
  version: 0x20000000,
  versionRollingAllowed: true,
  merklePath: [new Uint8Array(32).fill(5)],
  coinbasePrefix: Uint8Array.of(1, 2),
  extranoncePrefix: Uint8Array.of(0xaa, 0xbb),
  coinbaseSuffix: Uint8Array.of(3),
};

describe('a job for miners', () => {
  it('ends its first half with the upstream’s prefix and what nobody rolls', () => {
    expect(localJob(PARTS, 0, 1).coinbasePrefix).toEqual(Uint8Array.of(1, 2, 0xaa, 0xbb));
    expect(localJob(PARTS, 3, 1).coinbasePrefix).toEqual(Uint8Array.of(1, 2, 0xaa, 0xbb, 0, 0, 0));
    expect(upstreamExtranonce(3, Uint8Array.of(7, 8), Uint8Array.of(9))).toEqual(Uint8Array.of(0, 0, 0, 7, 8, 9));
  });

  it('keeps hashes in wire order; the line reverses the words of prevhash', () => {
    const prevHash = Uint8Array.from({ length: 32 }, (_, index) => index);
    expect(notifyOf(localJob(PARTS, 0, 26), { prevHash, nbits: 0x1d00ffff }, 7, false)).toEqual({
      jobId: '1a',
      prevHash,
      coinbase1: Uint8Array.of(1, 2, 0xaa, 0xbb),
      coinbase2: Uint8Array.of(3),
      merklePath: PARTS.merklePath,
      version: 0x20000000,
      nbits: 0x1d00ffff,
      ntime: 7,
      cleanJobs: false,
    });
  });
});

describe('a job id', () => {
  it.each([0, 1, 15, 16, 0xdeadbeef, 0xffffffff])('%i comes back', (jobId) => {
    expect(parseJobId(formatJobId(jobId))).toBe(jobId);
  });

  it.each(['', '00', '01', 'A', 'g', '-1', '0x1', '100000000', ' 1', '1 ', '1e3x', '__proto__'])(
    'is never %j',
    (text) => {
      expect(parseJobId(text)).toBeUndefined();
    },
  );
});
