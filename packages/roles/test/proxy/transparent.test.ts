import { encodeFrame } from '@stratumkit/framing';
import {
  CloseChannel,
  MINING_SETUP_FLAGS,
  MINING_SETUP_SUCCESS_FLAGS,
  OpenExtendedMiningChannel,
  OpenStandardMiningChannel,
  SubmitSharesExtended,
  UpdateChannel,
  UpdateChannelError,
} from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { Network, type TestPool, upstream } from './network.ts';
import { Probe } from './probe.ts';

const TRANSPARENT = { mode: 'transparent' } as const;
const REQUEST: OpenStandardMiningChannel = {
  requestId: 7,
  userIdentity: 'somebody',
  nominalHashRate: 20,
  maxTarget: new Uint8Array(32).fill(0xff),
};
const open = (changes: Partial<OpenStandardMiningChannel> = {}) =>
  encodeFrame(OpenStandardMiningChannel, { ...REQUEST, ...changes });
const openExtended = (changes: Partial<OpenStandardMiningChannel> & { minExtranonceSize?: number } = {}) =>
  encodeFrame(OpenExtendedMiningChannel, { ...REQUEST, minExtranonceSize: 4, ...changes });

function transparent(pool: Parameters<Network['pool']>[1] = {}, proxy: Parameters<Network['proxy']>[2] = {}) {
  const network = new Network();
  const first = network.pool('pool', pool);
  const relay = network.proxy('proxy', [upstream('pool'), upstream('spare')], { ...TRANSPARENT, ...proxy });
  return { network, pool: first, proxy: relay };
}

function names(pool: TestPool, from = 0): string[] {
  return pool.messages.slice(from).map(({ name }) => name);
}

describe('a transparent proxy', () => {
  it.each([
    ['standard', 'each'],
    ['extended', 'each'],
    ['standard', 'shared'],
    ['extended', 'shared'],
  ] as const)('opens a channel upstream for each %s device, connections: %s', (channel, connections) => {
    const { network, pool, proxy } = transparent();
    const farm = network.farm('farm', [upstream('proxy')], { devices: 5, channel, connections });
    network.run(100);
    pool.newTip();
    network.run(100);
    pool.newTemplate();
    network.run(60);
    pool.newTip();

    // One more shows whether there is work.
    expect(pool.core.openChannels).toBe(6);
    expect(network.cablesTo('pool')).toBe(1);
    expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
    expect(farm.rejected).toEqual([]);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    const counted = pool.eventsOf('share');
    const { sharesIn, sharesForwarded, sharesAcknowledged, sharesUnknown } = proxy.core.totals;
    expect([sharesIn, sharesForwarded, sharesAcknowledged]).toEqual(Array(3).fill(counted.length));
    expect(sharesUnknown).toBe(0);
    expect(farm.acceptedSum).toBe(counted.length);
    const users = new Set(counted.map((share) => share.userIdentity));
    expect(users).toEqual(new Set([0, 1, 2, 3, 4].map((index) => `farm.${index}`)));
  });

  it('gets one job for all of them, and derives what each needs', () => {
    const { network, pool, proxy } = transparent();
    network.farm('standard', [upstream('proxy')], { devices: 20 });
    network.farm('grouped', [upstream('proxy')], { devices: 20, connections: 'shared', channel: 'extended' });
    const [before, beforeDown] = [pool.messages.length, proxy.down.length];
    pool.newTip();
    expect(names(pool, before)).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash']);
    const down = proxy.down.slice(beforeDown);
    const jobs = down.filter((message) => message.name === 'NewMiningJob');
    expect(jobs.length).toBe(20);
    expect(new Set(jobs.map(({ value }) => value.merkleRoot.join())).size).toBe(20);
    expect(down.filter(({ name }) => name === 'NewExtendedMiningJob').length).toBe(1);
    // Connections on which the same words are due share a frame.
    expect(down.filter(({ name }) => name === 'SetNewPrevHash').length).toBe(2);
  });

  it('passes requests on as they are, and answers under its own ids, which stay', () => {
    const { network, pool } = transparent();
    const probe = new Probe(network, 'proxy');
    probe.say(openExtended({ nominalHashRate: 1_000, maxTarget: network.target(900), minExtranonceSize: 5 }));
    expect(pool.received.at(-1)).toMatchObject({
      name: 'OpenExtendedMiningChannel',
      value: {
        userIdentity: 'somebody',
        nominalHashRate: 1_000,
        maxTarget: network.target(900),
        minExtranonceSize: 5,
      },
    });
    const success = probe.last('OpenExtendedMiningChannel.Success');
    const opened = pool.eventsOf('channelOpened').at(-1)!;
    const { extranoncePrefix, target } = opened;
    expect(success).toMatchObject({ requestId: 7, extranonceSize: 5, extranoncePrefix, target, channelId: 1 });
    expect(opened.channelId).not.toBe(success.channelId);
    const other = new Probe(network, 'proxy');
    other.say(open());
    expect(other.last('OpenStandardMiningChannel.Success')).toMatchObject({ requestId: 7, channelId: 1 });
    expect(probe.messages.slice(0, 3).map(({ name }) => name)).toEqual([
      'OpenExtendedMiningChannel.Success',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    ]);
  });

  it('gives the refusal of the upstream to who asked', () => {
    const { network, pool } = transparent();
    const probe = new Probe(network, 'proxy');
    probe.say(openExtended({ requestId: 3, minExtranonceSize: 30 }));
    expect(probe.last('OpenMiningChannel.Error')).toEqual({
      requestId: 3,
      errorCode: 'min-extranonce-size-too-large',
    });
    pool.mood = 'no-channels';
    probe.say(openExtended({ requestId: 4 }));
    expect(probe.last('OpenMiningChannel.Error')).toEqual({ requestId: 4, errorCode: 'unknown-user' });
    expect(network.cablesTo('pool')).toBe(1);
  });

  it('refuses by itself what no upstream needs to hear', () => {
    const { network, pool } = transparent({}, { serverLimits: { maxChannels: 3, maxChannelsPerConnection: 2 } });
    const probe = new Probe(network, 'proxy');
    const standard = new Probe(network, 'proxy', MINING_SETUP_FLAGS.requiresStandardJobs);
    const before = pool.received.length;
    const refusal = (answer: ReturnType<Probe['say']>) => answer[0];
    const error = (errorCode: string) => ({ name: 'OpenMiningChannel.Error', value: { errorCode } });
    expect(refusal(standard.say(openExtended()))).toMatchObject(
      error('extended-channels-not-supported-for-standard-jobs'),
    );
    expect(refusal(probe.say(open({ nominalHashRate: Number.NaN })))).toMatchObject(error('invalid-nominal-hashrate'));
    expect(pool.received.length).toBe(before);
    probe.say(open());
    expect(refusal(probe.say(open()))).toMatchObject(error('duplicate-request-id'));
    probe.say(open({ requestId: 8 }));
    expect(refusal(probe.say(open({ requestId: 9 })))).toMatchObject(error('channel-capacity-exhausted'));
    standard.say(open({ requestId: 1 }));
    expect(refusal(standard.say(open({ requestId: 2 })))).toMatchObject(error('channel-capacity-exhausted'));
    expect(pool.core.openChannels).toBe(4);
  });

  it('sends UpdateChannel at most once a second for a channel, the last one of them', () => {
    const { network, pool, proxy } = transparent();
    const probe = new Probe(network, 'proxy');
    probe.say(open());
    const update = (nominalHashRate: number, channelId = 1) =>
      probe.say(encodeFrame(UpdateChannel, { channelId, nominalHashRate, maximumTarget: network.target(500) }));
    const sent = () =>
      proxy.up.filter((message) => message.name === 'UpdateChannel').map(({ value }) => value.nominalHashRate);
    for (const hashrate of [10, 20, 30, 40]) update(hashrate);
    expect(sent()).toEqual([10]);
    network.run(2);
    expect(sent()).toEqual([10, 40]);
    network.run(2);
    expect(sent()).toEqual([10, 40]);
    const { channelId } = pool.eventsOf('channelOpened').at(-1)!;
    expect(proxy.up.at(-1)).toMatchObject({ value: { channelId, maximumTarget: network.target(500) } });
    expect(update(Number.NaN)).toMatchObject([{ name: 'UpdateChannel.Error', value: { channelId: 1 } }]);
    expect(update(1, 99)).toMatchObject([{ value: { channelId: 99, errorCode: 'invalid-channel-id' } }]);
    expect(sent()).toEqual([10, 40]);
    const [connection] = pool.connections;
    pool.say(connection!, encodeFrame(UpdateChannelError, { channelId, errorCode: 'not\nso' }));
    expect(probe.last('UpdateChannel.Error')).toEqual({ channelId: 1, errorCode: 'not?so' });
  });

  it('closes upstream what downstreams close or leave behind', () => {
    const { network, pool } = transparent();
    const probe = new Probe(network, 'proxy');
    for (const requestId of [1, 2, 3, 4]) probe.say(open({ requestId }));
    const channels = probe.all('OpenStandardMiningChannel.Success');
    expect(pool.core.openChannels).toBe(5);
    probe.say(encodeFrame(CloseChannel, { channelId: channels[0]!.channelId, reasonCode: 'enough' }));
    expect(pool.core.openChannels).toBe(4);
    expect(pool.eventsOf('channelClosed').at(-1)).toMatchObject({ reason: 'enough' });
    const other = new Probe(network, 'proxy');
    other.say(open());
    probe.say(encodeFrame(CloseChannel, { channelId: channels[0]!.groupChannelId, reasonCode: 'all' }));
    expect(pool.core.openChannels).toBe(2);
    other.hangUp();
    expect(pool.core.openChannels).toBe(1);
    expect(network.cablesTo('pool')).toBe(1);
  });

  it('closes downstream what the upstream closes', () => {
    const { network, pool, proxy } = transparent();
    const probe = new Probe(network, 'proxy');
    probe.say(open());
    const { connection, channelId } = pool.eventsOf('channelOpened').at(-1)!;
    pool.operate({ type: 'closeChannel', connection, channelId, reason: 'maintenance' });
    expect(probe.last('CloseChannel')).toEqual({ channelId: 1, reasonCode: 'maintenance' });
    expect(proxy.core.openChannels).toBe(0);
    expect(probe.closed).toBeUndefined();
  });

  it('follows changes of prefix, target and group', () => {
    const { network, pool, proxy } = transparent();
    const farm = network.farm('farm', [upstream('proxy')], { devices: 4, channel: 'extended', connections: 'shared' });
    const probe = new Probe(network, 'proxy', MINING_SETUP_FLAGS.requiresStandardJobs);
    probe.say(open());
    network.run(60);
    const opened = pool.eventsOf('channelOpened').slice(1);
    const { connection } = opened[0]!;
    const channelIds = opened.map(({ channelId }) => channelId);
    pool.operate({ type: 'changeExtranoncePrefix', connection, channelId: channelIds[0]! });
    pool.operate({ type: 'changeExtranoncePrefix', connection, channelId: channelIds[4]! });
    network.run(60);
    const downBefore = proxy.down.length;
    pool.operate({ type: 'regroup', connection, channelIds: [channelIds[1]!, channelIds[2]!, channelIds[4]!] });
    const regrouped = proxy.down.slice(downBefore);
    // Not on the connection that needs standard jobs (spec 5.3.22).
    expect(regrouped.map(({ name }) => name)).toEqual(['SetGroupChannel']);
    expect(regrouped[0]).toMatchObject({ value: { channelIds: [3, 4] } });
    network.run(60);
    pool.operate({ type: 'setTarget', connection, channelId: channelIds[3]!, target: network.target(200) });
    network.run(60);
    pool.newTip();
    network.run(120);
    expect(farm.rejected).toEqual([]);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
    expect(farm.received.filter(({ name }) => name === 'SetExtranoncePrefix').length).toBe(1);
    expect(probe.all('SetExtranoncePrefix').length).toBe(1);
    expect(probe.all('SetGroupChannel')).toEqual([]);
    expect(proxy.eventsOf('target').at(-1)).toMatchObject({ userIdentity: 'farm.3', target: network.target(200) });
  });

  it('keeps invalid shares to itself, and maps the upstream’s refusals back to who sent them', () => {
    const { network, pool, proxy } = transparent();
    const probe = new Probe(network, 'proxy');
    probe.say(openExtended());
    const { jobId } = probe.last('NewExtendedMiningJob');
    const share = { channelId: 1, sequenceNumber: 70, jobId, nonce: 0, ntime: 1_700_000_000, version: 0x20000000 };
    const submit = (changes: Partial<typeof share> & { extranonce?: Uint8Array }) =>
      probe.say(encodeFrame(SubmitSharesExtended, { ...share, extranonce: new Uint8Array(4), ...changes }))[0];
    const error = (errorCode: string, sequenceNumber = 70) => ({ value: { sequenceNumber, errorCode } });
    expect(submit({ jobId: 4_000 })).toMatchObject(error('invalid-job-id'));
    expect(submit({ extranonce: new Uint8Array(3) })).toMatchObject(error('bad-extranonce-size'));
    expect(submit({ channelId: 44 })).toMatchObject(error('invalid-channel-id'));
    expect(submit({ version: 1 })).toMatchObject(error('invalid-non-rollable-version-bit'));
    expect(submit({ ntime: 1 })).toMatchObject(error('invalid-share'));
    expect(proxy.core.totals).toMatchObject({ sharesIn: 5, sharesForwarded: 0 });

    pool.answerShares = 'duplicate-share';
    const farm = network.farm('farm', [upstream('proxy')], { channel: 'extended', devices: 2 });
    network.run(60);
    expect(farm.acceptedSum).toBe(0);
    expect(farm.rejected.length).toBe(proxy.core.totals.sharesRejectedUpstream);
    expect(new Set(farm.rejected)).toEqual(new Set(['duplicate-share']));
    expect(network.cablesTo('pool')).toBe(1);
  });

  it('raises the alarm when the upstream counts fewer shares than it answers', () => {
    const { network, pool, proxy } = transparent({ shareBatchSize: 5, maxBatchDelayMs: 1_000_000 });
    const farm = network.farm('farm', [upstream('proxy')], { hashrate: 50 });
    pool.swallow = 2;
    network.run(120);
    const [{ answered, counted } = { answered: 0, counted: 0 }] = proxy.eventsOf('shareGap');
    expect(answered - counted).toBe(2);
    expect(farm.acceptedSum).toBe(proxy.core.totals.sharesAcknowledged);
  });

  it('refuses at the setup what the upstream cannot give', () => {
    const { network, pool, proxy } = transparent();
    const rolling = new Probe(network, 'proxy', MINING_SETUP_FLAGS.requiresVersionRolling);
    const unaware = new Probe(network, 'proxy');
    pool.setupOptions = { versionRollingAllowed: false };
    network.cut('pool');
    network.run(5);
    expect(proxy.core.upstream).toBeDefined();
    // Neither knew that the version is fixed.
    expect([rolling.closed, unaware.closed]).toEqual(['peer-closed', 'peer-closed']);
    expect(new Probe(network, 'proxy').flags).toBe(MINING_SETUP_SUCCESS_FLAGS.requiresFixedVersion);
    const flags = MINING_SETUP_FLAGS.requiresVersionRolling;
    expect(proxy.decideSetup({ ...network.setup, flags })).toEqual({
      accept: false,
      flags,
      errorCode: 'unsupported-feature-flags',
    });
  });
});
