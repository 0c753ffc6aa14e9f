import { describe, expect, it } from 'vitest';
import { createFixedPayoutPolicy } from '../../src/index.ts';
import { upstream } from '../proxy/network.ts';
import { TranslatorNetwork, type TranslatorTestOptions } from './translatorNetwork.ts';

const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const SOLO = `sri/solo/${ADDRESS}/rig`;
const POOL = Uint8Array.of(0x51);

/** The first pool pays only itself, whatever is agreed; the second one is honest. */
function cheated(options: TranslatorTestOptions, identity = SOLO) {
  const network = new TranslatorNetwork();
  const cheat = network.pool('cheat', { payouts: createFixedPayoutPolicy(POOL) });
  network.pool('honest');
  const translator = network.translator([upstream('cheat', identity), upstream('honest', identity)], options);
  return { network, cheat, translator, host: () => translator.core.upstream?.upstream.host };
}

describe('an upstream that does not pay what the identity says', () => {
  it('is not worked for', () => {
    const { network, translator, host } = cheated({ verifyPayout: true });
    const miner = network.miner(translator);
    network.run(60);
    expect(host()).toBe('honest');
    expect(translator.eventsOf('upstreamFailed')[0]).toMatchObject({ host: 'cheat', reason: 'payout-broken' });
    expect(miner.accepted).toBeGreaterThan(1);
    expect(miner.closings).toEqual([]);
    // And not returned to, however often it is tried.
    network.run(200);
    expect(host()).toBe('honest');
  });

  it('is noticed on the channel of one miner, too', () => {
    const { network, translator, host } = cheated({ verifyPayout: true, aggregateChannels: false }, 'farm');
    const miner = network.miner(translator, { workerName: SOLO });
    network.run(60);
    expect(translator.eventsOf('payoutBroken')).toMatchObject([{ userIdentity: SOLO }]);
    expect(host()).toBe('honest');
    expect(miner.accepted).toBeGreaterThan(1);
  });

  it('is worked for when nobody looks', () => {
    const { network, cheat, translator, host } = cheated({});
    network.miner(translator);
    network.run(60);
    expect(host()).toBe('cheat');
    expect(cheat.eventsOf('share').length).toBeGreaterThan(1);
  });
});

it.each([SOLO, `sri/donate/10/${ADDRESS}/rig`, `${ADDRESS}.rig`])(
  'an honest pool keeps its promise to %s',
  (identity) => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    const translator = network.translator([upstream('pool', identity)], { verifyPayout: true });
    const miner = network.miner(translator);
    network.run(60);
    pool.newTip();
    pool.newTemplate();
    network.run(60);
    expect(translator.eventsOf('upstreamFailed')).toEqual([]);
    expect(translator.eventsOf('payoutBroken')).toEqual([]);
    expect(miner.accepted).toBeGreaterThan(3);
  },
);

describe('a coinbase larger than old firmware takes', () => {
  it('is warned of once', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool');
    const translator = network.translator([upstream('pool')], { maxCoinbaseBytes: 100 });
    const miner = network.miner(translator);
    network.run(10);
    pool.newTip();
    network.run(10);
    const { coinbase1, coinbase2 } = miner.job!;
    const bytes = coinbase1.length + 2 + 4 + coinbase2.length;
    expect(translator.eventsOf('coinbaseTooLarge')).toEqual([{ type: 'coinbaseTooLarge', bytes, limit: 100 }]);
  });

  it('is no matter within the limit', () => {
    const network = new TranslatorNetwork();
    network.pool('pool');
    const translator = network.translator([upstream('pool')], { maxCoinbaseBytes: 750 });
    network.miner(translator);
    network.run(10);
    expect(translator.eventsOf('coinbaseTooLarge')).toEqual([]);
  });
});
