import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { BLOCK_TARGET, bodyOf, names, PoolHarness, prevHashOf, told } from './poolHarness.ts';
import type { MinedShare } from './strictClient.ts';

const STANDARD_JOBS = MINING_SETUP_FLAGS.requiresStandardJobs;

function opened(kind: 'standard' | 'extended', changes: Parameters<typeof PoolHarness.serving>[0] = {}) {
  const pool = PoolHarness.serving(changes);
  pool.connect(1, kind === 'standard' ? STANDARD_JOBS : 0);
  const messages = kind === 'standard' ? pool.openStandard(1) : pool.openExtended(1);
  const { value } = messages[0]!;
  if (!('channelId' in value)) throw new Error('refused');
  return { pool, channelId: value.channelId };
}

describe.each(['standard', 'extended'] as const)('shares on a %s channel', (kind) => {
  it('are acknowledged in batches', () => {
    const { pool, channelId } = opened(kind);
    let from = 0;
    for (let index = 0; index < 9; index++) {
      const share = pool.mine(1, channelId, 'share', from);
      from = share.nonce + 1;
      expect(pool.submit(1, share)).toEqual([]);
    }
    const messages = pool.submit(1, pool.mine(1, channelId, 'share', from));
    // Difficulty 2^-31 each: the sum is rounded up.
    expect(messages).toEqual([
      {
        name: 'SubmitShares.Success',
        value: { channelId, lastSequenceNumber: 9, newSubmitsAcceptedCount: 10, newSharesSum: 1n },
      },
    ]);
    expect(pool.eventsOf('share')).toHaveLength(10);
    expect(pool.eventsOf('share')[0]).toMatchObject({ connection: 1, channelId, work: 2n, worker: undefined });
  });

  it('are acknowledged after a time, however few', () => {
    const { pool, channelId } = opened(kind);
    pool.submit(1, pool.mine(1, channelId));
    pool.advance(4_999);
    expect(pool.take(1)).toEqual([]);
    pool.advance(1);
    expect(bodyOf(pool.take(1), 'SubmitShares.Success')).toMatchObject({
      lastSequenceNumber: 0,
      newSubmitsAcceptedCount: 1,
    });
  });

  it('are acknowledged behind a new job and behind a new tip', () => {
    const { pool, channelId } = opened(kind);
    const job = kind === 'standard' ? 'NewMiningJob' : 'NewExtendedMiningJob';
    pool.submit(1, pool.mine(1, channelId));
    pool.template({ templateId: 2n, futureTemplate: false });
    expect(names(pool.take(1))).toEqual([job, 'SubmitShares.Success']);
    pool.submit(1, pool.mine(1, channelId));
    pool.template({ templateId: 3n });
    pool.tip({ templateId: 3n, prevHash: prevHashOf(0xbb) });
    expect(names(pool.take(1))).toEqual([job, 'SetNewPrevHash', 'SubmitShares.Success']);
  });

  it('are acknowledged only when the ledger has them', () => {
    const { pool, channelId } = opened(kind, { shareBatchSize: 1 });
    pool.commits = false;
    const first = pool.mine(1, channelId);
    expect(pool.submit(1, first)).toEqual([]);
    expect(pool.submit(1, pool.mine(1, channelId, 'share', first.nonce + 1))).toEqual([]);
    pool.advance(40_000);
    expect(pool.take(1)).toEqual([]);
    const [one, two] = pool.uncommitted;
    // In the order they were made, whatever the ledger's order is.
    pool.input({ type: 'committed', batchId: two! });
    expect(pool.take(1)).toEqual([]);
    pool.input({ type: 'committed', batchId: one! });
    expect(names(pool.take(1))).toEqual(['SubmitShares.Success', 'SubmitShares.Success']);
    pool.input({ type: 'committed', batchId: one! });
    expect(pool.take(1)).toEqual([]);
  });

  it('that the ledger gave up are never acknowledged', () => {
    const { pool, channelId } = opened(kind, { shareBatchSize: 1 });
    pool.commits = false;
    pool.submit(1, pool.mine(1, channelId));
    pool.input({ type: 'abandoned', batchId: pool.uncommitted[0]! });
    expect(pool.take(1)).toEqual([]);
    expect(pool.core.uncommittedBatches).toBe(0);
  });

  const bad: readonly [string, (share: MinedShare, pool: PoolHarness) => MinedShare][] = [
    ['invalid-channel-id', (share) => ({ ...share, channelId: 99 })],
    ['invalid-job-id', (share) => ({ ...share, jobId: 99 })],
    ['invalid-share', (share) => ({ ...share, ntime: share.ntime - 1 })],
    ['invalid-share', (share) => ({ ...share, ntime: share.ntime + 7_201 })],
    ['invalid-non-rollable-version-bit', (share) => ({ ...share, version: share.version ^ 1 })],
    [
      'stale-share',
      (share, pool) => {
        pool.template({ templateId: 2n });
        pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
        return share;
      },
    ],
    [
      'duplicate-share',
      (share, pool) => {
        pool.submit(1, share);
        return { ...share, sequenceNumber: 77 };
      },
    ],
    ['difficulty-too-low', (share, pool) => pool.mine(1, share.channelId, 'miss')],
  ];
  it.each(bad)('are refused with %s', (errorCode, spoil) => {
    const { pool, channelId } = opened(kind);
    const share = spoil(pool.mine(1, channelId), pool);
    const messages = pool.submit(1, share);
    expect(messages).toContainEqual({
      name: 'SubmitShares.Error',
      value: { channelId: share.channelId, sequenceNumber: share.sequenceNumber, errorCode },
    });
    expect(pool.eventsOf('shareRejected').at(-1)).toMatchObject({ errorCode, connection: 1 });
  });

  it('roll version bits within BIP323', () => {
    const { pool, channelId } = opened(kind);
    const share = pool.mine(1, channelId);
    const [code] = told(pool.submit(1, { ...share, version: share.version ^ 0x1fffffe0 }));
    expect([undefined, 'SubmitShares.Error(difficulty-too-low)']).toContain(code);
  });

  it('that are blocks go to the template provider at once, before the answer', () => {
    const { pool, channelId } = opened(kind);
    const share = pool.mine(1, channelId, 'block');
    const outputs = pool.input({
      type: 'message',
      connection: 1,
      message: { name: kind === 'standard' ? 'SubmitSharesStandard' : 'SubmitSharesExtended', value: share },
      tlvs: [],
    });
    expect(outputs[0]?.type).toBe('template-send');
    const solution = pool.toProvider.findLast(({ name }) => name === 'SubmitSolution');
    expect(solution).toMatchObject({
      name: 'SubmitSolution',
      value: { templateId: 1n, version: share.version, headerTimestamp: share.ntime, headerNonce: share.nonce },
    });
    expect(pool.eventsOf('block')).toMatchObject([
      { height: 1000, templateId: 1n, submission: 'sent', foundBy: { connection: 1, channelId, accepted: true } },
    ]);
    expect(pool.eventsOf('share')).toHaveLength(1);
  });

  it('that are blocks are submitted whatever else is wrong, once', () => {
    const { pool, channelId } = opened(kind);
    const share = pool.mine(1, channelId, 'block');
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    expect(told(pool.submit(1, share))).toEqual(['SubmitShares.Error(stale-share)']);
    expect(pool.toProvider.filter(({ name }) => name === 'SubmitSolution')).toHaveLength(1);
    expect(pool.eventsOf('block')).toMatchObject([{ foundBy: { accepted: false } }]);
    pool.submit(1, share);
    expect(pool.toProvider.filter(({ name }) => name === 'SubmitSolution')).toHaveLength(1);
  });

  it('that are blocks are found on a channel that this side has closed', () => {
    const { pool, channelId } = opened(kind);
    const share = pool.mine(1, channelId, 'block');
    pool.input({ type: 'operation', operation: { type: 'closeChannel', connection: 1, channelId, reason: 'moved' } });
    expect(pool.take(1)).toEqual([{ name: 'CloseChannel', value: { channelId, reasonCode: 'moved' } }]);
    const name = kind === 'standard' ? 'SubmitSharesStandard' : 'SubmitSharesExtended';
    expect(told(pool.say(1, { name, value: share }))).toEqual(['SubmitShares.Error(invalid-channel-id)']);
    expect(pool.eventsOf('block')).toHaveLength(1);
    expect(pool.eventsOf('share')).toHaveLength(0);
  });
});

describe('shares in either form', () => {
  it('are taken on a standard channel', () => {
    const { pool, channelId } = opened('standard', { shareBatchSize: 1 });
    const share = pool.mine(1, channelId);
    expect(names(pool.say(1, { name: 'SubmitSharesExtended', value: share }))).toEqual(['SubmitShares.Success']);
  });

  it('lack the extranonce of an extended channel', () => {
    const { pool, channelId } = opened('extended');
    const { extranonce: _, ...share } = pool.mine(1, channelId);
    expect(told(pool.say(1, { name: 'SubmitSharesStandard', value: share }))).toEqual([
      'SubmitShares.Error(bad-extranonce-size)',
    ]);
  });

  it.each([3, 5])('are refused with an extranonce of %i bytes where 4 were agreed', (size) => {
    const { pool, channelId } = opened('extended');
    const share = { ...pool.mine(1, channelId), extranonce: new Uint8Array(size) };
    expect(told(pool.submit(1, share))).toEqual(['SubmitShares.Error(bad-extranonce-size)']);
  });
});

it('forbids version rolling where the pool does', () => {
  const { pool, channelId } = opened('extended', { versionRollingAllowed: false });
  pool.template({ templateId: 2n, futureTemplate: false });
  expect(bodyOf(pool.take(1), 'NewExtendedMiningJob').versionRollingAllowed).toBe(false);
  const share = pool.mine(1, channelId);
  expect(told(pool.submit(1, { ...share, version: share.version ^ 0x20 }))).toEqual([
    'SubmitShares.Error(version-rolling-not-allowed)',
  ]);
});

it('judges a share of a replaced job by the target that job had', () => {
  const { pool, channelId } = opened('standard', { shareBatchSize: 1 });
  const before = pool.mine(1, channelId);
  const harder = BLOCK_TARGET;
  pool.say(1, { name: 'UpdateChannel', value: { channelId, nominalHashRate: 0, maximumTarget: harder } });
  expect(names(pool.submit(1, before))).toEqual(['SubmitShares.Success']);
});
