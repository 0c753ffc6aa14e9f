import { encodeFrame } from '@stratumkit/framing';
import { MINING_SETUP_FLAGS, OpenStandardMiningChannel, SubmitSharesStandard } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { Network, upstream } from './network.ts';
import { Probe } from './probe.ts';

const NAMES = ['farm.0', 'farm.1', 'farm.2', 'farm.3', 'farm.4'];

describe('a proxy that aggregates', () => {
  it.each(['standard', 'extended'] as const)('lets %s devices mine in one upstream channel', (channel) => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')]);
    const farm = network.farm('farm', [upstream('proxy')], { devices: 5, channel });
    network.run(120);
    pool.newTip();
    network.run(120);
    pool.newTemplate();
    network.run(120);

    expect(pool.core.openChannels).toBe(1);
    expect(network.cablesTo('pool')).toBe(1);
    expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
    expect(farm.rejected).toEqual([]);
    const counted = pool.eventsOf('share');
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    expect(counted.length).toBeGreaterThan(10);
    expect(proxy.core.totals.sharesForwarded).toBe(counted.length);
    expect(new Set(counted.map((share) => share.worker))).toEqual(new Set(NAMES));
  });

  it('sends up only what meets the upstream target, and answers the rest itself', () => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')], {
      targets: { sharesPerMinute: 30, easiestTarget: network.target(1), hardestTarget: network.target(1e12) },
    });
    const farm = network.farm('farm', [upstream('proxy')], { devices: 5 });
    network.run(20);
    const before = { ...proxy.core.totals };
    network.run(280);
    network.run(30);
    const { sharesIn, sharesForwarded } = proxy.core.totals;
    // Five devices at 30 a minute; the pool wants 6 a minute of all of them together.
    expect(sharesIn - before.sharesIn).toBeGreaterThan(500);
    expect(sharesForwarded - before.sharesForwarded).toBeLessThan(80);
    expect(farm.rejected).toEqual([]);
    expect(farm.acceptedSum).toBeGreaterThan(500);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
  });

  it('acknowledges what it sent up only when the upstream has', () => {
    const network = new Network();
    const pool = network.pool('pool', { shareBatchSize: 1_000, maxBatchDelayMs: 300_000 });
    const proxy = network.proxy('proxy', [upstream('pool')], { shareBatchSize: 1 });
    const farm = network.farm('farm', [upstream('proxy')], { hashrate: 50 });
    network.run(45);
    const { sharesForwarded } = proxy.core.totals;
    expect(sharesForwarded).toBeGreaterThan(2);
    expect(farm.acceptedSum).toBe(0);
    // Batches go out at a tip.
    pool.newTip();
    expect(farm.acceptedSum).toBe(proxy.core.totals.sharesIn);
    expect(proxy.core.totals.sharesAcknowledged).toBe(sharesForwarded);
  });

  it('tells the upstream the sum of its devices, at most once a second, and 0 without any', () => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')]);
    const [open] = pool.received;
    expect(open).toMatchObject({ name: 'OpenExtendedMiningChannel', value: { nominalHashRate: 0 } });
    network.farm('farm', [upstream('proxy')], { devices: 20, hashrate: 30 });
    const updates = () => proxy.up.filter((message) => message.name === 'UpdateChannel');
    expect(updates().length).toBe(1);
    network.run(5);
    expect(updates().length).toBe(2);
    expect(updates()[1]).toMatchObject({ value: { nominalHashRate: 600 } });
    proxy.mood = 'refusing';
    network.cut('proxy');
    network.run(2);
    expect(updates().at(-1)).toMatchObject({ value: { nominalHashRate: 0 } });
    expect(pool.core.openChannels).toBe(1);
  });

  it('does not let one device that asks for little starve the others', () => {
    const network = new Network();
    network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')]);
    network.farm('farm', [upstream('proxy')], { devices: 3, hashrate: 30 });
    network.farm('odd', [upstream('proxy')], { hashrate: 30, maxTarget: network.target(1e9) });
    network.run(2);
    const updates = proxy.up.filter((message) => message.name === 'UpdateChannel');
    expect(updates.at(-1)).toMatchObject({ value: { nominalHashRate: 120, maximumTarget: network.target(30) } });
  });

  it('maps a refusal back to the device that sent the share', () => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')]);
    const farm = network.farm('farm', [upstream('proxy')]);
    network.run(2);
    pool.answerShares = 'difficulty-too-low';
    network.run(100);
    expect(farm.acceptedSum).toBe(0);
    expect(farm.rejected.length).toBe(proxy.core.totals.sharesForwarded);
    expect(new Set(farm.rejected)).toEqual(new Set(['difficulty-too-low']));
    pool.answerShares = 'something new';
    network.run(100);
    expect(new Set(farm.rejected)).toEqual(new Set(['difficulty-too-low', 'invalid-share']));
    expect(network.cablesTo('pool')).toBe(1);
  });

  it('raises the alarm when the upstream counts fewer shares than it answers', () => {
    const network = new Network();
    const pool = network.pool('pool', { shareBatchSize: 5, maxBatchDelayMs: 1_000_000 });
    const proxy = network.proxy('proxy', [upstream('pool')], { shareBatchSize: 1 });
    const farm = network.farm('farm', [upstream('proxy')], { hashrate: 50 });
    pool.swallow = 2;
    network.run(200);
    const [{ answered, counted } = { answered: 0, counted: 0 }] = proxy.eventsOf('shareGap');
    expect(answered - counted).toBe(2);
    const { sharesAcknowledged, sharesUnknown } = proxy.core.totals;
    expect(farm.acceptedSum).toBe(sharesAcknowledged);
    expect(sharesUnknown).toBeGreaterThan(0);
  });

  it('raises the alarm when answers do not come', () => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')], { limits: { answerAlarmMs: 60_000 } });
    network.farm('farm', [upstream('proxy')], { devices: 3 });
    pool.answerShares = 'never';
    network.run(150);
    expect(proxy.eventsOf('answersOverdue').length).toBeGreaterThanOrEqual(1);
    expect(proxy.eventsOf('answersOverdue').length).toBeLessThanOrEqual(2);
  });

  it('refuses at its setup what the upstream cannot give, custom work in any case', () => {
    const network = new Network();
    const pool = network.pool('pool');
    pool.setupOptions = { versionRollingAllowed: false };
    const proxy = network.proxy('proxy', [upstream('pool')]);
    const decide = (flags: number) => proxy.decideSetup({ ...network.setup, flags });
    const { requiresVersionRolling: rolling, requiresWorkSelection: selection } = MINING_SETUP_FLAGS;
    expect(decide(0)).toEqual({ accept: true, flags: 1 });
    expect(decide(MINING_SETUP_FLAGS.requiresStandardJobs)).toEqual({ accept: true, flags: 1 });
    const refused = { accept: false, errorCode: 'unsupported-feature-flags' };
    expect(decide(rolling)).toEqual({ ...refused, flags: rolling });
    expect(decide(rolling | selection)).toEqual({ ...refused, flags: rolling | selection });
  });

  it('follows the upstream’s own changes: prefix, target, group', () => {
    const network = new Network();
    const pool = network.pool('pool');
    network.proxy('proxy', [upstream('pool')]);
    const farm = network.farm('farm', [upstream('proxy')], { devices: 4, channel: 'extended' });
    network.run(60);
    const [connection] = pool.connections;
    const [{ channelId } = { channelId: 0 }] = pool.eventsOf('channelOpened');
    const operate = (operation: Parameters<typeof pool.operate>[0]) => pool.operate(operation);
    operate({ type: 'changeExtranoncePrefix', connection: connection!, channelId });
    network.run(60);
    operate({ type: 'regroup', connection: connection!, channelIds: [channelId] });
    network.run(60);
    operate({ type: 'setTarget', connection: connection!, channelId, target: network.target(200) });
    network.run(60);
    pool.newTip();
    network.run(120);
    expect(farm.rejected).toEqual([]);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    expect(farm.received.map(({ name }) => name)).not.toContain('SetExtranoncePrefix');
    expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
  });

  it.each(['aggregating', 'transparent'] as const)(
    'takes a rolled time as consensus does, and the pool takes it from it (%s)',
    (mode) => {
      const network = new Network();
      const pool = network.pool('pool');
      const proxy = network.proxy('proxy', [upstream('pool')], { mode, shareBatchSize: 1 });
      const probe = new Probe(network, 'proxy', MINING_SETUP_FLAGS.requiresStandardJobs);
      const maxTarget = new Uint8Array(32).fill(0xff);
      const request = { requestId: 1, userIdentity: 'a', nominalHashRate: 0, maxTarget };
      probe.say(encodeFrame(OpenStandardMiningChannel, request));
      const { channelId } = probe.last('OpenStandardMiningChannel.Success');
      const { jobId, version } = probe.last('NewMiningJob');
      const submit = (ntime: number, count: number) => {
        const before = probe.all('SubmitShares.Error').length;
        for (let nonce = 1; nonce <= count; nonce++)
          probe.say(
            encodeFrame(SubmitSharesStandard, { channelId, sequenceNumber: nonce, jobId, nonce, ntime, version }),
          );
        return new Set(
          probe
            .all('SubmitShares.Error')
            .slice(before)
            .map(({ errorCode }) => errorCode),
        );
      };
      expect(submit(network.now.unixSeconds + 7_000, 200)).toEqual(new Set(['difficulty-too-low']));
      expect(proxy.core.totals.sharesForwarded).toBeGreaterThan(0);
      expect(pool.eventsOf('shareRejected')).toEqual([]);
      expect(submit(network.now.unixSeconds + 7_300, 1)).toEqual(new Set(['invalid-share']));
    },
  );

  it('closes what a downstream breaks, and that connection only', () => {
    const network = new Network();
    network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')]);
    const farm = network.farm('farm', [upstream('proxy')], { devices: 2 });
    const connection = 999;
    proxy.connected(connection, network.setup, new Set());
    for (const name of ['NewMiningJob', 'SetTarget', 'CloseChannel'] as const)
      proxy.handle({ type: 'message', connection, message: { name, value: { channelId: 77 } } as never, tlvs: [] });
    proxy.disconnected(connection);
    network.run(60);
    expect(network.cablesTo('pool')).toBe(1);
    expect(farm.rejected).toEqual([]);
    expect(farm.eventsOf('disconnected')).toEqual([]);
  });
});

describe('proxies in a chain', () => {
  it('go three deep, with devices on every level', () => {
    const network = new Network();
    const pool = network.pool('pool');
    network.proxy('one', [upstream('pool')]);
    network.proxy('two', [upstream('one')]);
    network.proxy('three', [upstream('two')]);
    const farms = ['pool', 'one', 'two', 'three'].map((host) =>
      network.farm(`on-${host}`, [upstream(host)], { devices: 2, channel: 'extended' }),
    );
    network.run(200);
    pool.newTip();
    network.run(200);
    for (const farm of farms) {
      expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
      expect(farm.rejected).toEqual([]);
    }
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    const [one, two, three] = ['one', 'two', 'three'].map((name) => network.proxies.get(name)!.core.totals);
    expect(one!.sharesIn).toBeGreaterThan(two!.sharesAcknowledged);
    expect(two!.sharesAcknowledged).toBeGreaterThanOrEqual(three!.sharesAcknowledged);
  });

  it('ends where the extranonce space does, with the right word', () => {
    const network = new Network();
    network.pool('pool');
    const depth = 8;
    for (let level = 1; level <= depth; level++)
      network.proxy(`p${level}`, [upstream(level === 1 ? 'pool' : `p${level - 1}`)]);
    network.run(5);
    const serving = [...network.proxies.values()].filter((proxy) => proxy.core.upstream !== undefined).length;
    expect(serving).toBe(5);
    const failed = network.proxies.get('p6')!.eventsOf('upstreamFailed');
    expect(failed[0]).toMatchObject({ failure: 'channel-refused', reason: 'min-extranonce-size-too-large' });
  });
});
