import { encodeText } from '@stratumkit/codec';
import type { TlvField } from '@stratumkit/framing';
import { USER_IDENTITY_TLV } from '@stratumkit/messages/extensions';
import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { bodyOf, IDLE_DEADLINE_MS, names, PoolHarness, prevHashOf, told } from './poolHarness.ts';

const { extensionType, fieldType } = USER_IDENTITY_TLV;
const workerTlv = (name: string): TlvField => ({ extensionType, fieldType, value: encodeText(name) });

describe('workers of a channel', () => {
  it('are named in shares, rejects and blocks', () => {
    const pool = PoolHarness.serving();
    const { channelId } = bodyOf(pool.connect(1, 0, [2]).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.submit(1, pool.mine(1, channelId), [workerTlv('rig-1')]);
    pool.submit(1, pool.mine(1, channelId, 'miss'), [workerTlv('rig-2')]);
    pool.submit(1, pool.mine(1, channelId, 'block'), [workerTlv('rig-1')]);
    expect(pool.eventsOf('share').map(({ worker }) => worker)).toEqual(['rig-1', 'rig-1']);
    expect(pool.eventsOf('shareRejected').map(({ worker }) => worker)).toEqual(['rig-2']);
    expect(pool.eventsOf('block')[0]?.foundBy.worker).toBe('rig-1');
    expect(pool.eventsOf('workerSeen').map(({ worker }) => worker)).toEqual(['rig-1', 'rig-2']);
  });

  it('are told apart up to a limit', () => {
    const pool = PoolHarness.serving({ limits: { maxWorkersPerChannel: 3 } });
    const { channelId } = bodyOf(pool.connect(1, 0, [2]).openExtended(1), 'OpenExtendedMiningChannel.Success');
    let from = 0;
    for (let index = 0; index < 6; index++) {
      const share = pool.mine(1, channelId, 'share', from);
      from = share.nonce + 1;
      pool.submit(1, share, [workerTlv(`rig-${index}`)]);
    }
    expect(pool.eventsOf('workerSeen')).toHaveLength(3);
    expect(pool.eventsOf('share').map(({ worker }) => worker)).toEqual([
      'rig-0',
      'rig-1',
      'rig-2',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('channels closed by this side', () => {
  it('are searched for blocks up to a limit, and until the next tip', () => {
    const pool = PoolHarness.serving({ limits: { maxClosedChannels: 2 } });
    pool.connect(1, MINING_SETUP_FLAGS.requiresStandardJobs);
    const shares = [0, 1, 2].map(() => {
      const { channelId } = bodyOf(pool.openStandard(1), 'OpenStandardMiningChannel.Success');
      return pool.mine(1, channelId, 'block');
    });
    for (const { channelId } of shares)
      pool.input({ type: 'operation', operation: { type: 'closeChannel', connection: 1, channelId, reason: 'x' } });
    const submit = (index: number) => pool.say(1, { name: 'SubmitSharesStandard', value: shares[index]! });
    expect(told(submit(0))).toEqual(['SubmitShares.Error(invalid-channel-id)']);
    expect(told(submit(1))).toEqual(['SubmitShares.Error(invalid-channel-id)']);
    expect(pool.eventsOf('block')).toHaveLength(1);
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    submit(2);
    expect(pool.eventsOf('block')).toHaveLength(1);
  });
});

describe('a ledger that falls behind', () => {
  it('ends the connection when too many shares wait, rather than crediting without a record', () => {
    const pool = PoolHarness.serving({ shareBatchSize: 5_000 });
    const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.commits = false;
    let from = 0;
    for (let index = 0; index < 10_000; index++) {
      const share = pool.mine(1, channelId, 'share', from);
      from = share.nonce + 1;
      pool.submit(1, share);
    }
    expect(pool.closed.size).toBe(0);
    pool.submit(1, pool.mine(1, channelId, 'share', from));
    expect(pool.closed.get(1)).toBe('ledger-behind');
    expect(pool.eventsOf('share')).toHaveLength(10_000);
  });

  it('remembers no more batches than the limit, however many connections come with a share and go', () => {
    const pool = PoolHarness.serving({ shareBatchSize: 1, limits: { maxUncommittedBatches: 5 } });
    pool.commits = false;
    const shareOf = (connection: number) => {
      const { channelId } = bodyOf(
        pool.connect(connection).openExtended(connection),
        'OpenExtendedMiningChannel.Success',
      );
      pool.submit(connection, pool.mine(connection, channelId));
      return pool.closed.get(connection);
    };
    for (let connection = 1; connection <= 8; connection++) {
      expect(shareOf(connection)).toBe(connection <= 5 ? undefined : 'ledger-behind');
      pool.input({ type: 'disconnected', connection });
    }
    expect(pool.core.uncommittedBatches).toBe(5);
    for (const batchId of pool.uncommitted) pool.input({ type: 'committed', batchId });
    expect(pool.core.uncommittedBatches).toBe(0);
    expect(shareOf(9)).toBeUndefined();
  });
});

it('hears nothing from connections it does not know', () => {
  const pool = PoolHarness.serving();
  pool.connect(1).openExtended(1);
  pool.input({ type: 'disconnected', connection: 1 });
  pool.input({ type: 'disconnected', connection: 1 });
  const value = { channelId: 2, reasonCode: '' };
  expect(pool.input({ type: 'message', connection: 1, message: { name: 'CloseChannel', value }, tlvs: [] })).toEqual(
    [],
  );
  expect(pool.input({ type: 'committed', batchId: 12 })).toEqual([]);
  expect(pool.core.openChannels).toBe(0);
  expect(pool.core.connections).toBe(0);
});

it('releases everything a connection held, whatever is in flight', () => {
  const pool = PoolHarness.serving();
  for (let round = 0; round < 50; round++) {
    pool.connect(round);
    const { channelId } = bodyOf(pool.openExtended(round), 'OpenExtendedMiningChannel.Success');
    pool.openStandard(round);
    pool.submit(round, pool.mine(round, channelId));
    pool.input({ type: 'disconnected', connection: round });
    pool.template({ templateId: BigInt(round + 2) });
    pool.tip({ templateId: BigInt(round + 2), prevHash: prevHashOf(round) });
  }
  expect(pool.core.openChannels).toBe(0);
  expect(pool.core.uncommittedBatches).toBe(0);
  expect(pool.core.deadline).toBe(IDLE_DEADLINE_MS);
  expect(pool.eventsOf('channelClosed')).toHaveLength(100);
  expect(names(pool.connect(1).openExtended(1))).toHaveLength(3);
});
