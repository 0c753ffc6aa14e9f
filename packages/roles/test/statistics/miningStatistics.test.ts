import { encodeText } from '@stratumkit/codec';
import { USER_IDENTITY_TLV } from '@stratumkit/messages/extensions';
import { describe, expect, it } from 'vitest';
import { accountOf, MiningStatistics, type PoolEvent } from '../../src/index.ts';
import { bodyOf, MAX_TARGET, PoolHarness } from '../pool/poolHarness.ts';

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const { extensionType, fieldType } = USER_IDENTITY_TLV;
const workerTlv = (name: string) => ({ extensionType, fieldType, value: encodeText(name) });

describe('an identity', () => {
  it.each([
    ['alice', 'alice', undefined],
    ['alice.rig.1', 'alice', 'rig.1'],
    ['alice.', 'alice', undefined],
    ['', '', undefined],
    [`${ADDRESS}.rig`, ADDRESS, 'rig'],
    [`sri/solo/${ADDRESS}/rig`, `sri/solo/${ADDRESS}`, 'rig'],
    [`sri/solo/${ADDRESS}`, `sri/solo/${ADDRESS}`, undefined],
    [`sri/donate/5/${ADDRESS}/rig`, `sri/donate/5/${ADDRESS}`, 'rig'],
    [`sri/donate/5/${ADDRESS}`, `sri/donate/5/${ADDRESS}`, undefined],
    ['sri/donate/rig', 'sri/donate', 'rig'],
    ['sri/donate', 'sri/donate', undefined],
    ['sri', 'sri', undefined],
  ])('%j is of account %j, worker %j', (identity, account, worker) => {
    expect(accountOf(identity)).toEqual({ account, worker });
  });
});

/** A pool and its statistics, each event observed when it comes. */
function watched(limits = {}) {
  const pool = PoolHarness.serving({ shareBatchSize: 1 });
  const statistics = new MiningStatistics(pool.now, limits);
  let seen = 0;
  const look = () => {
    for (const event of pool.events.slice(seen)) statistics.observe(event, pool.now);
    seen = pool.events.length;
    return statistics;
  };
  return { pool, look };
}

describe('statistics of a pool', () => {
  it('tell channel, worker and account apart, and sum to the same', () => {
    const { pool, look } = watched();
    pool.connect(1, 0, [2]);
    const open = (userIdentity: string) =>
      bodyOf(pool.openExtended(1, { userIdentity }), 'OpenExtendedMiningChannel.Success').channelId;
    const [first, second, third] = [open('alice.one'), open('alice.two'), open('bob')];
    look();
    let from = 0;
    const mine = (channelId: number, hit: 'share' | 'block' | 'miss', worker?: string) => {
      const share = pool.mine(1, channelId, hit, from);
      from = share.nonce + 1;
      pool.submit(1, share, worker === undefined ? [] : [workerTlv(worker)]);
      look();
      return share;
    };
    mine(first!, 'share');
    mine(first!, 'share', 'rig');
    const duplicate = mine(second!, 'share');
    pool.submit(1, duplicate);
    mine(second!, 'miss');
    mine(third!, 'block', 'x');
    const { clients, accounts, total } = look();
    const { channels } = clients.get(1)!;
    const tallyOf = (id: number) => channels.get(id)!.tally;
    expect([first, second, third].map((id) => tallyOf(id!).accepted)).toEqual([2, 1, 1]);
    expect([...tallyOf(second!).rejected]).toEqual([
      ['duplicate-share', 1],
      ['difficulty-too-low', 1],
    ]);
    const alice = accounts.get('alice')!;
    expect(alice.tally.accepted).toBe(3);
    expect([...alice.workers].map(([name, tally]) => [name, tally.accepted])).toEqual([
      ['one', 1],
      ['rig', 1],
      ['two', 1],
    ]);
    expect(accounts.get('bob')!.workers.get('x')!.blocks).toBe(1);
    expect(total).toMatchObject({ accepted: 4, blocks: 1 });
    const works = pool.events.flatMap((event) => (event.type === 'share' ? [event.work] : []));
    expect(total.work).toBe(works.reduce((sum, work) => sum + work, 0n));
    expect(alice.tally.work + accounts.get('bob')!.tally.work).toBe(total.work);
    expect(total.hashrates(pool.now.monotonicMs)['1m']).toBeGreaterThan(0);
    expect(channels.get(first!)).toMatchObject({ lastSequenceNumber: pool.eventsOf('share')[1]!.sequenceNumber });
    expect(channels.get(first!)!.lastBatch.shares).toBe(1);
    // The same as the accounting that credit comes from.
    pool.input({ type: 'disconnected', connection: 1 });
    const credited = pool.eventsOf('channelClosed').reduce((sum, { totals }) => sum + totals.work, 0n);
    expect(credited).toBe(total.work);
  });

  it('keep an account when its channels go, and forget the connection', () => {
    const { pool, look } = watched();
    const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    look();
    pool.submit(1, pool.mine(1, channelId));
    pool.input({ type: 'disconnected', connection: 1 });
    const statistics = look();
    expect(statistics.clients.size).toBe(0);
    expect(statistics.accounts.get('alice')).toMatchObject({ channels: 0 });
    expect(statistics.accounts.get('alice')!.tally.accepted).toBe(1);
  });

  it('follow what a client asks for, whether that changes its target or not', () => {
    const { pool, look } = watched();
    const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    for (const nominalHashRate of [0, 0.5]) {
      pool.say(1, { name: 'UpdateChannel', value: { channelId, nominalHashRate, maximumTarget: MAX_TARGET } });
      const { nominalHashrate, maxTarget } = look().clients.get(1)!.channels.get(channelId)!;
      expect([nominalHashrate, maxTarget]).toEqual([nominalHashRate, MAX_TARGET]);
      pool.advance(1_000);
    }
  });

  it('follow targets', () => {
    const { pool, look } = watched();
    const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    const maximumTarget = new Uint8Array(32).fill(0xff).with(31, 0x11);
    pool.say(1, { name: 'UpdateChannel', value: { channelId, nominalHashRate: 0, maximumTarget } });
    expect(look().clients.get(1)!.channels.get(channelId)!.target).toEqual(maximumTarget);
  });
});

describe('what clients name', () => {
  const opened = (connection: number, userIdentity: string): PoolEvent => ({
    type: 'channelOpened',
    connection,
    channelId: 1,
    userIdentity,
    kind: 'extended',
    groupChannelId: 0,
    nominalHashrate: 0,
    target: new Uint8Array(32),
    maxTarget: new Uint8Array(32),
    extranoncePrefix: new Uint8Array(4),
    extranonceSize: 4,
    payoutKey: '',
  });
  const connected = (connection: number): PoolEvent => ({
    type: 'connected',
    connection,
    address: undefined,
    vendor: '',
    hardwareVersion: '',
    deviceId: '',
  });
  const rejected = (connection: number, worker: string): PoolEvent => ({
    type: 'shareRejected',
    connection,
    channelId: 1,
    userIdentity: '',
    worker,
    sequenceNumber: 0,
    jobId: 0,
    errorCode: 'stale-share',
  });
  const now = { monotonicMs: 0, unixSeconds: 0 };

  it('is remembered up to limits: accounts without channels, workers of an account, workers of all', () => {
    const statistics = new MiningStatistics(now, { maxIdleAccounts: 2, maxWorkersPerAccount: 3, maxWorkers: 5 });
    for (let connection = 0; connection < 6; connection++) {
      statistics.observe(connected(connection), now);
      statistics.observe(opened(connection, `user${connection}`), now);
      for (let worker = 0; worker < 10; worker++) statistics.observe(rejected(connection, `rig${worker}`), now);
      if (connection < 4) {
        const totals = {} as Extract<PoolEvent, { type: 'channelClosed' }>['totals'];
        const closed = {
          type: 'channelClosed',
          connection,
          channelId: 1,
          userIdentity: '',
          reason: '',
          totals,
        } as const;
        statistics.observe(closed, now);
        statistics.observe({ type: 'disconnected', connection }, now);
      }
    }
    const workers = [...statistics.accounts.values()].map((account) => account.workers.size);
    expect(Math.max(...workers)).toBeLessThanOrEqual(3);
    expect(workers.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(5);
    expect([...statistics.accounts.keys()].slice(-2)).toEqual(['user4', 'user5']);
    expect(statistics.accounts.size).toBeLessThanOrEqual(4);
    // Nothing that was not told apart is lost to the sums.
    expect(statistics.total.rejected.get('stale-share')).toBe(60);
    expect(statistics.accounts.get('user5')!.tally.rejected.get('stale-share')).toBe(10);
  });
});
