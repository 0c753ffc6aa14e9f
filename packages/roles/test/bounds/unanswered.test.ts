import { describe, expect, it } from 'vitest';
import { Network, upstream } from '../proxy/network.ts';
import { TranslatorNetwork } from '../translator/translatorNetwork.ts';
import { entriesOf } from './entriesOf.ts';

/** Every other hash is a share. */
const EASY = new Uint8Array(32).fill(0xff).with(31, 0x7f);
const TARGETS = { sharesPerMinute: 6_000, easiestTarget: EASY, hardestTarget: EASY };
const POOL = { targets: TARGETS, shareBatchSize: 1 };
/** Of the queues that forget in larger steps. */
const SLACK = 1_100;

/**
 * Lets shares be answered twice, the second time far more than any queue forgets in one step. Both times a tip has just come, because
 * the hashes of a tip are remembered until then.
 */
function expectBounded(machine: object, answer: (seconds: number) => number, newTip: () => void): Map<string, number> {
  const measure = (seconds: number) => {
    const answered = answer(seconds);
    for (let tip = 0; tip < 4; tip++) newTip();
    return { answered, entries: entriesOf(machine) };
  };
  const before = measure(40);
  const after = measure(160);
  expect(before.answered).toBeGreaterThan(500);
  expect(after.answered - before.answered).toBeGreaterThan(3 * SLACK);
  const grown = [...after.entries].filter(([field, entries]) => entries > (before.entries.get(field) ?? 0) + SLACK);
  expect(grown).toEqual([]);
  return after.entries;
}

describe('a share that is never answered, among thousands that are, fills no memory', () => {
  it.each(['aggregating', 'transparent'] as const)('of a proxy that is %s', (mode) => {
    const network = new Network();
    const pool = network.pool('pool', POOL);
    const proxy = network.proxy('proxy', [upstream('pool')], { mode, targets: TARGETS });
    network.farm('silent', [upstream('proxy')], { hashrate: 4 });
    const isAggregating = mode === 'aggregating';
    pool.keepsSilentAbout = ({ channelId, sequenceNumber }) => (isAggregating ? sequenceNumber === 0 : channelId === 3);
    // In one channel an acknowledgement would cover what came before.
    if (isAggregating) pool.answerShares = 'difficulty-too-low';
    network.run(2);
    network.farms.clear();
    network.farm('busy', [upstream('proxy')], { devices: 3, hashrate: 30 });
    expectBounded(
      proxy.core,
      (seconds) => {
        network.run(seconds);
        expect(proxy.core.unansweredShares).toBeGreaterThan(0);
        const { sharesAcknowledged, sharesRejectedUpstream } = proxy.core.totals;
        return sharesAcknowledged + sharesRejectedUpstream;
      },
      () => pool.newTip(),
    );
  });

  it.each([true, false])('of a translator (all miners in one channel: %s)', (aggregateChannels) => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool', POOL);
    const difficulty = { sharesPerMinute: 6_000, minerHashrate: 50, vardiff: false };
    const translator = network.translator([upstream('pool')], { aggregateChannels, difficulty });
    let silent: number | undefined;
    pool.keepsSilentAbout = ({ channelId, sequenceNumber }) => {
      silent ??= channelId;
      return aggregateChannels ? sequenceNumber === 0 : channelId === silent;
    };
    if (aggregateChannels) pool.answerShares = 'difficulty-too-low';
    const first = network.miner(translator, { hashrate: 4 });
    network.run(2);
    network.others.splice(network.others.indexOf(first), 1);
    for (let miner = 0; miner < 3; miner++) network.miner(translator, { hashrate: 30 });
    const answers = () =>
      translator.eventsOf('upstreamRefused').length + translator.eventsOf('upstreamAccepted').length;
    expectBounded(
      translator.core,
      (seconds) => {
        network.run(seconds);
        expect([...translator.core.sources].some(({ unanswered }) => unanswered > 0)).toBe(true);
        return answers();
      },
      () => pool.newTip(),
    );
  });

  it('of a device', () => {
    const network = new Network();
    const pool = network.pool('pool', POOL);
    pool.keepsSilentAbout = ({ sequenceNumber }) => sequenceNumber === 0;
    pool.answerShares = 'difficulty-too-low';
    const farm = network.farm('farm', [upstream('pool')], { channel: 'extended', hashrate: 90 });
    const entries = expectBounded(
      farm.core,
      (seconds) => {
        network.run(seconds);
        return farm.rejected.length;
      },
      () => pool.newTip(),
    );
    expect(entries.get('PendingShares.#sequenceNumbers')).toBe(1);
  });
});

it('the walk through a machine sees private fields of all it holds', () => {
  class Inner {
    readonly #kept = new Set([1, 2, 3]);
    get size(): number {
      return this.#kept.size;
    }
  }
  class Outer {
    readonly #inner = new Map([['a', new Inner()]]);
    readonly list = [[1], [2, 3]];
    get size(): number {
      return this.#inner.size;
    }
  }
  expect(Object.fromEntries(entriesOf(new Outer()))).toEqual({
    'Outer.#inner': 1,
    'Outer.list': 2,
    'Outer.list[]': 3,
    'Inner.#kept': 3,
  });
});
