import { bigintToTarget } from '@stratumkit/bitcoin';
import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AcceptedShare,
  createShareTarget,
  MemoryLedgerSink,
  ShareAccounting,
  type ShareAccountingOptions,
  ShareIdentities,
} from '../../src/index.ts';
import { BLOCK, later, NOW, onTip, SHARE, share, standardChannel } from '../fixtures.ts';

const DIFFICULTY_ONE = 0xffffn << 208n;

function accounting(changes: Partial<ShareAccountingOptions> = {}): ShareAccounting {
  return new ShareAccounting({
    channelId: 5,
    userIdentity: 'alice.rig',
    identities: new ShareIdentities(3, 'b007'),
    batchSize: 3,
    maxBatchDelayMs: 1000,
    ...changes,
  });
}

function accepted(
  sequenceNumber: number,
  target = createShareTarget(bigintToTarget(DIFFICULTY_ONE / 5n)),
): AcceptedShare {
  const { difficulty, difficultyFixed, work } = target;
  const hash = new Uint8Array(32).fill(sequenceNumber & 0xff);
  const common = { outcome: 'accepted', jobId: 1, templateId: 2n, late: false } as const;
  return { ...common, sequenceNumber, hash, difficulty, difficultyFixed, work };
}

describe('ShareAccounting', () => {
  it('acknowledges nothing before the ledger has committed it', () => {
    const account = accounting();
    expect(account.accept(accepted(7), NOW)).toBeUndefined();
    expect(account.accept(accepted(8), NOW, 'w1')).toBeUndefined();
    const batch = account.accept(accepted(9), NOW)!;
    expect(batch).toMatchObject({ batchId: 1, channelId: 5 });
    expect(batch.shares.map(({ sequenceNumber, identity, worker }) => [sequenceNumber, identity, worker])).toEqual([
      [7, { server: 3, boot: 'b007', sequence: 0n }, undefined],
      [8, { server: 3, boot: 'b007', sequence: 1n }, 'w1'],
      [9, { server: 3, boot: 'b007', sequence: 2n }, undefined],
    ]);
    expect(account.totals).toMatchObject({ accepted: 3, acknowledged: 0 });
    expect(account.committed(1)).toEqual([
      { channelId: 5, lastSequenceNumber: 9, newSubmitsAcceptedCount: 3, newSharesSum: 15n },
    ]);
    expect(account.totals).toMatchObject({ accepted: 3, acknowledged: 3 });
    expect(account.committed(1)).toEqual([]);
    expect(account.committed(99)).toEqual([]);
  });

  it('is full of batches that wait behind the oldest one, although the ledger has them', () => {
    const account = accounting({ batchSize: 1, maxUncommittedShares: 4 });
    const batches = [1, 2, 3, 4].map((sequenceNumber) => account.accept(accepted(sequenceNumber), NOW)!.batchId);
    for (const batchId of batches.slice(1)) expect(account.committed(batchId)).toEqual([]);
    expect(account.isFull).toBe(true);
    expect(account.totals).toMatchObject({ accepted: 4, acknowledged: 0 });
    expect(account.committed(batches[0]!)).toHaveLength(4);
    expect(account.isFull).toBe(false);
    expect(account.totals).toMatchObject({ accepted: 4, acknowledged: 4 });
  });

  it('starts each batch with counters of its own', () => {
    const account = accounting();
    for (const n of [1, 2, 3]) account.accept(accepted(n), NOW);
    account.accept(accepted(4), NOW);
    const batch = account.flush()!;
    account.committed(1);
    expect(account.committed(batch.batchId)).toEqual([
      { channelId: 5, lastSequenceNumber: 4, newSubmitsAcceptedCount: 1, newSharesSum: 5n },
    ]);
    expect(account.flush()).toBeUndefined();
  });

  it('acknowledges in order although the ledger commits out of order', () => {
    const account = accounting({ batchSize: 1 });
    for (const n of [1, 2, 3]) account.accept(accepted(n), NOW);
    expect(account.committed(3)).toEqual([]);
    expect(account.committed(3)).toEqual([]);
    expect(account.committed(2)).toEqual([]);
    expect(account.committed(1).map((success) => success.lastSequenceNumber)).toEqual([1, 2, 3]);
  });

  it('never acknowledges a batch that the ledger gave up', () => {
    const account = accounting({ batchSize: 1 });
    for (const n of [1, 2]) account.accept(accepted(n), NOW);
    account.committed(2);
    expect(account.abandoned(1).map((success) => success.lastSequenceNumber)).toEqual([2]);
    expect([account.abandoned(1), account.abandoned(2), account.committed(1)]).toEqual([[], [], []]);
    expect(account.totals).toMatchObject({ accepted: 2, acknowledged: 1, lost: 1 });
  });

  it('flushes by time, counted from the oldest share', () => {
    const account = accounting();
    expect(account.deadline).toBeUndefined();
    account.accept(accepted(1), later(0));
    account.accept(accepted(2), later(900));
    expect(account.deadline).toBe(later(1000).monotonicMs);
    expect(account.tick(later(999))).toBeUndefined();
    expect(account.tick(later(1000))?.shares).toHaveLength(2);
    expect(account.tick(later(5000))).toBeUndefined();
  });

  it('bounds what waits for the ledger', () => {
    const account = accounting({ maxUncommittedShares: 4 });
    for (const n of [1, 2, 3, 4]) {
      expect(account.isFull).toBe(false);
      account.accept(accepted(n), NOW);
    }
    expect(account.isFull).toBe(true);
    expect(() => account.accept(accepted(5), NOW)).toThrow(expect.objectContaining({ code: 'accounting-full' }));
    account.committed(1);
    expect(account.isFull).toBe(false);
  });

  it('counts rejects by code, blocks, exact work and the best hash', () => {
    const channel = onTip(standardChannel());
    const account = accounting();
    for (const nonce of [SHARE, SHARE, BLOCK, 0xff000000, 0xfe000000]) {
      const result = channel.validateShare(share(1, nonce), NOW);
      if (result.outcome === 'accepted') account.accept(result, NOW);
      else account.reject(result);
    }
    const totals = account.totals;
    expect(totals).toMatchObject({
      accepted: 2,
      blocks: 1,
      rejected: { 'duplicate-share': 1, 'difficulty-too-low': 2 },
      work: 2n * channel.target.work,
    });
    expect(totals.bestHash?.[31]).toBe(0x0f);
    expect(totals.bestDifficulty).toBeGreaterThan(0);
    expect(accounting().totals).toMatchObject({ bestHash: undefined, bestDifficulty: 0, work: 0n });
  });

  it('sums difficulties below 1 without ever falling behind the client, or a unit ahead of it', () => {
    const target = fc.bigInt({ min: 1n << 200n, max: (1n << 256n) - 1n });
    fc.assert(
      fc.property(fc.array(target, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (values, size) => {
        const account = accounting({ batchSize: size });
        let exact = 0n;
        let told = 0n;
        for (const value of values) {
          const shareTarget = createShareTarget(bigintToTarget(value));
          exact += shareTarget.difficultyFixed;
          const batch = account.accept(accepted(1, shareTarget), NOW);
          if (batch === undefined) continue;
          for (const { newSharesSum } of account.committed(batch.batchId)) told += newSharesSum << 64n;
          expect(told).toBeGreaterThanOrEqual(exact);
          expect(told - exact).toBeLessThan(1n << 64n);
        }
      }),
      { seed: SEED },
    );
  });

  it('stays within a U64', () => {
    const account = accounting({ batchSize: 1 });
    const hardest = createShareTarget(bigintToTarget(1n));
    for (const n of [1, 2]) account.accept(accepted(n, hardest), NOW);
    expect(account.committed(1)[0]?.newSharesSum).toBe(2n ** 64n - 1n);
  });
});

describe('MemoryLedgerSink', () => {
  it('commits at once, each share once, and keeps the newest ones', () => {
    const sink = new MemoryLedgerSink(4);
    const account = accounting({ batchSize: 2 });
    for (let n = 0; n < 40; n++) {
      const batch = account.accept(accepted(n), NOW);
      if (batch === undefined) continue;
      sink.commit(batch);
      sink.commit(batch);
      for (const batchId of sink.takeCommitted()) account.committed(batchId);
      expect(sink.shares.length).toBeLessThanOrEqual(8);
      expect(sink.shares.at(-1)?.sequenceNumber).toBe(n);
    }
    expect(account.totals.acknowledged).toBe(40);
    expect(new Set(sink.shares.map(({ sequenceNumber }) => sequenceNumber)).size).toBe(sink.shares.length);
    expect(sink.takeCommitted()).toEqual([]);
  });
});
