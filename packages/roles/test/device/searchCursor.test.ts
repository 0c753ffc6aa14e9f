import { decodeHeader, displayHash, VERSION_ROLLING_MASK } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import { type ActiveWork, merkleRootOf, SearchCursor, type SearchOrder, versionMaskOf } from '../../src/index.ts';

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const at = (monotonicMs: number, unixSeconds = 2_000_000_000) => ({ monotonicMs, unixSeconds });
const ALL = 2 ** 32;

const work = (extranonceSize: number, change: Partial<ActiveWork> = {}): ActiveWork => ({
  channelId: 1,
  job: {
    jobId: 3,
    version: 0x20000000,
    versionRollingAllowed: true,
    source:
      extranonceSize === 0
        ? { type: 'root', merkleRoot: bytes(32, 6) }
        : { type: 'coinbase', merklePath: [], coinbasePrefix: bytes(9, 1), coinbaseSuffix: bytes(9, 2) },
    extranoncePrefix: bytes(4, 7),
  },
  tip: { prevHash: bytes(32, 9), nbits: 0x207fffff, minNtime: 1_000, receivedMs: 0 },
  minNtime: 1_000,
  target: bytes(32, 0xff),
  extranonceSize,
  ...change,
});
const order = (change: Partial<SearchOrder> = {}): SearchOrder => ({
  orderId: 1,
  work: work(0),
  versionMask: 0,
  firstVariant: 0,
  ...change,
});

describe('SearchCursor', () => {
  it('hands out the nonces of one header one after another', () => {
    const cursor = new SearchCursor(order());
    const first = cursor.take(1_000, at(0))!;
    expect(first).toMatchObject({ orderId: 1, jobId: 3, firstNonce: 0, nonceCount: 1_000, ntime: 1_000 });
    expect(decodeHeader(first.header)).toEqual({
      version: 0x20000000,
      prevHash: bytes(32, 9),
      merkleRoot: bytes(32, 6),
      time: 1_000,
      nbits: 0x207fffff,
      nonce: 0,
    });
    expect(cursor.take(ALL, at(999))).toMatchObject({ firstNonce: 1_000, nonceCount: ALL - 1_000 });
  });

  it('without anything to roll waits for the next second', () => {
    const cursor = new SearchCursor(order());
    cursor.take(ALL, at(0));
    expect(cursor.take(1, at(999))).toBeUndefined();
    expect(cursor.take(1, at(1_000))).toMatchObject({ ntime: 1_001, firstNonce: 0 });
    cursor.take(ALL, at(1_000));
    expect(cursor.take(1, at(1_000))).toBeUndefined();
  });

  it('rolls the version within its mask, then the extranonce, and repeats no header', () => {
    const versionMask = 0x00000060;
    const cursor = new SearchCursor(order({ work: work(1), versionMask, firstVariant: 2 }));
    const seen = new Set<string>();
    const versions = new Set<number>();
    for (let i = 0; i < 4 * 256; i++) {
      const chunk = cursor.take(ALL, at(500))!;
      seen.add(displayHash(chunk.header));
      versions.add(chunk.version);
      expect((chunk.version ^ 0x20000000) & ~versionMask).toBe(0);
      expect(decodeHeader(chunk.header).merkleRoot).toEqual(merkleRootOf(cursor.order.work.job, chunk.extranonce));
    }
    expect(seen.size).toBe(1024);
    expect(versions).toEqual(new Set([0x20000040, 0x20000060, 0x20000000, 0x20000020]));
    expect(cursor.take(1, at(999))).toBeUndefined();
    expect(cursor.take(1, at(1_000))).toBeDefined();
  });

  it('starts every second with another version and another extranonce', () => {
    const cursor = new SearchCursor(
      order({ work: work(2), versionMask: VERSION_ROLLING_MASK, firstVariant: 2 ** 24 - 1 }),
    );
    const chunks = [0, 1_000, 2_000].map((time) => cursor.take(10, at(time))!);
    expect(chunks.map((chunk) => chunk.version)).toEqual([0x3fffffe0, 0x20000000, 0x20000020]);
    expect(chunks.map((chunk) => [...chunk.extranonce])).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    expect(chunks.map((chunk) => chunk.ntime)).toEqual([1_000, 1_001, 1_002]);
  });

  it('keeps the time within consensus, whatever the clocks do', () => {
    const cursor = new SearchCursor(order());
    expect(cursor.take(1, at(3_600_000 * 3, 1_000))!.ntime).toBe(1_000 + 7_200);
    expect(cursor.take(1, at(0, 0))!.ntime).toBe(1_000 + 7_200);
    const late = new SearchCursor(
      order({ work: work(0, { tip: { ...work(0).tip, minNtime: 0xffffffff }, minNtime: 0xffffffff }) }),
    );
    expect(late.take(1, at(60_000))!.ntime).toBe(0xffffffff);
  });

  it('goes on where the last one stood when a job is repeated under another id', () => {
    const first = new SearchCursor(order({ work: work(1) }));
    first.take(1_000, at(0));
    const repeated = { ...first.order.work, job: { ...first.order.work.job, jobId: 4 } };
    const second = new SearchCursor(order({ orderId: 2, work: repeated }), first);
    expect(second.take(5, at(0))).toMatchObject({ orderId: 2, jobId: 4, firstNonce: 1_000 });
    const other = { ...repeated, job: { ...repeated.job, extranoncePrefix: bytes(4, 8) } };
    expect(new SearchCursor(order({ work: other }), second).take(5, at(0))).toMatchObject({ firstNonce: 0 });
  });

  it('rolls versions only where job and device allow it', () => {
    expect(versionMaskOf(work(0), true)).toBe(VERSION_ROLLING_MASK);
    expect(versionMaskOf(work(0), false)).toBe(0);
    const fixed = work(0);
    expect(versionMaskOf({ ...fixed, job: { ...fixed.job, versionRollingAllowed: false } }, true)).toBe(0);
  });
});
