import { describe, expect, it } from 'vitest';
import { type Mood, upstream } from '../proxy/network.ts';
import { TranslatorNetwork, type TranslatorTestOptions } from './translatorNetwork.ts';

function twoPools(options: TranslatorTestOptions = {}) {
  const network = new TranslatorNetwork();
  const first = network.pool('first');
  const second = network.pool('second');
  const translator = network.translator([upstream('first'), upstream('second')], options);
  const host = () => translator.core.upstream?.upstream.host;
  return { network, first, second, translator, host };
}

describe.each([
  ['one channel', true],
  ['channels for each', false],
] as const)('with %s, an upstream that', (_, aggregateChannels) => {
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
  ] satisfies [Mood, string][])('is %s is left for the next one, and returned to', (mood, failure) => {
    const { network, first, translator, host } = twoPools({ aggregateChannels });
    first.mood = mood;
    const miners = [1, 2].map((index) =>
      network.miner(translator, { workerName: `a.${index}`, hashrate: 2, mask: 0xffffffff }),
    );
    network.run(25);
    expect(translator.eventsOf('upstreamFailed')[0]).toMatchObject({ host: 'first', failure });
    expect(host()).toBe('second');
    first.mood = 'open';
    network.run(150);
    expect(host()).toBe('first');
    expect(network.cablesTo('second')).toBe(0);
    for (const miner of miners) {
      expect(miner.accepted).toBeGreaterThan(0);
      expect(miner.closings).toEqual([]);
      expect(miner.refusals.filter(({ code }) => code !== 21)).toEqual([]);
    }
  });

  it('ends while it serves costs its miners nothing but a clean job', () => {
    const { network, first, second, translator, host } = twoPools({ aggregateChannels });
    const miner = network.miner(translator, { hashrate: 3 });
    network.run(60);
    const { extranonce1 } = miner;
    const before = miner.notified.length;
    first.mood = 'refusing';
    network.cut('first');
    network.run(150);
    expect(host()).toBe('second');
    expect(miner.notified[before]!.cleanJobs).toBe(true);
    expect(miner.extranonce1).toBe(extranonce1);
    expect(miner.closings).toEqual([]);
    const counted = first.eventsOf('share').length + second.eventsOf('share').length;
    const forwarded = translator.eventsOf('share').filter((share) => share.forwarded).length;
    expect(counted).toBe(forwarded);
    expect(second.eventsOf('share').length).toBeGreaterThan(2);
    expect(second.eventsOf('shareRejected')).toEqual([]);
  });

  it('redirects is followed, and the miners hear nothing of it', () => {
    const { network, first, translator, host } = twoPools({ aggregateChannels });
    const miner = network.miner(translator, { hashrate: 3 });
    network.run(30);
    first.operate({ type: 'reconnect', newHost: 'second', newPort: 1 });
    network.run(30);
    expect(host()).toBe('second');
    expect(network.cablesTo('first')).toBe(0);
    expect(miner.lines.join()).not.toContain('client.reconnect');
    expect(miner.closings).toEqual([]);
    expect(miner.refusals.filter(({ code }) => code !== 21)).toEqual([]);
  });
});

it('an upstream that is taken while there is no miner is told of none', () => {
  const { network, first, translator, host } = twoPools();
  const miner = network.miner(translator);
  network.run(5);
  miner.unplug();
  network.run(5);
  first.mood = 'refusing';
  network.cut('first');
  network.run(20);
  expect(host()).toBe('second');
  expect(translator.sent('OpenExtendedMiningChannel').at(-1)!.value.nominalHashRate).toBe(0);
});

describe('an upstream with another extranonce size', () => {
  it('that leaves more than is asked for fills up the coinbase', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    // A proxy asks for 12 bytes and gives its own clients what is left of them.
    network.proxy('proxy', [upstream('pool')]);
    const translator = network.translator([upstream('proxy')], { extranonce2Size: 2 });
    const miner = network.miner(translator, { hashrate: 3 });
    network.run(100);
    expect(miner.extranonce2Size).toBe(2);
    expect(miner.accepted).toBeGreaterThan(3);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
  });

  it('that leaves too little is passed over; miners stay where they are', () => {
    const network = new TranslatorNetwork();
    network.pool('pool');
    network.proxy('proxy', [upstream('pool')]);
    const translator = network.translator([upstream('proxy'), upstream('pool')], { extranonce2Size: 12 });
    const miner = network.miner(translator);
    network.run(60);
    expect(translator.eventsOf('upstreamFailed')[0]).toMatchObject({
      host: 'proxy',
      failure: 'channel-refused',
      reason: 'min-extranonce-size-too-large',
    });
    expect(translator.core.upstream?.upstream.host).toBe('pool');
    expect(miner.closings).toEqual([]);
    expect(miner.accepted).toBeGreaterThan(1);
  });
});

describe('without any upstream', () => {
  it('a miner is answered what can be answered, and closed after the stated time', () => {
    const { network, first, second, translator } = twoPools();
    for (const pool of [first, second]) pool.mood = 'refusing';
    const plain = network.miner(translator, { returns: true });
    const rolling = network.miner(translator, { returns: true, mask: 0xffffffff });
    network.run(2);
    expect(plain.extranonce1.length).toBe(2);
    expect(plain.authorized).toBeUndefined();
    // Whether versions may be rolled is for the upstream to say: what comes after the question waits.
    expect(rolling.lines).toEqual([]);
    network.run(27);
    expect([...plain.closings, ...rolling.closings]).toEqual([]);
    network.run(3);
    expect([plain.closings, rolling.closings]).toEqual([['no-upstream'], ['no-upstream']]);
    expect(translator.eventsOf('workExpired').length).toBe(1);

    second.mood = 'open';
    network.run(90);
    expect(plain.authorized).toBe(true);
    expect(rolling.configured?.versionRollingMask).toBe(0x1fffe000);
    for (const miner of [plain, rolling]) expect(miner.accepted).toBeGreaterThan(0);
  });

  it('miners that were served are closed after the same time', () => {
    const { network, first, second, translator } = twoPools({ limits: { noWorkMs: 10_000 } });
    second.mood = 'refusing';
    const miner = network.miner(translator);
    network.run(20);
    first.mood = 'refusing';
    network.cut('first');
    network.run(9);
    expect(miner.closings).toEqual([]);
    network.run(2);
    expect(miner.closings).toEqual(['no-upstream']);
  });

  it('a miner whose own channel is never opened is closed too', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    const translator = network.translator([upstream('pool')], { aggregateChannels: false });
    network.miner(translator, { workerName: 'a.1' });
    network.run(2);
    pool.mood = 'silent';
    const late = network.miner(translator, { workerName: 'a.2' });
    network.run(32);
    expect(late.closings).toEqual(['no-channel']);
  });

  it('a connection on which nobody is authorized ends after a minute', () => {
    const network = new TranslatorNetwork();
    network.pool('pool');
    const translator = network.translator();
    const talker = network.miner(translator, { silent: true });
    talker.send(talker.session.subscribe());
    network.run(59);
    expect(talker.closings).toEqual([]);
    network.run(2);
    expect(talker.closings).toEqual(['not-authorized']);
  });

  it('everything ends with the translator', () => {
    const { network, translator } = twoPools();
    const miner = network.miner(translator);
    network.run(5);
    translator.handle({ type: 'stop' });
    network.run(2);
    expect(miner.closings).toEqual(['shutdown']);
    expect(network.cablesTo('first')).toBe(0);
    expect(translator.core.deadline).toBeUndefined();
    expect(translator.core.handle({ type: 'tick' }, network.now)).toEqual([]);
  });
});
