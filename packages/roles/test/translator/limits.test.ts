import { describe, expect, it } from 'vitest';
import { upstream } from '../proxy/network.ts';
import { connected, TranslatorNetwork } from './translatorNetwork.ts';

describe('what a translator remembers is bounded', () => {
  it('sessions that can be resumed: by number', () => {
    const network = new TranslatorNetwork();
    network.pool('pool');
    const translator = network.translator([upstream('pool')], { limits: { resumableSessions: 2 } });
    const miners = [1, 2, 3].map(() => network.miner(translator, { hashrate: 0 }));
    network.run(1);
    const extranonces = miners.map(({ extranonce1 }) => extranonce1.join());
    for (const miner of miners) miner.unplug();
    for (const miner of miners) miner.reconnect();
    network.run(1);
    // The oldest gave way.
    expect(miners[0]!.extranonce1.join()).not.toBe(extranonces[0]);
    for (const index of [1, 2]) expect(miners[index]!.extranonce1.join()).toBe(extranonces[index]);
  });

  it('and by time', () => {
    const { network, miner } = connected({ limits: { resumeMs: 5_000 } }, { hashrate: 0 });
    const { extranonce1, sessionId } = miner;
    miner.unplug();
    network.run(4);
    miner.reconnect();
    network.run(1);
    expect(miner.extranonce1).toEqual(extranonce1);
    expect(miner.sessionId).toBe(sessionId);
    miner.unplug();
    network.run(7);
    miner.reconnect();
    network.run(1);
    expect(miner.sessionId).not.toBe(sessionId);
  });

  it('calls that wait for an upstream: a session with more of them ends', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    pool.mood = 'refusing';
    const translator = network.translator();
    const miner = network.miner(translator, { mask: 0xffffffff });
    for (let count = 0; count < 20; count++) miner.send('{"id":1,"method":"mining.ping","params":[]}');
    expect(miner.closings).toEqual(['too-many-calls']);
  });

  it('workers of one connection', () => {
    const { network, translator, miner } = connected({ sessionLimits: { workers: 2 } }, { hashrate: 0 });
    miner.send(miner.session.authorize('second', 'x'));
    miner.send(miner.session.authorize('third', 'x'));
    network.run(1);
    expect(miner.answers().at(-1)?.error).toMatchObject({ code: 24 });
    expect(translator.eventsOf('workerAuthorized').map(({ workerName }) => workerName)).toEqual([
      'alice.rig',
      'second',
    ]);
  });

  it('nonsense', () => {
    const { miner, translator } = connected({}, { hashrate: 0 });
    for (let count = 0; count < 20; count++) miner.send('{nonsense');
    expect(miner.closings).toEqual(['too-many-faults']);
    expect(translator.eventsOf('lineFault').length).toBeLessThan(20);
    expect(translator.core.minerCount).toBe(0);
  });

  it('shares that the upstream does not answer', () => {
    const { network, pool, translator, miner } = connected(
      { clientLimits: { pendingSharesPerChannel: 3 } },
      { hashrate: 0 },
    );
    pool.answerShares = 'never';
    for (let count = 0; count < 5; count++) miner.submit(miner.find(miner.job!, miner.difficulties.at(-1)!));
    network.run(1);
    expect(miner.accepted).toBe(5);
    expect(translator.eventsOf('sharesUnknown')).toEqual([
      { type: 'sharesUnknown', shares: 1 },
      { type: 'sharesUnknown', shares: 1 },
    ]);
  });

  it('shares that the upstream does not answer, of all miners with channels of their own', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    const translator = network.translator([upstream('pool')], {
      aggregateChannels: false,
      clientLimits: { pendingSharesInAll: 4 },
    });
    const miners = [1, 2, 3].map((index) => network.miner(translator, { hashrate: 0, workerName: `rig${index}` }));
    network.run(1);
    pool.answerShares = 'never';
    for (let count = 0; count < 5; count++)
      for (const miner of miners) miner.submit(miner.find(miner.job!, miner.difficulties.at(-1)!));
    network.run(1);
    expect(miners.map(({ accepted }) => accepted)).toEqual([5, 5, 5]);
    const unanswered = [...translator.core.sources].reduce((sum, source) => sum + source.unanswered, 0);
    expect(unanswered).toBeLessThanOrEqual(4 + miners.length);
    expect(translator.eventsOf('sharesUnknown')).toHaveLength(15 - unanswered);
  });

  it('refusals by the words of an upstream', () => {
    const difficulty = { sharesPerMinute: 6, minerHashrate: 5, vardiff: false };
    const { network, pool, translator, miner } = connected({ difficulty }, { hashrate: 0 });
    for (let count = 0; count < 40; count++) {
      pool.answerShares = `word-${count}`;
      miner.submit(miner.find(miner.job!, miner.difficulties.at(-1)!));
      network.run(0);
    }
    const [source] = translator.core.sources;
    expect(source!.totals.refused).toBe(40);
    expect(source!.totals.refusals.size).toBe(33);
    expect(source!.totals.refusals.get('other')).toBe(8);
  });
});
