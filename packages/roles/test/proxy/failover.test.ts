import { encodeFrame } from '@stratumkit/framing';
import { SubmitSharesError, type SubmitSharesExtended } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { type Mood, Network, upstream } from './network.ts';

const TWO = [upstream('first'), upstream('second')];

function twoPools() {
  const network = new Network();
  const first = network.pool('first');
  const second = network.pool('second');
  return { network, first, second };
}

describe('an upstream that', () => {
  it.each([
    ['refusing', 'unreachable'],
    ['wrong-key', 'wrong-key'],
    ['setup-error', 'setup-refused'],
    ['silent', 'no-answer'],
    ['jobless', 'no-work'],
    ['no-channels', 'channel-refused'],
    ['invalid-job', 'invalid-work'],
    ['unknown-prev-hash', 'invalid-work'],
    ['closes-channel', 'channel-closed'],
  ] satisfies [Mood, string][])('is %s is left for the next one, for its own reason', (mood, failure) => {
    const { network, first } = twoPools();
    first.mood = mood;
    const proxy = network.proxy('proxy', TWO);
    const farm = network.farm('farm', [upstream('proxy')], { devices: 3 });
    network.run(25);
    expect(proxy.eventsOf('upstreamFailed')[0]).toMatchObject({ host: 'first', failure });
    expect(proxy.core.upstream?.host).toBe('second');
    network.run(60);
    expect(Math.min(...farm.accepted)).toBeGreaterThan(0);
    // And back, once the primary has served work for a minute.
    first.mood = 'open';
    network.run(200);
    expect(proxy.core.upstream?.host).toBe('first');
    expect(farm.rejected.filter((code) => code !== 'stale-share')).toEqual([]);
  });

  it('falls silent while it serves is left too', () => {
    const { network, first } = twoPools();
    const proxy = network.proxy('proxy', TWO);
    const farm = network.farm('farm', [upstream('proxy')], { devices: 3 });
    network.run(10);
    expect(proxy.core.upstream?.host).toBe('first');
    first.mood = 'silent';
    first.deaf = true;
    network.run(185);
    expect(proxy.eventsOf('upstreamFailed')[0]).toMatchObject({ host: 'first', failure: 'silent' });
    network.run(40);
    expect(proxy.core.upstream?.host).toBe('second');
    expect(proxy.core.totals.sharesUnknown).toBeGreaterThan(0);
    expect(farm.eventsOf('disconnected')).toEqual([]);
  });
});

describe('a change of the upstream', () => {
  it('to one with less extranonce space drops the channels, counts them as closed, and mixes up no answers', () => {
    const { network, first, second } = twoPools();
    first.mood = 'refusing';
    second.mood = 'generous';
    const proxy = network.proxy('proxy', TWO, { shareBatchSize: 1, timeouts: { drainMs: 60_000 } });
    network.run(10);
    expect(proxy.core.upstream?.host).toBe('second');
    // It is asked for what is usual: nobody mines yet in the larger space of the other one.
    first.mood = 'open';
    network.run(50);
    second.answerShares = 'never';
    first.answerShares = 'never';
    const farm = network.farm('farm', [upstream('proxy')], { devices: 2, hashrate: 50 });
    for (let waited = 0; waited < 120 && proxy.core.upstream?.host === 'second'; waited++) network.run(1);
    expect(proxy.eventsOf('shareForwarded').length).toBeGreaterThan(0);
    expect(proxy.eventsOf('channelClosed')).toHaveLength(2);
    expect(proxy.eventsOf('disconnected')).toHaveLength(2);
    const before = proxy.eventsOf('shareForwarded').length;
    for (let waited = 0; waited < 50 && proxy.eventsOf('shareForwarded').length === before; waited++) network.run(1);
    expect(network.cablesTo('second')).toBe(1);
    const [connection] = second.connections;
    const { channelId } = second.received.find(({ name }) => name === 'SubmitSharesExtended')!
      .value as SubmitSharesExtended;
    const error = { channelId, sequenceNumber: 0, errorCode: 'difficulty-too-low' };
    second.say(connection!, encodeFrame(SubmitSharesError, error));
    expect(proxy.eventsOf('forwardedShareRejected')).toHaveLength(1);
    expect(farm.rejected).toEqual([]);
    network.run(10);
    const claim = proxy.up.findLast((message) => message.name === 'UpdateChannel');
    expect(claim).toMatchObject({ value: { nominalHashRate: 100 } });
  });

  it('keeps the devices connected, gives them work at once, and acknowledges nothing that no pool counted', () => {
    const { network, first, second } = twoPools();
    const proxy = network.proxy('proxy', TWO, { shareBatchSize: 1 });
    const farm = network.farm('farm', [upstream('proxy')], { devices: 10, channel: 'extended' });
    network.run(100);
    first.mood = 'refusing';
    network.cut('first');
    network.run(100);
    expect(proxy.core.upstream?.host).toBe('second');
    first.mood = 'open';
    network.run(300);
    expect(proxy.core.upstream?.host).toBe('first');
    expect(network.cablesTo('second')).toBe(0);
    expect(farm.eventsOf('disconnected')).toEqual([]);
    expect(farm.received.map(({ name }) => name)).not.toContain('SetExtranoncePrefix');
    const counted = first.eventsOf('share').length + second.eventsOf('share').length;
    const { sharesForwarded, sharesAcknowledged, sharesUnknown, sharesRejectedUpstream } = proxy.core.totals;
    expect(sharesAcknowledged).toBeLessThanOrEqual(counted);
    network.run(10);
    expect(sharesForwarded - sharesAcknowledged - sharesUnknown - sharesRejectedUpstream).toBeLessThan(30);
    expect(new Set(farm.rejected)).toEqual(new Set(farm.rejected.length > 0 ? ['stale-share'] : []));
    expect(Math.max(...farm.idleSeconds)).toBeLessThan(2);
  });

  it('waits for the last answers of the one it leaves', () => {
    const { network, first, second } = twoPools();
    first.mood = 'refusing';
    const proxy = network.proxy('proxy', TWO, { shareBatchSize: 1 });
    const farm = network.farm('farm', [upstream('proxy')], { devices: 10 });
    network.run(30);
    first.mood = 'open';
    network.run(200);
    expect(proxy.core.upstream?.host).toBe('first');
    expect(proxy.core.totals.sharesUnknown).toBe(0);
    expect(second.eventsOf('acknowledged').reduce((sum, { shares }) => sum + shares, 0)).toBe(
      second.eventsOf('share').length,
    );
    expect(farm.acceptedSum).toBeGreaterThan(0);
  });

  it('comes at once by Reconnect, which is not passed on', () => {
    const { network, first } = twoPools();
    const proxy = network.proxy('proxy', [upstream('first')]);
    const farm = network.farm('farm', [upstream('proxy')], { devices: 3 });
    network.run(60);
    first.operate({ type: 'reconnect', newHost: 'second', newPort: 1 });
    network.run(5);
    expect(proxy.core.upstream?.host).toBe('second');
    expect(network.cablesTo('first')).toBe(0);
    expect(farm.received.map(({ name }) => name)).not.toContain('Reconnect');
    expect(farm.eventsOf('disconnected')).toEqual([]);
  });

  it('is not led in circles', () => {
    const { network, first, second } = twoPools();
    const proxy = network.proxy('proxy', [upstream('first')]);
    for (let turn = 0; turn < 10; turn++) {
      const host = proxy.core.upstream?.host;
      const [here, there] = host === 'first' ? [first, 'second'] : [second, 'first'];
      here.operate({ type: 'reconnect', newHost: there, newPort: 1 });
      network.run(2);
    }
    expect(proxy.eventsOf('upstreamRedirected').length).toBe(1);
    expect(proxy.eventsOf('upstreamRedirectRefused')[0]).toMatchObject({ reason: 'redirect-loop' });
  });
});

describe('without any upstream', () => {
  it('downstreams are closed after the stated time, and the search goes on for ever', () => {
    const { network, first, second } = twoPools();
    const proxy = network.proxy('proxy', TWO);
    const farm = network.farm('farm', [upstream('proxy')], { devices: 5 });
    network.run(60);
    for (const pool of [first, second]) pool.mood = 'refusing';
    network.cut('first');
    network.run(28);
    expect(farm.eventsOf('disconnected')).toEqual([]);
    network.run(3);
    expect(
      new Set(
        farm
          .eventsOf('disconnected')
          .slice(0, 5)
          .map(({ connection }) => connection),
      ).size,
    ).toBe(5);
    expect(proxy.eventsOf('workExpired').length).toBe(1);
    network.run(3_600);
    second.mood = 'open';
    network.run(120);
    expect(proxy.core.upstream?.host).toBe('second');
    expect(proxy.core.openChannels).toBe(5);
  });

  it('a proxy that just started lets its downstreams wait as long, not longer', () => {
    const { network, first, second } = twoPools();
    for (const pool of [first, second]) pool.mood = 'refusing';
    network.proxy('proxy', TWO, { limits: { noWorkMs: 10_000 } });
    const farm = network.farm('farm', [upstream('proxy')], { devices: 2 });
    network.run(2);
    second.mood = 'open';
    network.run(7);
    expect(farm.eventsOf('channelOpened').length).toBe(2);
    const { network: other, first: a, second: b } = twoPools();
    for (const pool of [a, b]) pool.mood = 'refusing';
    other.proxy('proxy', TWO, { limits: { noWorkMs: 10_000 } });
    const lost = other.farm('farm', [upstream('proxy')], { devices: 2 });
    other.run(11);
    expect(lost.eventsOf('disconnected').length).toBeGreaterThanOrEqual(2);
  });
});
