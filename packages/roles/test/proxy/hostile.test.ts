import { encodeFrame } from '@stratumkit/framing';
import {
  CloseChannel,
  NewExtendedMiningJob,
  OpenExtendedMiningChannel,
  SetTarget,
  UpdateChannel,
} from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { Network, upstream } from './network.ts';
import { Probe } from './probe.ts';

const LARGEST_F32 = 3.4028234663852886e38;
const MAX_TARGET = new Uint8Array(32).fill(0xff);

function request(requestId: number, nominalHashRate: number) {
  return { requestId, userIdentity: 'liar', nominalHashRate, maxTarget: MAX_TARGET, minExtranonceSize: 2 };
}

describe.each(['aggregating', 'transparent'] as const)('a proxy that is %s', (mode) => {
  it.each([
    [
      'a target that no hash meets',
      'impossible-target',
      (channelId: number) => encodeFrame(SetTarget, { channelId, maximumTarget: new Uint8Array(32) }),
    ],
    [
      'a coinbase that leaves no room for an extranonce',
      'coinbase-too-long',
      (channelId: number) =>
        encodeFrame(NewExtendedMiningJob, {
          channelId,
          jobId: 99,
          minNtime: undefined,
          version: 0x20000000,
          versionRollingAllowed: true,
          merklePath: [],
          coinbaseTxPrefix: new Uint8Array(0xffff),
          coinbaseTxSuffix: new Uint8Array(0),
        }),
    ],
  ])('leaves an upstream that sends %s, and devices mine on elsewhere', (_, reason, frame) => {
    const network = new Network();
    const [bad, good] = [network.pool('bad'), network.pool('good')];
    const proxy = network.proxy('proxy', [upstream('bad'), upstream('good')], { mode });
    const farm = network.farm('farm', [upstream('proxy')], { devices: 2 });
    network.run(30);
    bad.mood = 'refusing';
    for (const connection of bad.connections)
      for (const channelId of [1, 2, 3, 4]) bad.say(connection, frame(channelId));
    network.run(120);
    expect(proxy.eventsOf('upstreamFailed')[0]).toMatchObject({ failure: 'invalid-work', reason });
    expect(good.eventsOf('share').length).toBeGreaterThan(0);
    expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
  });
});

describe('downstreams that claim all the hashrate there is', () => {
  it('make no claim upstream that is no number', () => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')]);
    const [one, two] = [new Probe(network, 'proxy'), new Probe(network, 'proxy')];
    for (const liar of [one, two]) liar.say(encodeFrame(OpenExtendedMiningChannel, request(1, LARGEST_F32)));
    network.run(5);
    pool.newTip();
    network.cut('pool');
    network.run(30);
    const claims = proxy.up.flatMap(({ value }) => ('nominalHashRate' in value ? [value.nominalHashRate] : []));
    expect(claims.length).toBeGreaterThan(2);
    expect(claims.every(Number.isFinite)).toBe(true);
    expect(proxy.core.upstream?.host).toBe('pool');
    const { channelId } = one.last('OpenExtendedMiningChannel.Success');
    one.say(encodeFrame(UpdateChannel, { channelId, nominalHashRate: LARGEST_F32, maximumTarget: MAX_TARGET }));
    network.run(5);
    expect(pool.eventsOf('channelOpened').at(-1)?.nominalHashrate).toBeLessThan(LARGEST_F32);
  });
});

describe('a downstream that claims more hashrate than it has', () => {
  it('counts for less with every share that it does not find, and honest ones for what they claim', () => {
    const network = new Network();
    network.pool('pool');
    const retargeting = { sharesPerMinute: 6, minHashrate: 1, maxHashrate: 1e12 };
    const proxy = network.proxy('proxy', [upstream('pool')], { retargeting });
    network.farm('farm', [upstream('proxy')], { devices: 3, hashrate: 30 });
    const claim = () => proxy.up.findLast(({ name }) => name === 'UpdateChannel')!.value as UpdateChannel;
    network.run(120);
    expect(claim().nominalHashRate).toBe(90);
    const liar = new Probe(network, 'proxy');
    liar.say(encodeFrame(OpenExtendedMiningChannel, request(1, 1e9)));
    network.run(5);
    expect(claim().nominalHashRate).toBe(Math.fround(1e9 + 90));
    network.run(600);
    expect(claim().nominalHashRate).toBeLessThan(90 + 8 * 5);
    expect(claim().nominalHashRate).toBeGreaterThan(90);
  });
});

describe('a downstream that opens and closes channels', () => {
  it('does not take the extranonce space from the others', () => {
    const network = new Network();
    network.pool('pool');
    network.proxy('proxy', [upstream('pool')], { extranonceSizes: [1] });
    const [churning, other] = [new Probe(network, 'proxy'), new Probe(network, 'proxy')];
    const open = (requestId: number) =>
      encodeFrame(OpenExtendedMiningChannel, { ...request(requestId, 1), minExtranonceSize: 0 });
    for (let requestId = 0; requestId < 600; requestId++) {
      churning.say(open(requestId));
      const { channelId } = churning.last('OpenExtendedMiningChannel.Success');
      churning.say(encodeFrame(CloseChannel, { channelId, reasonCode: 'bored' }));
    }
    expect(churning.all('OpenExtendedMiningChannel.Success')).toHaveLength(600);
    expect(other.say(open(1))[0]?.name).toBe('OpenExtendedMiningChannel.Success');
  });
});

describe('an upstream that gives work and answers no share', () => {
  it.each(['aggregating', 'transparent'] as const)('makes a proxy that is %s remember so many, and no more', (mode) => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')], { mode, limits: { maxUnansweredShares: 5 } });
    network.farm('farm', [upstream('proxy')], { devices: 3, hashrate: 50, channel: 'extended' });
    pool.answerShares = 'never';
    network.run(120);
    expect(proxy.core.unansweredShares).toBe(5);
    const givenUp = proxy.eventsOf('sharesUnknown').filter(({ reason }) => reason === 'too-many');
    expect(givenUp.length).toBe(proxy.core.totals.sharesForwarded - 5);
  });

  it('has downstreams sent away when too many of their shares wait', () => {
    const network = new Network();
    const pool = network.pool('pool');
    const proxy = network.proxy('proxy', [upstream('pool')], { serverLimits: { maxHeldSharesInAll: 4 } });
    const farm = network.farm('farm', [upstream('proxy')], { devices: 3, hashrate: 50 });
    pool.answerShares = 'never';
    network.run(60);
    expect(farm.events.filter(({ type }) => type === 'disconnected').length).toBeGreaterThan(0);
    expect(proxy.core.totals.sharesForwarded).toBeGreaterThan(0);
  });
});
