import { type HashBackend, portableHash } from '@stratumkit/bitcoin';
import type { SubmitParams } from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';
import { upstream } from '../proxy/network.ts';
import { connected, type TestMiner, TranslatorNetwork } from './translatorNetwork.ts';

const QUIET = { hashrate: 0 };

/** A miner that does not mine by itself, on difficulty that every 30th hash meets. */
function quiet(habits = {}) {
  const all = connected({}, { ...QUIET, ...habits });
  const { miner } = all;
  const share = () => miner.find(miner.job!, miner.difficulties.at(-1)!);
  return { ...all, share };
}

/** Meets nothing of what it should. */
function tooEasy(miner: TestMiner): SubmitParams {
  const difficulty = miner.difficulties.at(-1)!;
  for (;;) {
    const share = miner.find(miner.job!, difficulty / 2);
    if (!miner.meets(miner.job!, share, difficulty)) return share;
  }
}

describe('a share', () => {
  it.each<[string, (share: SubmitParams, miner: TestMiner) => SubmitParams, number, string]>([
    ['of an unknown job', (share) => ({ ...share, jobId: 'ffff' }), 21, 'invalid-job-id'],
    ['of a job that was never one', (share) => ({ ...share, jobId: '__proto__' }), 21, 'invalid-job-id'],
    ['below its difficulty', (_, miner) => tooEasy(miner), 23, 'difficulty-too-low'],
    ['before its job', (share) => ({ ...share, ntime: share.ntime - 100 }), 20, 'invalid-share'],
    ['from far in the future', (share) => ({ ...share, ntime: share.ntime + 7_300 }), 20, 'invalid-share'],
    ['with ntime at the end of time', (share) => ({ ...share, ntime: 0xffffffff }), 20, 'invalid-share'],
    ['with a short extranonce2', (share) => ({ ...share, extranonce2: new Uint8Array(3) }), 20, 'malformed'],
    ['with a long extranonce2', (share) => ({ ...share, extranonce2: new Uint8Array(5) }), 20, 'malformed'],
    ['with version bits that nobody asked for', (share) => ({ ...share, versionBits: 0 }), 20, 'malformed'],
    ['of a worker nobody knows', (share) => ({ ...share, workerName: 'mallory' }), 24, 'not-authorized'],
  ])('%s is refused and not sent on', (_, spoil, code, refusal) => {
    const { network, pool, translator, miner, share } = quiet();
    const good = share();
    miner.submit(spoil(good, miner));
    network.run(1);
    expect(miner.refusals).toMatchObject([{ code }]);
    expect(translator.eventsOf('shareRefused')).toMatchObject([{ refusal }]);
    expect([...translator.core.miners][0]!.totals).toMatchObject({ accepted: 0, refused: 1 });
    expect(translator.sent('SubmitSharesExtended')).toEqual([]);
    miner.submit(good);
    network.run(1);
    expect(miner.accepted).toBe(1);
    expect(pool.eventsOf('share').length).toBe(1);
  });

  it('is counted once', () => {
    const { network, pool, miner, share } = quiet();
    const good = share();
    for (let count = 0; count < 3; count++) miner.submit(good);
    network.run(1);
    expect(miner.accepted).toBe(1);
    expect(miner.refusals).toMatchObject([{ code: 22 }, { code: 22 }]);
    expect(pool.eventsOf('share').length).toBe(1);
    expect(pool.eventsOf('shareRejected')).toEqual([]);
  });

  it.each([1, 60, 7_000])('with a time %i s later than its job’s is taken, by the pool too', (later) => {
    const { network, pool, miner } = quiet();
    const job = miner.job!;
    miner.submit(miner.find(job, miner.difficulties.at(-1)!, { ntime: job.ntime + later }));
    network.run(1);
    expect(miner.refusals).toEqual([]);
    expect(pool.eventsOf('share').length).toBe(1);
  });

  it('needs version bits within the mask once some were granted', () => {
    const { network, translator, miner, share } = quiet({ mask: 0x1fffe000 });
    expect(miner.configured).toEqual({ versionRolling: true, versionRollingMask: 0x1fffe000 });
    const { versionBits: _, ...without } = share();
    miner.submit(without);
    miner.submit({ ...share(), versionBits: 0x20 });
    miner.submit({ ...share(), versionBits: 0x20000000 });
    miner.submit(share());
    network.run(1);
    expect(miner.refusals.map(({ code }) => code)).toEqual([20, 20, 20]);
    expect(translator.eventsOf('shareRefused').map(({ refusal }) => refusal)).toEqual([
      'malformed',
      'invalid-version-bits',
      'invalid-version-bits',
    ]);
    expect(miner.accepted).toBe(1);
  });

  it.each([
    [0xffffffff, 0x1fffe000],
    [0x00ffffff, 0x00ffe000],
    [0x1fffe000, 0x1fffe000],
    [0x000fffff, 0x000fe000],
  ])('may change of the bits %s that were asked for those that hardware rolls', (asked, granted) => {
    const { miner } = quiet({ mask: asked });
    expect(miner.configured?.versionRollingMask).toBe(granted);
  });

  it('may not change its version where the upstream forbids it, whenever it does', () => {
    const network = new TranslatorNetwork();
    const strict = network.pool('strict');
    strict.setupOptions = { versionRollingAllowed: false };
    const lenient = network.pool('lenient');
    const translator = network.translator([upstream('strict'), upstream('lenient')], {
      limits: { authorizeMs: 1e6 },
    });
    const early = network.miner(translator, { mask: 0xffffffff });
    network.run(1);
    expect(early.configured).toEqual({ versionRolling: false });
    network.run(30);
    expect(early.accepted).toBeGreaterThan(0);
    expect(early.refusals).toEqual([]);

    strict.mood = 'refusing';
    network.cut('strict');
    network.run(20);
    expect(translator.core.upstream?.upstream.host).toBe('lenient');
    const late = network.miner(translator, { mask: 0xffffffff });
    const asking = network.miner(translator, { silent: true, mask: 0xffffffff });
    network.run(20);
    expect(late.configured?.versionRollingMask).toBe(0x1fffe000);

    strict.mood = 'open';
    network.run(120);
    expect(translator.core.upstream?.upstream.host).toBe('strict');
    expect(late.masks).toEqual([0]);
    asking.greet();
    network.run(60);
    // It was there, without a word, when rolling was still allowed.
    expect(asking.configured).toEqual({ versionRolling: false });
    for (const miner of network.miners) {
      expect(miner.refusals).toEqual([]);
      expect(miner.accepted).toBeGreaterThan(1);
    }
    for (const pool of [strict, lenient]) expect(pool.eventsOf('shareRejected')).toEqual([]);
  });

  it('that the upstream refuses although it passed every check is counted with its reason', () => {
    const { network, pool, translator, miner, share } = quiet();
    pool.answerShares = 'difficulty-too-low';
    miner.submit(share());
    network.run(2);
    expect(miner.accepted).toBe(1);
    expect(translator.eventsOf('upstreamRefused')).toMatchObject([
      { workerName: 'alice.rig', errorCode: 'difficulty-too-low' },
    ]);
    const [source] = translator.core.sources;
    expect(source!.totals).toMatchObject({ sent: 1, accepted: 0, refused: 1 });
    expect(source!.totals.refusals).toEqual(new Map([['difficulty-too-low', 1]]));
    expect([...translator.core.miners][0]!.totals).toMatchObject({ upstreamRefused: 1, upstreamAccepted: 0 });
  });

  it('that the upstream never answers is unknown when it is gone', () => {
    const { network, pool, translator, miner, share } = quiet();
    pool.answerShares = 'never';
    for (let count = 0; count < 3; count++) miner.submit(share());
    network.run(1);
    network.cut('pool');
    network.run(1);
    expect(translator.eventsOf('sharesUnknown')).toMatchObject([{ shares: 3 }]);
  });

  it('is missed in an acknowledgement: the alarm is raised', () => {
    const network = new TranslatorNetwork();
    const pool = network.pool('pool', { shareBatchSize: 5, maxBatchDelayMs: 1_000_000 });
    const translator = network.translator();
    const miner = network.miner(translator);
    pool.swallow = 2;
    network.run(200);
    expect(miner.accepted).toBeGreaterThan(5);
    const [{ answered, counted } = { answered: 0, counted: 0 }] = translator.eventsOf('shareGap');
    expect(answered - counted).toBe(2);
  });

  it('gets no yes while there is no upstream that could count it', () => {
    const { network, pool, translator, miner, share } = quiet();
    const good = share();
    pool.mood = 'refusing';
    network.cut('pool');
    network.run(1);
    miner.submit(good);
    network.run(1);
    expect(miner.accepted).toBe(0);
    expect(miner.refusals).toMatchObject([{ code: 21 }]);
    expect(translator.eventsOf('shareRefused')).toMatchObject([{ refusal: 'no-upstream' }]);
  });

  it('is judged by what was told before its job, whatever was told since', () => {
    const { network, miner } = quiet();
    const [job, difficulty] = [miner.job!, miner.difficulties.at(-1)!];
    miner.send('{"id":7,"method":"mining.suggest_difficulty","params":[1]}');
    network.run(1);
    expect(miner.difficulties.at(-1)).toBe(1);
    expect(miner.job!.jobId).not.toBe(job.jobId);
    miner.submit(miner.find(job, difficulty));
    network.run(1);
    expect(miner.accepted).toBe(1);
    miner.submit(miner.find(miner.job!, difficulty));
    network.run(1);
    expect(miner.refusals).toMatchObject([{ code: 23 }]);
  });

  it('of a session that was resumed is still a duplicate', () => {
    const { network, pool, miner, share } = quiet();
    const good = share();
    const { extranonce1 } = miner;
    miner.submit(good);
    network.run(1);
    miner.unplug();
    network.run(1);
    miner.reconnect();
    network.run(1);
    expect(miner.extranonce1).toEqual(extranonce1);
    miner.submit({ ...good, jobId: miner.job!.jobId });
    miner.submit(good);
    network.run(1);
    expect(miner.refusals.map(({ code }) => code)).toEqual([22, 21]);
    expect(pool.eventsOf('share').length).toBe(1);
  });
});

describe('a block', () => {
  const BLOCK_NONCE = 0xb10c;
  const HARD_NBITS = 0x1d00ffff;
  /** Nobody finds one here, so this nonce makes one. */
  const hash: HashBackend = {
    ...portableHash,
    sha256d: (bytes) => {
      const isBlock =
        bytes.length === 80 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(76, true) === BLOCK_NONCE;
      return isBlock ? new Uint8Array(32).fill(1, 0, 8) : portableHash.sha256d(bytes);
    },
  };

  function withBlock(habits = {}) {
    const all = connected({ hash }, { ...QUIET, ...habits });
    all.pool.newTip(new Uint8Array(32).fill(0xff, 0, 26), HARD_NBITS);
    all.network.run(1);
    const { miner } = all;
    const share = { ...miner.find(miner.job!, miner.difficulties.at(-1)!), nonce: BLOCK_NONCE };
    return { ...all, block: share };
  }

  it('is sent up, and said so', () => {
    const { network, translator, miner, block } = withBlock();
    miner.submit(block);
    network.run(1);
    expect(miner.accepted).toBe(1);
    expect(translator.eventsOf('block')).toMatchObject([{ workerName: 'alice.rig', sent: true }]);
    expect(translator.sent('SubmitSharesExtended').map(({ value }) => value.nonce)).toEqual([BLOCK_NONCE]);
  });

  it.each<[string, (share: SubmitParams) => SubmitParams, string]>([
    ['before its job', (share) => ({ ...share, ntime: share.ntime - 100 }), 'invalid-share'],
    ['with bits outside of the mask', (share) => ({ ...share, versionBits: 0x20 }), 'invalid-version-bits'],
  ])('%s is refused, and sent up all the same', (_, spoil, refusal) => {
    const { network, translator, miner, block } = withBlock({ mask: 0xffffffff });
    miner.submit(spoil(block));
    network.run(1);
    expect(miner.accepted).toBe(0);
    expect(translator.eventsOf('shareRefused')).toMatchObject([{ refusal }]);
    expect(translator.eventsOf('block')).toMatchObject([{ sent: true }]);
    expect(translator.sent('SubmitSharesExtended').length).toBe(1);
  });

  it('of the last tip is refused as stale, and sent up all the same', () => {
    const { network, pool, translator, miner, block } = withBlock();
    pool.newTip(new Uint8Array(32).fill(0xff, 0, 26), HARD_NBITS);
    network.run(1);
    miner.submit(block);
    network.run(1);
    expect(miner.refusals).toMatchObject([{ code: 21 }]);
    expect(translator.eventsOf('block')).toMatchObject([{ sent: true }]);
    expect(translator.sent('SubmitSharesExtended').length).toBe(1);
  });

  it('of an upstream that is gone cannot be sent, and that is said', () => {
    const { network, pool, translator, miner, block } = withBlock();
    pool.mood = 'refusing';
    network.cut('pool');
    network.run(1);
    miner.submit(block);
    network.run(1);
    expect(miner.refusals).toMatchObject([{ code: 21 }]);
    expect(translator.eventsOf('block')).toMatchObject([{ sent: false }]);
    expect([...translator.core.miners][0]!.totals.blocks).toBe(1);
  });

  // nbits of difficulty 1 cannot be met here; a translator that is told an easier network leaves blocks to the upstream.
  it('on an easy network is what the upstream finds among its shares', () => {
    const { network, pool, translator, miner, share } = quiet();
    for (let count = 0; count < 20; count++) miner.submit(share());
    network.run(1);
    expect(translator.eventsOf('block')).toEqual([]);
    expect(pool.eventsOf('share').length).toBe(20);
  });
});
