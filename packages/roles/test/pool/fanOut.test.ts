import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { bodyOf, names, PoolHarness, prevHashOf } from './poolHarness.ts';

const { requiresStandardJobs } = MINING_SETUP_FLAGS;

/** Connections 1 to `count`, each with a standard channel in no group; three are served in one turn. */
function farm(count: number, flags: number = requiresStandardJobs): PoolHarness {
  const pool = PoolHarness.serving({ limits: { maxReceiversPerTurn: 3 } });
  for (let connection = 1; connection <= count; connection++) pool.connect(connection, flags).openStandard(connection);
  for (let connection = 1; connection <= count; connection++) pool.take(connection);
  return pool;
}

const told = (pool: PoolHarness): string[][] =>
  [...pool.clients.keys()].map((connection) => names(pool.take(connection)));
const turn = (pool: PoolHarness) => pool.input({ type: 'tick' });
const channelOf = (pool: PoolHarness, connection: number): number =>
  [...pool.clients.get(connection)!.channels.keys()][0]!;

describe('a fan-out', () => {
  it('serves a part of the receivers in each turn, everybody once', () => {
    const pool = farm(8);
    pool.template({ templateId: 2n });
    expect(told(pool).flat()).toEqual(['NewMiningJob', 'NewMiningJob', 'NewMiningJob']);
    while ((pool.core.deadline ?? 1) <= pool.now.monotonicMs) turn(pool);
    expect(told(pool).flat()).toHaveLength(5);

    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    expect(told(pool).flat()).toHaveLength(3);
    turn(pool);
    expect(told(pool).flat()).toHaveLength(3);
    turn(pool);
    expect(told(pool).flat()).toEqual(['SetNewPrevHash', 'SetNewPrevHash']);
    turn(pool);
    expect(told(pool).flat()).toEqual([]);
    expect(pool.core.deadline).toBeGreaterThan(pool.now.monotonicMs);
  });

  it('is overtaken by the next tip: who was not served goes straight to that', () => {
    const pool = farm(8);
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    pool.template({ templateId: 3n });
    pool.tip({ templateId: 3n, prevHash: prevHashOf(0xcc) });
    for (let count = 0; count < 10; count++) turn(pool);
    const messages = told(pool);
    const tips = messages.map((of) => of.filter((name) => name === 'SetNewPrevHash').length);
    expect(tips).toEqual([2, 2, 2, 2, 2, 2, 1, 1]);
    for (const connection of pool.clients.keys())
      expect(pool.submit(connection, pool.mine(connection, channelOf(pool, connection)))).toEqual([]);
    expect(pool.eventsOf('share')).toHaveLength(8);
  });

  it('lets those who wait go on with the job they have, and with no other', () => {
    const pool = farm(8);
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    told(pool);
    const channelId = channelOf(pool, 8);
    // Its target changes: the job for it comes with the tip.
    pool.input({
      type: 'operation',
      operation: { type: 'setTarget', connection: 8, channelId, target: new Uint8Array(32).fill(0xff).with(31, 0x3f) },
    });
    expect(names(pool.take(8))).toEqual(['SetTarget']);
    pool.submit(8, pool.mine(8, channelId));
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    for (let count = 0; count < 5; count++) turn(pool);
    expect(names(pool.take(8))).toEqual(['NewMiningJob', 'SetNewPrevHash']);
    pool.submit(8, pool.mine(8, channelId));
    expect(pool.eventsOf('share')).toHaveLength(2);
  });

  it('takes a channel along that joins a group which is not served yet', () => {
    const pool = farm(8, 0);
    pool.template({ templateId: 2n });
    for (let count = 0; count < 5; count++) turn(pool);
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    told(pool);
    const opened = pool.openStandard(8, { requestId: 99 });
    expect(names(opened)).toEqual(['OpenStandardMiningChannel.Success', 'NewMiningJob']);
    for (let count = 0; count < 5; count++) turn(pool);
    // The group's own message activates the job of both.
    expect(names(pool.take(8))).toEqual(['SetNewPrevHash']);
    const { channelId } = bodyOf(opened, 'OpenStandardMiningChannel.Success');
    for (const id of [channelId, channelOf(pool, 8)]) pool.submit(8, pool.mine(8, id));
    expect(pool.eventsOf('share')).toHaveLength(2);
  });

  it('is followed by the acknowledgements, a part in each turn', () => {
    const pool = farm(8);
    for (const connection of pool.clients.keys())
      pool.submit(connection, pool.mine(connection, channelOf(pool, connection)));
    pool.template({ templateId: 2n, futureTemplate: false });
    expect(told(pool).flat()).toEqual(['NewMiningJob', 'NewMiningJob', 'NewMiningJob']);
    turn(pool);
    expect(told(pool).flat()).toHaveLength(3);
    const third = turn(pool);
    expect(third.filter(({ type }) => type === 'commit')).toHaveLength(3);
    expect(
      told(pool)
        .flat()
        .filter((name) => name === 'NewMiningJob'),
    ).toHaveLength(2);
    turn(pool);
    turn(pool);
    expect(pool.eventsOf('acknowledged')).toHaveLength(8);
    expect(pool.core.deadline).toBeGreaterThan(pool.now.monotonicMs);
  });
});
