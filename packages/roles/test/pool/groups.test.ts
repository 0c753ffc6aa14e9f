import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { bodyOf, IDLE_DEADLINE_MS, names, PoolHarness, prevHashOf, START } from './poolHarness.ts';

const STANDARD_JOBS = MINING_SETUP_FLAGS.requiresStandardJobs;
const SOLO = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

describe('jobs for a group', () => {
  it('are one message for standard and extended channels together', () => {
    const pool = PoolHarness.serving();
    pool.connect(1);
    for (let index = 0; index < 3; index++) {
      pool.openStandard(1);
      pool.openExtended(1);
    }
    const groups = new Set([...pool.clients.get(1)!.channels.values()].map((channel) => channel.group));
    expect(groups.size).toBe(1);

    pool.template({ templateId: 2n, futureTemplate: false });
    const [job, ...more] = pool.take(1);
    expect(job?.name).toBe('NewExtendedMiningJob');
    expect(more).toEqual([]);
    expect(bodyOf([job!], 'NewExtendedMiningJob')).toMatchObject({ channelId: [...groups][0], minNtime: START });
  });

  it('are encoded once for all connections with the same group id', () => {
    const pool = PoolHarness.serving();
    for (const connection of [1, 2, 3]) pool.connect(connection).openExtended(connection);
    pool.sends.length = 0;
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    expect(pool.sends.map(({ to, kind }) => ({ to, kind }))).toEqual([
      { to: [1, 2, 3], kind: 'futureJob' },
      { to: [1, 2, 3], kind: 'prevHash' },
    ]);
  });

  it('are one message per channel where standard jobs are required', () => {
    const pool = PoolHarness.serving();
    pool.connect(1, STANDARD_JOBS);
    for (let index = 0; index < 3; index++) pool.openStandard(1);
    pool.take(1);
    pool.template({ templateId: 2n, futureTemplate: false });
    const messages = pool.take(1);
    expect(names(messages)).toEqual(['NewMiningJob', 'NewMiningJob', 'NewMiningJob']);
    const roots = messages.map(({ value }) => ('merkleRoot' in value ? value.merkleRoot.join() : ''));
    expect(new Set(roots).size).toBe(3);
  });

  it('are kept apart by what their coinbases pay', () => {
    const pool = PoolHarness.serving();
    pool.connect(1);
    pool.openExtended(1, { userIdentity: 'alice' });
    pool.openExtended(1, { userIdentity: 'bob' });
    pool.openExtended(1, { userIdentity: `${SOLO}.rig` });
    const groups = [...pool.clients.get(1)!.channels.values()].map((channel) => channel.group);
    expect(groups[0]).toBe(groups[1]);
    expect(groups[2]).not.toBe(groups[0]);
    pool.take(1);
    pool.template({ templateId: 2n, futureTemplate: false });
    const suffixes = pool
      .take(1)
      .map(({ value }) => ('coinbaseTxSuffix' in value ? value.coinbaseTxSuffix.join() : ''));
    expect(new Set(suffixes).size).toBe(2);
  });

  it('end with the group', () => {
    const pool = PoolHarness.serving();
    const { channelId, groupChannelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.openStandard(1);
    pool.say(1, { name: 'CloseChannel', value: { channelId: groupChannelId, reasonCode: 'off' } });
    expect(pool.openCounts.get(1)).toBe(0);
    expect(pool.eventsOf('channelClosed').map((event) => event.channelId)).toContain(channelId);
    pool.template({ templateId: 2n, futureTemplate: false });
    expect(pool.take(1)).toEqual([]);
    expect(pool.closed.size).toBe(0);
  });
});

describe('a tip change', () => {
  it('activates the future job that was sent, on every channel', () => {
    const pool = PoolHarness.serving();
    pool.connect(1).openExtended(1);
    pool.openStandard(1);
    pool.connect(2, STANDARD_JOBS).openStandard(2);
    pool.take(1);
    pool.take(2);
    pool.template({ templateId: 2n });
    const future = bodyOf(pool.take(1), 'NewExtendedMiningJob');
    expect(future.minNtime).toBeUndefined();
    expect(bodyOf(pool.take(2), 'NewMiningJob').minNtime).toBeUndefined();
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb), headerTimestamp: START + 9 });
    expect(pool.take(1)).toMatchObject([
      { name: 'SetNewPrevHash', value: { jobId: future.jobId, minNtime: START + 9, prevHash: prevHashOf(0xbb) } },
    ]);
    expect(names(pool.take(2))).toEqual(['SetNewPrevHash']);
    expect(pool.eventsOf('tip').at(-1)).toMatchObject({ height: 1000, prevHash: prevHashOf(0xbb) });
    for (const [connection, client] of pool.clients)
      for (const channelId of client.channels.keys()) {
        pool.submit(connection, pool.mine(connection, channelId));
      }
    expect(pool.eventsOf('share')).toHaveLength(3);
  });

  it('back to a former tip does not credit a header twice', () => {
    const pool = PoolHarness.serving();
    const { channelId } = bodyOf(pool.connect(1, STANDARD_JOBS).openStandard(1), 'OpenStandardMiningChannel.Success');
    pool.submit(1, pool.mine(1, channelId));
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    pool.template({ templateId: 3n });
    pool.tip({ templateId: 3n, prevHash: prevHashOf(0xaa) });
    pool.submit(1, pool.mine(1, channelId));
    const hashes = pool.eventsOf('share').map(({ hash }) => hash.join());
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('takes the future template it names, whichever was sent last', () => {
    const pool = PoolHarness.serving();
    pool.connect(1).openExtended(1);
    pool.take(1);
    pool.template({ templateId: 2n });
    pool.template({ templateId: 3n });
    const [second] = pool.take(1);
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    expect(bodyOf(pool.take(1), 'SetNewPrevHash').jobId).toBe(bodyOf([second!], 'NewExtendedMiningJob').jobId);
  });

  it('sends a job first where the announced one was forgotten', () => {
    const pool = PoolHarness.serving({ templateLimits: { maxFutureTemplates: 20 } });
    pool.connect(1).openExtended(1);
    for (let id = 2n; id < 14n; id++) pool.template({ templateId: id });
    pool.take(1);
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    expect(names(pool.take(1))).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash']);
  });
});

describe('a quiet tip', () => {
  it('brings a fresh job at least every 60 seconds', () => {
    const pool = PoolHarness.serving();
    pool.connect(1).openExtended(1);
    pool.connect(2, STANDARD_JOBS).openStandard(2);
    pool.take(1);
    pool.take(2);
    for (let minute = 0; minute < 5; minute++) {
      pool.advance(60_000);
      expect(pool.take(1).length).toBeGreaterThan(0);
      expect(pool.take(2).length).toBeGreaterThan(0);
    }
    expect(pool.eventsOf('job').filter(({ reason }) => reason === 'keepalive').length).toBeGreaterThan(4);
  });

  it('whose time runs on with the clock, and whose search space is a new one', () => {
    const pool = PoolHarness.serving();
    const opened = pool.connect(1).openExtended(1);
    pool.take(1);
    pool.advance(50_000);
    const job = bodyOf(pool.take(1), 'NewExtendedMiningJob');
    expect(job.minNtime).toBe(START + 50);
    expect(job.coinbaseTxPrefix).not.toEqual(bodyOf(opened, 'NewExtendedMiningJob').coinbaseTxPrefix);
    const { channelId } = bodyOf(opened, 'OpenExtendedMiningChannel.Success');
    pool.submit(1, pool.mine(1, channelId));
    expect(pool.eventsOf('share')).toHaveLength(1);
  });

  it('needs no job while no channel is open', () => {
    const pool = PoolHarness.serving();
    pool.connect(1);
    expect(pool.core.deadline).toBe(IDLE_DEADLINE_MS);
  });
});
