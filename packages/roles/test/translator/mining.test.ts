import { compareTargets } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import { upstream } from '../proxy/network.ts';
import { connected, TranslatorNetwork, type TranslatorTestOptions } from './translatorNetwork.ts';

const MODES = [
  ['one channel for all', true],
  ['one channel for each', false],
] as const;
const VERSION_MASK = 0xffffffff;

function farm(aggregateChannels: boolean, size = 3, options: TranslatorTestOptions = {}) {
  const network = new TranslatorNetwork();
  const pool = network.pool('pool');
  const translator = network.translator([upstream('pool')], { aggregateChannels, ...options });
  const miners = Array.from({ length: size }, (_, index) =>
    network.miner(translator, {
      workerName: `alice.rig${index}`,
      // Some roll versions, some never heard of it.
      ...(index % 2 === 0 ? { mask: VERSION_MASK } : {}),
    }),
  );
  network.run(1);
  return { network, pool, translator, miners };
}

describe.each(MODES)('SV1 miners with %s', (_, aggregateChannels) => {
  it('mine through tips and templates: every share sent up is counted, none refused', () => {
    const { network, pool, translator, miners } = farm(aggregateChannels);
    network.run(120);
    pool.newTip();
    network.run(120);
    pool.newTemplate();
    network.run(120);

    for (const miner of miners) {
      expect(miner.accepted).toBeGreaterThan(5);
      expect(miner.refusals).toEqual([]);
    }
    const counted = pool.eventsOf('share');
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    expect(counted.length).toBeGreaterThan(10);
    expect(counted.length).toBe(translator.eventsOf('share').filter(({ forwarded }) => forwarded).length);
    expect(new Set(counted.map(({ worker }) => worker))).toEqual(new Set(['rig0', 'rig1', 'rig2']));
    const versions = new Set(translator.sent('SubmitSharesExtended').map(({ value }) => value.version));
    expect(versions.size).toBeGreaterThan(2);
  });

  it('get a clean job at a new tip, another one at a new template, and none of the old tip after it', () => {
    const { network, pool, miners } = farm(aggregateChannels);
    const miner = miners[0]!;
    const before = miner.job!;
    expect(miner.notified[0]!.cleanJobs).toBe(true);
    pool.newTemplate();
    network.run(1);
    const updated = miner.job!;
    expect(updated.cleanJobs).toBe(false);
    expect(updated.prevHash).toEqual(before.prevHash);
    pool.newTip();
    network.run(1);
    expect(miner.job!.cleanJobs).toBe(true);
    expect(miner.job!.prevHash).not.toEqual(before.prevHash);

    miner.submit(miner.find(updated, miner.difficulties.at(-1)!));
    expect(miner.refusals).toMatchObject([{ code: 21 }]);
  });

  it('count what falls short of the upstream’s target here', () => {
    const { network, pool, translator, miners } = farm(aggregateChannels);
    network.run(60);
    for (const { connection, channelId } of pool.eventsOf('channelOpened'))
      pool.operate({ type: 'setTarget', connection, channelId, target: network.target(300) });
    pool.newTip();
    const before = translator.events.length;
    network.run(120);
    const shares = translator.events.slice(before).flatMap((event) => (event.type === 'share' ? [event] : []));
    expect(shares.some(({ forwarded }) => !forwarded)).toBe(true);
    for (const { refusals } of miners) expect(refusals).toEqual([]);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    const totals = [...translator.core.miners].map(({ totals }) => totals);
    expect(totals.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(translator.eventsOf('share').length);
    expect(totals.reduce((sum, { forwarded }) => sum + forwarded, 0)).toBe(pool.eventsOf('share').length);
  });

  it('follow another prefix and another group, without a word about it', () => {
    const { network, pool, translator, miners } = farm(aggregateChannels);
    network.run(30);
    const opened = pool.eventsOf('channelOpened');
    for (const { connection, channelId } of opened)
      pool.operate({ type: 'changeExtranoncePrefix', connection, channelId });
    network.run(30);
    pool.operate({
      type: 'regroup',
      connection: opened[0]!.connection,
      channelIds: opened.map(({ channelId }) => channelId),
    });
    pool.newTemplate();
    network.run(60);
    pool.newTip();
    network.run(60);
    expect(translator.down.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['SetExtranoncePrefix', 'SetGroupChannel']),
    );
    for (const miner of miners) {
      expect(miner.refusals).toEqual([]);
      expect(miner.accepted).toBeGreaterThan(5);
      expect(miner.lines.join()).not.toContain('set_extranonce');
    }
    expect(pool.eventsOf('shareRejected')).toEqual([]);
  });

  it('that come while only a future job is known wait for the tip', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    pool.mood = 'jobless';
    const translator = network.translator([upstream('pool')], { aggregateChannels });
    const miner = network.miner(translator);
    network.run(2);
    expect(miner.notified).toEqual([]);
    pool.mood = 'open';
    pool.newTip();
    network.run(60);
    expect(miner.accepted).toBeGreaterThan(1);
    expect(miner.refusals).toEqual([]);
  });

  it('get the same job again after a quiet minute; what it was mined for before stays a duplicate', () => {
    const { network, pool, miners } = farm(aggregateChannels, 1, { keepaliveMs: 10_000 });
    const miner = miners[0]!;
    network.run(2);
    const job = miner.job!;
    const share = miner.find(job, miner.difficulties.at(-1)!);
    miner.submit(share);
    const jobs = miner.notified.length;
    network.run(12);
    const keepalive = miner.notified[jobs]!;
    const { coinbase1, coinbase2, merklePath, version } = job;
    expect(keepalive).toMatchObject({ cleanJobs: false, coinbase1, coinbase2, merklePath, version });
    expect(keepalive.jobId).not.toBe(job.jobId);
    expect(keepalive.ntime).toBeGreaterThan(job.ntime);
    expect(miner.refusals).toEqual([]);

    miner.submit({ ...share, jobId: keepalive.jobId });
    expect(miner.refusals).toMatchObject([{ code: 22 }]);
    miner.submit(miner.find(keepalive, miner.difficulties.at(-1)!));
    network.run(1);
    expect(miner.refusals.length).toBe(1);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
  });
});

describe('the channel of all miners', () => {
  it('is opened once, when a miner has said something understandable', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    const translator = network.translator();
    const miner = network.miner(translator, { silent: true });
    for (const line of ['{}', 'x', '{"id":1,"method":"mining.sing","params":[]}', '{"id":2,"result":true}'])
      miner.send(line);
    network.run(20);
    expect(network.cablesTo('pool')).toBe(0);
    miner.greet();
    for (let count = 0; count < 5; count++) network.miner(translator);
    network.run(60);
    const opens = pool.received.filter(({ name }) => name === 'OpenExtendedMiningChannel');
    expect(opens).toMatchObject([{ value: { userIdentity: 'farm', minExtranonceSize: 6 } }]);
    expect(pool.core.openChannels).toBe(1);
    expect(new Set(network.miners.map(({ extranonce1 }) => extranonce1.join())).size).toBe(6);
  });

  it('is asked for once for a miner that has said everything before there was an upstream', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    pool.mood = 'refusing';
    const translator = network.translator(undefined, { aggregateChannels: false });
    const miner = network.miner(translator, { mask: 0xffffffff });
    network.run(1);
    pool.mood = 'open';
    network.run(10);
    expect(miner.authorized).toBe(true);
    const claims = translator.sent('OpenExtendedMiningChannel').map(({ value }) => value.nominalHashRate);
    expect(claims.filter((hashrate) => hashrate > 0)).toHaveLength(1);
    expect(translator.sent('CloseChannel')).toEqual([]);
  });

  it('is updated as miners come and go, never before it is open', () => {
    const network = new TranslatorNetwork();
    network.pool('pool');
    const translator = network.translator();
    for (let count = 0; count < 4; count++) network.miner(translator, { hashrate: 0 });
    network.run(6);
    const names = translator.up.map(({ name }) => name);
    expect(names.indexOf('UpdateChannel')).toBeGreaterThan(names.indexOf('OpenExtendedMiningChannel'));
    expect(translator.sent('UpdateChannel').at(-1)!.value.nominalHashRate).toBeCloseTo(20, 0);
    for (const miner of network.miners) miner.unplug();
    network.run(6);
    expect(translator.sent('UpdateChannel').at(-1)!.value.nominalHashRate).toBe(0);
    expect(translator.sent('UpdateChannel').length).toBeLessThanOrEqual(4);
  });

  it('is claimed no more for than miners have shown: a wish starves nobody', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    const translator = network.translator();
    const honest = network.miner(translator, { workerName: 'honest.1' });
    const greedy = network.miner(translator, { workerName: 'greedy.1', hashrate: 0, suggest: 1e15 });
    greedy.send(
      '{"id":9,"method":"mining.configure","params":[["minimum-difficulty"],{"minimum-difficulty.value":1e15}]}',
    );
    network.run(240);
    for (const { value } of translator.sent('UpdateChannel')) {
      expect(value.nominalHashRate).toBeLessThan(200);
      expect(compareTargets(value.maximumTarget, network.target(200))).toBeGreaterThan(0);
    }
    expect(greedy.difficulties.at(-1)).toBeGreaterThanOrEqual(2 ** 49);
    expect(honest.accepted).toBeGreaterThan(5);
    expect(pool.eventsOf('share').length).toBeGreaterThan(5);
  });
});

describe('channels for each miner', () => {
  it('carry the worker, are closed with it, and opened again when it comes back', () => {
    const { network, pool, translator, miner } = connected({ aggregateChannels: false });
    const opened = () => pool.eventsOf('channelOpened').map(({ userIdentity }) => userIdentity);
    expect(opened()).toEqual(['farm', 'farm.rig']);
    expect(pool.core.openChannels).toBe(2);
    miner.unplug();
    network.run(1);
    expect(pool.core.openChannels).toBe(1);
    miner.reconnect();
    network.run(30);
    expect(opened()).toEqual(['farm', 'farm.rig', 'farm.rig']);
    expect(miner.accepted).toBeGreaterThan(0);
    // The sign of life claims nothing that the channels claim.
    expect(translator.sent('OpenExtendedMiningChannel').map(({ value }) => value.nominalHashRate)).toEqual([0, 5, 5]);
  });

  it('go on without one that the pool closes; its miner is sent away and comes back', () => {
    const { network, pool, translator } = connected({ aggregateChannels: false }, { workerName: 'a.1', returns: true });
    const other = network.miner(translator, { workerName: 'a.2' });
    network.run(20);
    const [, first] = pool.eventsOf('channelOpened');
    pool.operate({ type: 'closeChannel', connection: first!.connection, channelId: first!.channelId, reason: 'idle' });
    network.run(60);
    const [miner] = network.miners;
    expect(miner!.closings).toEqual(['channel-closed']);
    expect(miner!.accepted).toBeGreaterThan(0);
    expect(other.closings).toEqual([]);
    expect(pool.core.openChannels).toBe(3);
  });

  it('refuse what the pool refuses, to that miner only', () => {
    const { network, translator, miner } = connected({ aggregateChannels: false }, { workerName: 'farm.1' });
    const bad = network.miner(translator, { workerName: 'sri/solo/nonsense/1' });
    network.run(30);
    expect(bad.authorized).toBe(false);
    expect(bad.closings).toEqual(['channel-refused']);
    expect(translator.eventsOf('workerRefused')).toMatchObject([{ errorCode: 'invalid-user-identity' }]);
    expect(miner.accepted).toBeGreaterThan(0);
  });

  it('do not outlive a miner that left before the answer', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    const translator = network.translator([upstream('pool')], { aggregateChannels: false });
    network.miner(translator, { workerName: 'stays.1' });
    network.run(1);
    const connection = 77;
    const lines = [
      '{"id":1,"method":"mining.subscribe","params":[]}',
      '{"id":2,"method":"mining.authorize","params":["hasty.1","x"]}',
    ];
    const line = (text: string) => ({ type: 'miner-line', connection, line: new TextEncoder().encode(text) }) as const;
    network.later(() => {
      translator.handle({ type: 'miner-connected', connection, address: '192.0.2.9' });
      for (const text of lines) translator.handle(line(text));
      translator.handle({ type: 'miner-disconnected', connection });
    });
    network.run(2);
    expect(pool.eventsOf('channelOpened').map(({ userIdentity }) => userIdentity)).toContain('farm.1');
    expect(pool.core.openChannels).toBe(2);
    expect(translator.core.minerCount).toBe(1);
  });
});
