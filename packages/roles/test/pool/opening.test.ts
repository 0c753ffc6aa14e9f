import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { bodyOf, EASY_TARGET, HARDEST_TARGET, MAX_TARGET, names, PoolHarness, told } from './poolHarness.ts';

const STANDARD_JOBS = MINING_SETUP_FLAGS.requiresStandardJobs;
const WORK_SELECTION = MINING_SETUP_FLAGS.requiresWorkSelection;
const ZERO_TARGET = new Uint8Array(32);

describe('refused opens', () => {
  const cases: readonly [string, string, (pool: PoolHarness) => ReturnType<PoolHarness['openStandard']>][] = [
    [
      'a standard channel on a connection with work selection',
      'standard-channels-not-supported-for-custom-work',
      (pool) => pool.connect(1, WORK_SELECTION).openStandard(1),
    ],
    [
      'an extended channel on a connection that needs standard jobs',
      'extended-channels-not-supported-for-standard-jobs',
      (pool) => pool.connect(1, STANDARD_JOBS).openExtended(1),
    ],
    [
      'a request id of an open channel',
      'duplicate-request-id',
      (pool) => {
        pool.connect(1).openStandard(1, { requestId: 5 });
        return pool.openExtended(1, { requestId: 5 });
      },
    ],
    [
      'a hashrate that is no number',
      'invalid-nominal-hashrate',
      (pool) => pool.connect(1).openStandard(1, { nominalHashRate: Number.NaN }),
    ],
    [
      'an infinite hashrate',
      'invalid-nominal-hashrate',
      (pool) => pool.connect(1).openStandard(1, { nominalHashRate: Number.POSITIVE_INFINITY }),
    ],
    [
      'a negative hashrate',
      'invalid-nominal-hashrate',
      (pool) => pool.connect(1).openExtended(1, { nominalHashRate: -1 }),
    ],
    [
      'a maximum target of zero',
      'max-target-out-of-range',
      (pool) => pool.connect(1).openStandard(1, { maxTarget: ZERO_TARGET }),
    ],
    [
      'a maximum target below the hardest one',
      'max-target-out-of-range',
      (pool) => pool.connect(1).openStandard(1, { maxTarget: HARDEST_TARGET.with(0, 0xfe) }),
    ],
    [
      'more extranonce than there is',
      'min-extranonce-size-too-large',
      (pool) => pool.connect(1).openExtended(1, { minExtranonceSize: 17 }),
    ],
    [
      'an identity of unknown form',
      'invalid-user-identity',
      (pool) => pool.connect(1).openExtended(1, { userIdentity: 'sri/steal/all' }),
    ],
  ];
  it.each(cases)('%s: %s', (_, errorCode, open) => {
    const pool = PoolHarness.serving();
    expect(told(open(pool))).toEqual([`OpenMiningChannel.Error(${errorCode})`]);
    expect(pool.eventsOf('channelRefused').at(-1)).toMatchObject({ connection: 1, errorCode });
    expect(pool.closed.size).toBe(0);
  });

  it('name the request, and leave the connection usable', () => {
    const pool = PoolHarness.serving();
    const refused = pool.connect(1).openExtended(1, { requestId: 9, minExtranonceSize: 40 });
    expect(bodyOf(refused, 'OpenMiningChannel.Error').requestId).toBe(9);
    expect(names(pool.openExtended(1, { requestId: 9 }))[0]).toBe('OpenExtendedMiningChannel.Success');
  });
});

describe('quotas', () => {
  it('bound the channels of a connection; a closed one makes room', () => {
    const pool = PoolHarness.serving({ limits: { maxChannelsPerConnection: 2 } });
    pool.connect(1).openStandard(1);
    const { channelId } = bodyOf(pool.openStandard(1), 'OpenStandardMiningChannel.Success');
    expect(told(pool.openStandard(1))).toEqual(['OpenMiningChannel.Error(channel-capacity-exhausted)']);
    pool.say(1, { name: 'CloseChannel', value: { channelId, reasonCode: 'done' } });
    expect(names(pool.openStandard(1))[0]).toBe('OpenStandardMiningChannel.Success');
  });

  it('bound the channels of the pool', () => {
    const pool = PoolHarness.serving({ limits: { maxChannels: 2 } });
    for (const connection of [1, 2]) pool.connect(connection).openStandard(connection);
    expect(told(pool.connect(3).openStandard(3))).toEqual(['OpenMiningChannel.Error(channel-capacity-exhausted)']);
    pool.input({ type: 'disconnected', connection: 1 });
    expect(names(pool.openStandard(3))[0]).toBe('OpenStandardMiningChannel.Success');
  });

  it('do not let a request id outlive its channel', () => {
    const pool = PoolHarness.serving();
    const { channelId } = bodyOf(
      pool.connect(1).openStandard(1, { requestId: 3 }),
      'OpenStandardMiningChannel.Success',
    );
    pool.say(1, { name: 'CloseChannel', value: { channelId, reasonCode: '' } });
    expect(names(pool.openStandard(1, { requestId: 3 }))[0]).toBe('OpenStandardMiningChannel.Success');
  });
});

describe('the first target', () => {
  it.each([
    ['the easiest for a hashrate of 0', { nominalHashRate: 0 }, EASY_TARGET],
    ['the easiest for a hashrate of -0', { nominalHashRate: -0 }, EASY_TARGET],
    ['never above what the client accepts', { maxTarget: MAX_TARGET.with(31, 0x01) }, MAX_TARGET.with(31, 0x01)],
  ])('is %s', (_, changes, target) => {
    const pool = PoolHarness.serving();
    expect(bodyOf(pool.connect(1).openStandard(1, changes), 'OpenStandardMiningChannel.Success').target).toEqual(
      target,
    );
  });

  it('follows from the hashrate', () => {
    const pool = PoolHarness.serving();
    const targetAt = (nominalHashRate: number) =>
      bodyOf(pool.openStandard(1, { nominalHashRate }), 'OpenStandardMiningChannel.Success').target;
    pool.connect(1);
    // 2^24 hashes a second at 6 shares a minute: a share every 10 * 2^24 hashes.
    expect(targetAt(2 ** 24).subarray(28)).toEqual(Uint8Array.of(0x19, 0, 0, 0));
  });
});

describe('extranonce space', () => {
  it('never overlaps, whatever the channels are', () => {
    const pool = PoolHarness.serving();
    const prefixes: string[] = [];
    for (const connection of [1, 2, 3]) {
      pool.connect(connection);
      for (let index = 0; index < 20; index++) {
        const messages =
          index % 2 === 0
            ? pool.openStandard(connection)
            : pool.openExtended(connection, { minExtranonceSize: index % 17 });
        const { value } = messages[0]!;
        if (!('extranoncePrefix' in value)) throw new Error('refused');
        prefixes.push(value.extranoncePrefix.slice(0, 4).join());
      }
    }
    expect(new Set(prefixes).size).toBe(60);
  });

  it('gives a prefix again only when the jobs that used it are stale', () => {
    const pool = PoolHarness.serving();
    pool.connect(1).openStandard(1);
    const prefixOf = (connection: number) =>
      bodyOf(pool.openStandard(connection), 'OpenStandardMiningChannel.Success').extranoncePrefix;
    expect(prefixOf(1)).toEqual(new Uint8Array(20).with(0, 7).with(3, 1));
    pool.input({ type: 'disconnected', connection: 1 });
    expect(prefixOf(pool.connect(2) && 2)).toEqual(new Uint8Array(20).with(0, 7).with(3, 2));
  });
});
