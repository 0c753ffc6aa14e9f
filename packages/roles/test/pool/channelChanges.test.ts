import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_TARGET,
  bodyOf,
  EASY_TARGET,
  IDLE_DEADLINE_MS,
  MAX_TARGET,
  names,
  PoolHarness,
  prevHashOf,
  told,
} from './poolHarness.ts';

const STANDARD_JOBS = MINING_SETUP_FLAGS.requiresStandardJobs;
const SOLO = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const HALF = EASY_TARGET.with(31, 0x3f);

function standard(pool: PoolHarness, flags = STANDARD_JOBS): number {
  return bodyOf(pool.connect(1, flags).openStandard(1), 'OpenStandardMiningChannel.Success').channelId;
}

describe('UpdateChannel', () => {
  it('with a smaller maximum is honoured: SetTarget, then a job', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    const messages = pool.say(1, {
      name: 'UpdateChannel',
      value: { channelId, nominalHashRate: 0, maximumTarget: HALF },
    });
    expect(names(messages)).toEqual(['SetTarget', 'NewMiningJob']);
    expect(bodyOf(messages, 'SetTarget')).toEqual({ channelId, maximumTarget: HALF });
    expect(bodyOf(messages, 'NewMiningJob').minNtime).toBeDefined();
    expect(pool.eventsOf('target')).toMatchObject([{ channelId, target: HALF }]);
  });

  it('addresses the job to the one channel of a group', () => {
    const pool = PoolHarness.serving();
    const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.openExtended(1);
    const messages = pool.say(1, {
      name: 'UpdateChannel',
      value: { channelId, nominalHashRate: 1e6, maximumTarget: MAX_TARGET },
    });
    expect(messages).toMatchObject([
      { name: 'SetTarget', value: { channelId } },
      { name: 'NewExtendedMiningJob', value: { channelId } },
    ]);
  });

  it('that changes nothing is not answered', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    const value = { channelId, nominalHashRate: 0, maximumTarget: MAX_TARGET };
    expect(pool.say(1, { name: 'UpdateChannel', value })).toEqual([]);
    expect(pool.eventsOf('channelUpdated')).toMatchObject([{ channelId, nominalHashrate: 0, maxTarget: MAX_TARGET }]);
  });

  it('keeps its maximum for later targets', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    pool.say(1, { name: 'UpdateChannel', value: { channelId, nominalHashRate: 0, maximumTarget: HALF } });
    pool.input({
      type: 'operation',
      operation: { type: 'setTarget', connection: 1, channelId, target: EASY_TARGET },
    });
    expect(pool.take(1)).toEqual([]);
  });

  it.each([
    ['invalid-channel-id', { channelId: 99 }],
    ['invalid-nominal-hashrate', { nominalHashRate: Number.NaN }],
    ['max-target-out-of-range', { maximumTarget: new Uint8Array(32) }],
  ])('is refused with %s', (errorCode, changes) => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    const value = { channelId, nominalHashRate: 0, maximumTarget: MAX_TARGET, ...changes };
    expect(told(pool.say(1, { name: 'UpdateChannel', value }))).toEqual([`UpdateChannel.Error(${errorCode})`]);
  });
});

describe('many UpdateChannel', () => {
  const updating = () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    const update = (top: number) =>
      pool.say(1, {
        name: 'UpdateChannel',
        value: { channelId, nominalHashRate: 0, maximumTarget: MAX_TARGET.with(31, top) },
      });
    return { pool, channelId, update };
  };

  it('cost a target and a job for the first and the last of a second', () => {
    const { pool, channelId, update } = updating();
    expect(names(update(0x3f))).toEqual(['SetTarget', 'NewMiningJob']);
    for (let top = 0x3e; top > 0x10; top--) expect(update(top)).toEqual([]);
    pool.advance(999);
    expect(pool.take(1)).toEqual([]);
    pool.advance(1);
    const messages = pool.take(1);
    expect(names(messages)).toEqual(['SetTarget', 'NewMiningJob']);
    expect(bodyOf(messages, 'SetTarget')).toEqual({ channelId, maximumTarget: MAX_TARGET.with(31, 0x11) });
  });

  it('are heeded at once again after a second of silence', () => {
    const { pool, update } = updating();
    update(0x3f);
    pool.advance(1_000);
    expect(names(update(0x3e))).toEqual(['SetTarget', 'NewMiningJob']);
  });

  it('that wait end with the channel, and wrong ones are refused at once', () => {
    const { pool, channelId, update } = updating();
    update(0x3f);
    update(0x3e);
    const value = { channelId, nominalHashRate: -1, maximumTarget: MAX_TARGET };
    expect(told(pool.say(1, { name: 'UpdateChannel', value }))).toEqual([
      'UpdateChannel.Error(invalid-nominal-hashrate)',
    ]);
    pool.say(1, { name: 'CloseChannel', value: { channelId, reasonCode: '' } });
    expect(pool.core.deadline).toBe(IDLE_DEADLINE_MS);
  });
});

describe('SetTarget to a group', () => {
  it('is one message and one job for all members', () => {
    const pool = PoolHarness.serving({ shareBatchSize: 1 });
    const { groupChannelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.openStandard(1);
    pool.template({ templateId: 2n });
    pool.take(1);
    const target = { type: 'setTarget', connection: 1, channelId: groupChannelId, target: HALF } as const;
    pool.input({ type: 'operation', operation: target });
    expect(pool.take(1)).toMatchObject([
      { name: 'SetTarget', value: { channelId: groupChannelId, maximumTarget: HALF } },
      { name: 'NewExtendedMiningJob', value: { channelId: groupChannelId } },
    ]);
    for (const channelId of pool.clients.get(1)!.channels.keys())
      expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    pool.take(1);
    for (const channelId of pool.clients.get(1)!.channels.keys())
      expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
  });

  it('never goes above what a member accepts', () => {
    const pool = PoolHarness.serving();
    const { groupChannelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.openStandard(1, { maxTarget: HALF });
    pool.take(1);
    const wanted = EASY_TARGET.with(31, 0x5f);
    const target = { type: 'setTarget', connection: 1, channelId: groupChannelId, target: wanted } as const;
    pool.input({ type: 'operation', operation: target });
    expect(names(pool.take(1))).toEqual(['SetTarget', 'NewExtendedMiningJob']);
    const targets = [...pool.clients.get(1)!.channels.values()].map((channel) => channel.target);
    expect(targets).toEqual([wanted, HALF]);
  });
});

describe('CloseChannel by the client', () => {
  it('ends the channel without a word, but not its credit', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    pool.submit(1, pool.mine(1, channelId));
    pool.commits = false;
    expect(pool.say(1, { name: 'CloseChannel', value: { channelId, reasonCode: 'bye' } })).toEqual([]);
    expect(pool.uncommitted).toHaveLength(1);
    pool.input({ type: 'committed', batchId: pool.uncommitted[0]! });
    expect(pool.take(1)).toEqual([]);
    expect(pool.eventsOf('channelClosed')).toMatchObject([{ channelId, reason: 'bye', totals: { accepted: 1 } }]);
  });

  it('of an unknown channel is ignored', () => {
    const pool = PoolHarness.serving();
    standard(pool);
    expect(pool.say(1, { name: 'CloseChannel', value: { channelId: 99, reasonCode: '' } })).toEqual([]);
    expect(pool.openCounts.get(1)).toBe(1);
  });

  it('makes its later shares shares of an unknown channel', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    const share = pool.mine(1, channelId);
    pool.say(1, { name: 'CloseChannel', value: { channelId, reasonCode: '' } });
    expect(told(pool.submit(1, share))).toEqual(['SubmitShares.Error(invalid-channel-id)']);
  });
});

describe('CloseChannel by the operator', () => {
  it('goes out behind the last acknowledgement', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    pool.commits = false;
    pool.submit(1, pool.mine(1, channelId));
    pool.input({
      type: 'operation',
      operation: { type: 'closeChannel', connection: 1, channelId, reason: 'mo\nved ä' },
    });
    expect(pool.take(1)).toEqual([]);
    pool.input({ type: 'committed', batchId: pool.uncommitted[0]! });
    const messages = pool.take(1);
    expect(names(messages)).toEqual(['SubmitShares.Success', 'CloseChannel']);
    expect(bodyOf(messages, 'CloseChannel').reasonCode).toBe('mo?ved ?');
  });
});

describe('CloseChannel of a group by the operator', () => {
  it('closes each member behind its last acknowledgement, and leaves other groups and the connection alone', () => {
    const pool = PoolHarness.serving();
    const { groupChannelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.openStandard(1);
    const solo = bodyOf(pool.openExtended(1, { userIdentity: SOLO }), 'OpenExtendedMiningChannel.Success');
    const members = [...pool.clients.get(1)!.channels.values()].filter(({ group }) => group === groupChannelId);
    for (const { id } of members) pool.submit(1, pool.mine(1, id));
    pool.take(1);
    const close = { type: 'closeChannel', connection: 1, channelId: groupChannelId, reason: 'moved' } as const;
    pool.input({ type: 'operation', operation: close });
    const messages = pool.take(1);
    expect(names(messages)).toEqual(['SubmitShares.Success', 'CloseChannel', 'SubmitShares.Success', 'CloseChannel']);
    expect(messages.flatMap(({ name, value }) => (name === 'CloseChannel' ? [value.channelId] : []))).toEqual(
      members.map(({ id }) => id),
    );
    expect([...pool.clients.get(1)!.channels.keys()]).toEqual([solo.channelId]);
    expect(pool.openCounts.get(1)).toBe(1);
    expect(pool.closed.size).toBe(0);
  });
});

describe('SetExtranoncePrefix', () => {
  it('is followed by a job with the new prefix, while the old job counts with the old one', () => {
    const pool = PoolHarness.serving({ shareBatchSize: 1 });
    const channelId = standard(pool);
    const before = pool.mine(1, channelId);
    pool.input({ type: 'operation', operation: { type: 'changeExtranoncePrefix', connection: 1, channelId } });
    expect(names(pool.take(1))).toEqual(['SetExtranoncePrefix', 'NewMiningJob']);
    expect(names(pool.submit(1, before))).toEqual(['SubmitShares.Success']);
    expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
  });

  it('holds for a group job that comes later', () => {
    const pool = PoolHarness.serving({ shareBatchSize: 1 });
    const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.openStandard(1);
    pool.template({ templateId: 2n });
    pool.input({ type: 'operation', operation: { type: 'changeExtranoncePrefix', connection: 1, channelId } });
    // The future job was sent before the change, so the old prefix is its prefix.
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
    pool.template({ templateId: 3n, futureTemplate: false });
    pool.take(1);
    expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
  });
});

describe('SetGroupChannel', () => {
  it('moves channels to a group of their own, which gets jobs from then on', () => {
    const pool = PoolHarness.serving({ shareBatchSize: 1 });
    pool.connect(1);
    const ids = [0, 1, 2].map(() => bodyOf(pool.openExtended(1), 'OpenExtendedMiningChannel.Success').channelId);
    pool.template({ templateId: 2n });
    pool.take(1);
    pool.input({ type: 'operation', operation: { type: 'regroup', connection: 1, channelIds: ids.slice(1) } });
    const { groupChannelId, channelIds } = bodyOf(pool.take(1), 'SetGroupChannel');
    expect(channelIds).toEqual(ids.slice(1));
    // The future job that came through the old group is activated through the new one.
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    const messages = pool.take(1);
    expect(names(messages)).toEqual(['SetNewPrevHash', 'SetNewPrevHash']);
    expect(messages.map(({ value }) => 'channelId' in value && value.channelId)).toContain(groupChannelId);
    for (const id of ids) expect(names(pool.submit(1, pool.mine(1, id)))).toEqual(['SubmitShares.Success']);
  });

  it('takes only channels that can mine the same jobs', () => {
    const pool = PoolHarness.serving();
    pool.connect(1);
    const own = bodyOf(pool.openExtended(1), 'OpenExtendedMiningChannel.Success').channelId;
    const solo = bodyOf(pool.openExtended(1, { userIdentity: SOLO }), 'OpenExtendedMiningChannel.Success').channelId;
    pool.take(1);
    pool.input({ type: 'operation', operation: { type: 'regroup', connection: 1, channelIds: [own, solo, 99] } });
    expect(bodyOf(pool.take(1), 'SetGroupChannel').channelIds).toEqual([own]);
  });

  it('is never sent where standard jobs are required', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    pool.input({ type: 'operation', operation: { type: 'regroup', connection: 1, channelIds: [channelId] } });
    expect(pool.take(1)).toEqual([]);
  });
});

describe('Reconnect', () => {
  it('goes to all, and closes those that stay', () => {
    const pool = PoolHarness.serving();
    standard(pool);
    pool.connect(2);
    pool.input({ type: 'operation', operation: { type: 'reconnect', newHost: 'b.example', newPort: 3334 } });
    const reconnect = { name: 'Reconnect', value: { newHost: 'b.example', newPort: 3334 } };
    expect(pool.take(1)).toEqual([reconnect]);
    expect(pool.take(2)).toEqual([reconnect]);
    pool.input({ type: 'disconnected', connection: 2 });
    pool.advance(29_999);
    expect(pool.closed.size).toBe(0);
    pool.advance(1);
    expect([...pool.closed]).toEqual([[1, 'reconnect']]);
  });
});

describe('a drain', () => {
  it('waits for the acknowledgements of more channels than are remembered', () => {
    const pool = PoolHarness.serving({ limits: { maxClosedChannels: 1 } });
    pool.connect(1);
    pool.commits = false;
    for (let index = 0; index < 4; index++) {
      const { channelId } = bodyOf(pool.openExtended(1), 'OpenExtendedMiningChannel.Success');
      pool.submit(1, pool.mine(1, channelId));
    }
    pool.input({ type: 'drain' });
    for (const batchId of [...pool.uncommitted].reverse()) {
      expect(pool.closed.size).toBe(0);
      pool.input({ type: 'committed', batchId });
    }
    expect(names(pool.take(1)).filter((name) => name === 'SubmitShares.Success')).toHaveLength(4);
    expect(pool.closed.get(1)).toBe('shutting-down');
  });

  it('acknowledges, closes channels, then connections, and turns away who comes', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    pool.connect(2);
    pool.commits = false;
    pool.submit(1, pool.mine(1, channelId));
    pool.input({ type: 'drain' });
    expect([...pool.closed]).toEqual([[2, 'shutting-down']]);
    pool.input({ type: 'committed', batchId: pool.uncommitted[0]! });
    expect(names(pool.take(1))).toEqual(['SubmitShares.Success', 'CloseChannel']);
    expect(pool.closed.get(1)).toBe('shutting-down');
    pool.connect(3);
    expect(pool.closed.get(3)).toBe('shutting-down');
  });

  it('does not wait for ever for the ledger', () => {
    const pool = PoolHarness.serving();
    const channelId = standard(pool);
    pool.commits = false;
    pool.submit(1, pool.mine(1, channelId));
    pool.input({ type: 'drain' });
    pool.advance(5_000);
    expect(pool.closed.get(1)).toBe('shutting-down');
  });
});

it('answers SetCustomMiningJob with jd-not-supported', () => {
  const pool = PoolHarness.serving();
  const flags = MINING_SETUP_FLAGS.requiresWorkSelection;
  const { channelId } = bodyOf(pool.connect(1, flags).openExtended(1), 'OpenExtendedMiningChannel.Success');
  const empty = new Uint8Array(0);
  const messages = pool.say(1, {
    name: 'SetCustomMiningJob',
    value: {
      channelId,
      requestId: 4,
      miningJobToken: empty,
      version: 0,
      prevHash: new Uint8Array(32),
      minNtime: 0,
      nbits: 0,
      coinbaseTxVersion: 2,
      coinbasePrefix: empty,
      coinbaseTxInputNSequence: 0,
      coinbaseTxOutputs: empty,
      coinbaseTxLocktime: 0,
      merklePath: [],
    },
  });
  expect(messages).toEqual([
    { name: 'SetCustomMiningJob.Error', value: { channelId, requestId: 4, errorCode: 'jd-not-supported' } },
  ]);
});

it('closes a connection that says what only a server says', () => {
  const pool = PoolHarness.serving();
  pool.connect(1);
  pool.say(1, { name: 'SetTarget', value: { channelId: 1, maximumTarget: BLOCK_TARGET } });
  expect(pool.closed.get(1)).toBe('unexpected-message');
});
