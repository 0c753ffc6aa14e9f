import { encodeFrame, encodeRawFrame, type Frame } from '@stratumkit/framing';
import { ChannelEndpointChanged } from '@stratumkit/messages/common';
import { MINING_SETUP_FLAGS, OpenExtendedMiningChannel, OpenStandardMiningChannel } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { Network, upstream } from './network.ts';
import { Probe } from './probe.ts';

const REQUEST = {
  requestId: 7,
  userIdentity: 'somebody',
  nominalHashRate: 20,
  maxTarget: new Uint8Array(32).fill(0xff),
};
const OPEN = encodeFrame(OpenStandardMiningChannel, REQUEST);
const openExtended = (minExtranonceSize: number) =>
  encodeFrame(OpenExtendedMiningChannel, { ...REQUEST, minExtranonceSize });
const TWO = [upstream('first'), upstream('second')];

function twoPools(options: Parameters<Network['proxy']>[2] = {}) {
  const network = new Network();
  return {
    network,
    first: network.pool('first'),
    second: network.pool('second'),
    proxy: network.proxy('proxy', TWO, { mode: 'transparent', ...options }),
  };
}

describe('a transparent proxy that changes its upstream', () => {
  it.each([
    ['standard', 'each'],
    ['extended', 'shared'],
  ] as const)('moves %s channels and back, connections: %s', (channel, connections) => {
    const { network, first, second, proxy } = twoPools();
    const farm = network.farm('farm', [upstream('proxy')], { devices: 5, channel, connections });
    network.run(60);
    first.mood = 'refusing';
    network.cut('first');
    network.run(60);
    expect(proxy.core.upstream?.host).toBe('second');
    expect(second.core.openChannels).toBe(6);
    first.mood = 'open';
    network.run(180);
    expect(proxy.core.upstream?.host).toBe('first');
    expect(first.core.openChannels).toBe(6);
    expect(network.cablesTo('second')).toBe(0);
    first.newTip();

    expect(farm.eventsOf('disconnected')).toEqual([]);
    expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
    expect(farm.rejected.filter((code) => code !== 'stale-share')).toEqual([]);
    expect(first.eventsOf('shareRejected')).toEqual([]);
    expect(second.eventsOf('shareRejected')).toEqual([]);
    const counted = first.eventsOf('share').length + second.eventsOf('share').length;
    const { sharesForwarded, sharesAcknowledged, sharesUnknown } = proxy.core.totals;
    expect(farm.acceptedSum).toBe(sharesAcknowledged);
    expect(sharesForwarded).toBe(sharesAcknowledged + sharesUnknown);
    expect(counted).toBeGreaterThanOrEqual(sharesAcknowledged);
    expect(counted).toBeLessThanOrEqual(sharesForwarded);
  });

  it('tells each channel its new prefix, target and group before the first job, and keeps its id', () => {
    const { network, first, second } = twoPools();
    const probe = new Probe(network, 'proxy');
    probe.say(openExtended(6));
    const success = probe.last('OpenExtendedMiningChannel.Success');
    const before = probe.messages.length;
    first.mood = 'refusing';
    network.cut('first');
    network.run(30);
    const opened = second.eventsOf('channelOpened').at(-1)!;
    const after = probe.messages.slice(before);
    expect(after.map(({ name }) => name)).toEqual([
      'SetGroupChannel',
      'SetExtranoncePrefix',
      'SetTarget',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    ]);
    const { channelId } = success;
    expect(after[1]).toMatchObject({ value: { channelId, extranoncePrefix: opened.extranoncePrefix } });
    expect(after[2]).toMatchObject({ value: { channelId, maximumTarget: opened.target } });
    expect(after[3]).toMatchObject({ value: { channelId } });
    expect(opened).toMatchObject({ extranonceSize: 6, userIdentity: 'somebody' });
  });

  it('fills with zeros what the next upstream grants beyond what the device rolls', () => {
    const { network, first, second } = twoPools();
    const farm = network.farm('farm', [upstream('proxy')], { channel: 'extended', minExtranonceSize: 6 });
    second.mood = 'generous';
    first.mood = 'refusing';
    network.cut('first');
    network.run(60);
    const prefix = farm.received.filter((message) => message.name === 'SetExtranoncePrefix').at(-1)!;
    const { extranoncePrefix } = second.eventsOf('channelOpened').at(-1)!;
    expect(prefix.value.extranoncePrefix).toEqual(Uint8Array.of(...extranoncePrefix, 0, 0));
    const shares = second.received.filter((message) => message.name === 'SubmitSharesExtended');
    expect(shares.length).toBeGreaterThan(0);
    for (const { value } of shares) {
      expect(value.extranonce.length).toBe(8);
      expect(value.extranonce.subarray(0, 2)).toEqual(new Uint8Array(2));
    }
  });

  it('closes the channels that the next upstream does not take', () => {
    const { network, first, second, proxy } = twoPools();
    const probe = new Probe(network, 'proxy');
    probe.say(openExtended(6));
    first.mood = 'refusing';
    network.cut('first');
    network.run(1);
    proxy.handle({ type: 'tick' });
    second.refuses = 'somebody';
    network.run(30);
    expect(proxy.core.upstream?.host).toBe('second');
    expect(probe.last('CloseChannel')).toEqual({ channelId: 1, reasonCode: 'unknown-user' });
    expect(probe.closed).toBeUndefined();
    expect(proxy.core.openChannels).toBe(0);
  });

  it('opens when an upstream is there what was asked for before, and gives up after the stated time', () => {
    const { network, first, second, proxy } = twoPools({ limits: { noWorkMs: 30_000 } });
    first.mood = 'refusing';
    second.mood = 'refusing';
    network.cut('first');
    const probe = new Probe(network, 'proxy');
    expect(probe.say(OPEN)).toEqual([]);
    network.run(5);
    first.mood = 'open';
    network.run(20);
    expect(probe.messages.map(({ name }) => name)).toEqual([
      'OpenStandardMiningChannel.Success',
      'NewMiningJob',
      'SetNewPrevHash',
    ]);
    first.mood = 'refusing';
    network.cut('first');
    network.run(29);
    expect(probe.closed).toBeUndefined();
    network.run(2);
    expect(probe.closed).toBe('peer-closed');
    expect(probe.last('CloseChannel')).toMatchObject({ channelId: 1, reasonCode: 'no-work' });
    expect(proxy.eventsOf('workExpired').length).toBe(1);
  });

  it('refuses a channel that the upstream says nothing about', () => {
    const { network, first, proxy } = twoPools({ limits: { openAnswerMs: 5_000 } });
    const probe = new Probe(network, 'proxy');
    first.deaf = true;
    probe.say(OPEN);
    network.run(4);
    expect(probe.messages).toEqual([]);
    network.run(2);
    expect(probe.last('OpenMiningChannel.Error')).toEqual({ requestId: 7, errorCode: 'no-answer' });
    expect(proxy.eventsOf('channelRefused').at(-1)).toMatchObject({ errorCode: 'other' });
    // The answer comes after all.
    first.deaf = false;
    const { connection } = first.eventsOf('channelOpened').at(-1)!;
    expect(first.core.openChannels).toBe(2);
    first.repeatLastSuccess(connection);
    expect(first.core.openChannels).toBe(1);
  });

  it('asks for no more channels than an upstream bears on one connection; the others wait', () => {
    const { network, first } = twoPools({ limits: { channelRequests: { burst: 5, perSecond: 2 } } });
    const probe = new Probe(network, 'proxy');
    for (let requestId = 1; requestId <= 10; requestId++)
      probe.say(encodeFrame(OpenStandardMiningChannel, { ...REQUEST, requestId }));
    expect(first.core.openChannels).toBe(1 + 5);
    network.run(1);
    expect(first.core.openChannels).toBe(1 + 7);
    network.run(3);
    expect(first.core.openChannels).toBe(1 + 10);
    expect(probe.all('OpenStandardMiningChannel.Success').map(({ requestId }) => requestId)).toEqual(
      Array.from({ length: 10 }, (_, index) => index + 1),
    );
  });

  it('counts as unknown what was not answered when a device went', () => {
    const { network, first, proxy } = twoPools();
    first.answerShares = 'never';
    const farm = network.farm('farm', [upstream('proxy')], { channel: 'extended' });
    network.run(60);
    const { sharesForwarded } = proxy.core.totals;
    expect(sharesForwarded).toBeGreaterThan(0);
    expect(proxy.core.unansweredShares).toBe(sharesForwarded);
    proxy.mood = 'refusing';
    network.cut('proxy');
    expect(proxy.core.totals.sharesUnknown).toBe(sharesForwarded);
    expect(proxy.core.unansweredShares).toBe(0);
    expect(proxy.eventsOf('sharesUnknown')).toEqual([
      { type: 'sharesUnknown', shares: sharesForwarded, reason: 'downstream-gone' },
    ]);
    expect(farm.acceptedSum).toBe(0);
  });

  it('drains: the last shares are answered, then channels and connections are closed', () => {
    const { network, first, proxy } = twoPools();
    const farm = network.farm('farm', [upstream('proxy')], { devices: 3 });
    network.run(60);
    proxy.mood = 'refusing';
    const open = proxy.core.unansweredShares;
    proxy.handle({ type: 'drain' });
    network.run(6);
    expect(proxy.core.connections).toBe(0);
    expect(first.core.openChannels).toBe(1);
    const { sharesAcknowledged, sharesForwarded, sharesUnknown } = proxy.core.totals;
    expect(farm.acceptedSum).toBe(sharesAcknowledged);
    expect(sharesForwarded - sharesAcknowledged).toBe(sharesUnknown);
    expect(sharesUnknown).toBeLessThanOrEqual(open);
  });
});

describe('messages of extensions that a transparent proxy does not know', () => {
  const message = (channelId: number, changes: Partial<Frame> = {}): Frame => {
    const payload = Uint8Array.from({ length: 40 }, (_, index) => index * 5);
    new DataView(payload.buffer).setUint32(0, channelId, true);
    return { extensionType: 0x1234, channelMessage: true, messageType: 0x21, payload, ...changes };
  };

  it('go on in both directions with another channel id and nothing else', () => {
    const { network, first, proxy } = twoPools();
    const others = new Probe(network, 'proxy');
    others.say(OPEN);
    const probe = new Probe(network, 'proxy', MINING_SETUP_FLAGS.requiresStandardJobs);
    probe.say(OPEN);
    const { channelId, connection } = first.eventsOf('channelOpened').at(-1)!;
    probe.sayForeign(message(1));
    expect(first.foreign).toEqual([message(channelId)]);
    first.say(connection, encodeRawFrame(message(channelId, { messageType: 0x22 })));
    expect(probe.foreign).toEqual([message(1, { messageType: 0x22 })]);
    expect(others.foreign).toEqual([]);
    // To the group: one for each connection, or for each channel where there are no groups.
    const { groupChannelId } = first.eventsOf('channelOpened').at(-1)!;
    first.say(connection, encodeRawFrame(message(groupChannelId)));
    expect(probe.foreign.at(-1)).toEqual(message(1));
    const group = others.last('OpenStandardMiningChannel.Success').groupChannelId;
    expect(others.foreign).toEqual([message(group)]);
    others.sayForeign(message(group));
    expect(first.foreign.at(-1)).toEqual(message(groupChannelId));
    expect(proxy.foreignUp.length).toBe(2);
  });

  it('end here when they are for the connection, for the proxy’s own channel, or for none', () => {
    const { network, first } = twoPools();
    const probe = new Probe(network, 'proxy');
    probe.say(OPEN);
    const [trunk] = first.eventsOf('channelOpened');
    probe.sayForeign(message(1, { channelMessage: false }));
    probe.sayForeign(message(99));
    probe.sayForeign(message(1, { payload: Uint8Array.of(1, 0, 0) }));
    expect(first.foreign).toEqual([]);
    first.say(trunk!.connection, encodeRawFrame(message(trunk!.channelId)));
    first.say(trunk!.connection, encodeRawFrame(message(9_999)));
    expect(probe.foreign).toEqual([]);
    expect(probe.closed).toBeUndefined();
    expect(network.cablesTo('first')).toBe(1);
  });

  it('go up only as many as an upstream bears on one connection', () => {
    const { network, first } = twoPools({ limits: { foreignMessages: { burst: 5, perSecond: 1 } } });
    const probes = [new Probe(network, 'proxy'), new Probe(network, 'proxy')];
    for (const probe of probes) {
      probe.say(OPEN);
      for (let count = 0; count < 10; count++) probe.sayForeign(message(1));
    }
    expect(first.foreign.length).toBe(5);
    network.run(3);
    for (let count = 0; count < 10; count++) probes[1]!.sayForeign(message(1));
    expect(first.foreign.length).toBe(8);
    expect(network.cablesTo('first')).toBe(1);
  });

  it('make the channel hear of a new endpoint, and no other channel', () => {
    const { network, first, second } = twoPools();
    const probe = new Probe(network, 'proxy');
    probe.say(OPEN);
    probe.say(encodeFrame(OpenStandardMiningChannel, { ...REQUEST, requestId: 8 }));
    const used = probe.all('OpenStandardMiningChannel.Success')[1]!.channelId;
    probe.sayForeign(message(used));
    first.mood = 'refusing';
    network.cut('first');
    network.run(30);
    expect(probe.all('ChannelEndpointChanged')).toEqual([{ channelId: used }]);
    // It begins anew, so the next change is worth a word only if it was used again.
    first.mood = 'open';
    second.mood = 'refusing';
    network.cut('second');
    network.run(30);
    expect(probe.all('ChannelEndpointChanged').length).toBe(1);
    // One that comes from further up is passed on.
    const { connection, channelId } = first.eventsOf('channelOpened').at(-1)!;
    first.say(connection, encodeFrame(ChannelEndpointChanged, { channelId }));
    expect(probe.all('ChannelEndpointChanged').length).toBe(2);
  });

  it('end at a proxy that aggregates: it is the endpoint of its channels', () => {
    const network = new Network();
    const pool = network.pool('first');
    network.proxy('proxy', TWO);
    const probe = new Probe(network, 'proxy');
    probe.say(OPEN);
    probe.sayForeign(message(1));
    const { connection, channelId } = pool.eventsOf('channelOpened').at(-1)!;
    pool.say(connection, encodeRawFrame(message(channelId)));
    expect(pool.foreign).toEqual([]);
    expect(probe.foreign).toEqual([]);
  });
});

describe('proxies behind transparent proxies', () => {
  it.each([
    ['transparent', 'transparent', 'transparent'],
    ['transparent', 'aggregating', 'transparent'],
    ['aggregating', 'transparent', 'aggregating'],
  ] as const)('%s, %s, %s: devices mine on every level', (...modes) => {
    const network = new Network();
    const pool = network.pool('pool');
    const hosts = ['one', 'two', 'three'];
    modes.forEach((mode, level) => {
      network.proxy(hosts[level]!, [upstream(hosts[level - 1] ?? 'pool')], { mode });
    });
    const farms = hosts.map((host) =>
      network.farm(`on-${host}`, [upstream(host)], { devices: 2, channel: 'extended' }),
    );
    network.run(100);
    pool.newTip();
    network.run(100);
    pool.newTip();
    network.run(10);
    for (const farm of farms) {
      expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
      expect(farm.rejected).toEqual([]);
    }
    expect(pool.eventsOf('shareRejected')).toEqual([]);
    const before = pool.messages.length;
    pool.newTip();
    const sent = pool.messages.slice(before).filter(({ name }) => name !== 'SubmitShares.Success');
    expect(sent.map(({ name }) => name)).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash']);
  });
});
