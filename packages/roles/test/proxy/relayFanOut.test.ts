import { encodeFrame } from '@stratumkit/framing';
import { OpenStandardMiningChannel, SubmitSharesStandard } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { MAX_RELAY_ROUNDS } from '../../src/proxy/relayRounds.ts';
import { Network, START, type TestProxy, upstream } from './network.ts';
import { Probe } from './probe.ts';

const SLICE = 2;
/** Of the first channel of a connection. */
const CHANNEL_ID = 1;

/** A transparent proxy with a device on each connection, or with all of them on one; two channels are served in one turn. */
function farm(count: number, connections: 'each' | 'shared' = 'each') {
  const network = new Network();
  const pool = network.pool('pool');
  const limits = { serverLimits: { maxReceiversPerTurn: SLICE } };
  const proxy = network.proxy('proxy', [upstream('pool')], { mode: 'transparent', ...limits });
  const probes: Probe[] = [];
  for (let requestId = 1; requestId <= count; requestId++) {
    const probe = (connections === 'shared' && probes[0]) || new Probe(network, 'proxy');
    if (!probes.includes(probe)) probes.push(probe);
    const userIdentity = `user${requestId}`;
    const request = { requestId, userIdentity, nominalHashRate: 20, maxTarget: new Uint8Array(32).fill(0xff) };
    probe.say(encodeFrame(OpenStandardMiningChannel, request));
    finish(network, proxy);
  }
  for (const probe of probes) probe.messages.length = 0;
  proxy.events.length = 0;
  return { network, pool, proxy, probes };
}

const isPending = ({ now }: Network, { deadline }: TestProxy) => (deadline ?? now.monotonicMs + 1) <= now.monotonicMs;

function finish(network: Network, proxy: TestProxy): number {
  let turns = 0;
  for (; isPending(network, proxy); turns++) proxy.tick();
  return turns;
}

const told = (probes: readonly Probe[]) => probes.map(({ messages }) => messages.map(({ name }) => name));
const NEW_TIP = ['NewExtendedMiningJob', 'SetNewPrevHash'];

describe('a fan-out of a transparent proxy', () => {
  it('serves a part of the channels in each turn, everybody once and in order', () => {
    const { network, pool, proxy, probes } = farm(5);
    pool.newTip();
    // A slice for each of the two messages.
    expect(told(probes)).toEqual([...Array(4).fill(['NewExtendedMiningJob']), []]);
    proxy.tick();
    expect(told(probes)).toEqual([NEW_TIP, ...Array(4).fill(['NewExtendedMiningJob'])]);
    expect(finish(network, proxy)).toBe(2);
    expect(told(probes)).toEqual(Array(5).fill(NEW_TIP));
    expect(proxy.eventsOf('job').map(({ reason, channels }) => [reason, channels])).toEqual([
      ['future', 5],
      ['tip', 5],
    ]);
  });

  it('serves all channels that are told in one message together', () => {
    const { network, pool, proxy, probes } = farm(5, 'shared');
    pool.newTip();
    expect(told(probes)).toEqual([NEW_TIP]);
    expect(isPending(network, proxy)).toBe(false);
  });

  it('brings a channel its work before it judges the channel’s shares', () => {
    const { network, pool, proxy, probes } = farm(5);
    pool.newTemplate();
    finish(network, proxy);
    const last = probes.at(-1)!;
    const { jobId, version } = last.last('NewExtendedMiningJob');
    pool.newTip();
    last.messages.length = 0;
    const share = { channelId: CHANNEL_ID, sequenceNumber: 1, jobId, nonce: 0, ntime: START, version };
    const answers = last.say(encodeFrame(SubmitSharesStandard, share));
    expect(answers.map(({ name }) => name)).toEqual([...NEW_TIP, 'SubmitShares.Error']);
    expect(answers.at(-1)).toMatchObject({ value: { errorCode: 'stale-share' } });
    finish(network, proxy);
    expect(last.messages.map(({ name }) => name)).toEqual([...NEW_TIP, 'SubmitShares.Error']);
    expect(proxy.eventsOf('job').at(-1)).toMatchObject({ reason: 'tip', channels: 5 });
  });

  it('is finished before the upstream changes a channel', () => {
    const { network, pool, proxy, probes } = farm(5);
    const [connection] = pool.connections;
    const { channelId } = proxy.core.upstreamChannels!.at(-1)!;
    pool.newTip();
    const target = new Uint8Array(32).fill(0xff, 0, 30);
    pool.operate({ type: 'setTarget', connection: connection!, channelId, target });
    expect(told(probes).slice(0, 4)).toEqual(Array(4).fill(NEW_TIP));
    expect(told(probes)[4]!.slice(0, 3)).toEqual([...NEW_TIP, 'SetTarget']);
    finish(network, proxy);
    expect(told(probes)[4]).toEqual([...NEW_TIP, 'SetTarget', 'NewMiningJob']);
  });

  it('leaves out who is gone meanwhile', () => {
    const { network, pool, proxy, probes } = farm(5);
    pool.newTip();
    probes[4]!.hangUp();
    finish(network, proxy);
    expect(told(probes)).toEqual([...Array(4).fill(NEW_TIP), []]);
    expect(proxy.eventsOf('job').map(({ channels }) => channels)).toEqual([4, 4]);
  });

  it('does not pile up when the upstream sends faster', () => {
    const count = (MAX_RELAY_ROUNDS + 2) * SLICE;
    const { network, pool, proxy, probes } = farm(count);
    for (let round = 0; round < MAX_RELAY_ROUNDS; round++) pool.newTemplate();
    expect(told(probes).flat()).toHaveLength(MAX_RELAY_ROUNDS * SLICE);
    // One more: the first is brought to its end.
    pool.newTemplate();
    expect(told(probes).flat()).toHaveLength(count + SLICE);
    finish(network, proxy);
    expect(told(probes)).toEqual(Array(count).fill(Array(MAX_RELAY_ROUNDS + 1).fill('NewExtendedMiningJob')));
  });
});
