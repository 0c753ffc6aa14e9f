import { compareTargets, decodeTransaction, scriptFromDescriptor } from '@stratumkit/bitcoin';
import { encodeFrame } from '@stratumkit/framing';
import { SubmitSharesStandard } from '@stratumkit/messages/mining';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPool, defaultModules, type Pool, type PoolAppEvent } from '../src/index.ts';
import { TestMiner } from './support/testMiner.ts';
import { TestProvider } from './support/testProvider.ts';

const SOLO = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const CHANNELS_OF_A_KIND = 50;
const TIPS = 10;
/** Between two shares of a channel on the pool's clock, where vardiff wants ten seconds. */
const SHARE_MS = 1_500;

let provider: TestProvider;
let pool: Pool;
const events: PoolAppEvent[] = [];
let onChange = (): void => undefined;
let aheadMs = 0;

function clock() {
  const { monotonicMs, unixSeconds } = defaultModules.clock();
  return { monotonicMs: monotonicMs + aheadMs, unixSeconds: unixSeconds + Math.floor(aheadMs / 1_000) };
}

beforeEach(async () => {
  provider = await TestProvider.start(() => onChange());
  pool = await createPool(
    {
      listen: { host: '127.0.0.1', port: 0 },
      templateProvider: { host: '127.0.0.1', port: provider.port, authorityPublicKey: provider.authorityPublicKey },
      authoritySecretKey: new Uint8Array(32).fill(0x42),
      network: 'regtest',
      coinbaseRewardScript: Uint8Array.of(0x51),
      minHashrate: 1,
    },
    { ...defaultModules, clock },
    (event) => {
      events.push(event);
      onChange();
    },
  );
});

afterEach(async () => {
  await pool.close();
  await provider.close();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      onChange = resolve;
    });
  }
}

const count = (type: PoolAppEvent['type']): number => events.filter((event) => event.type === type).length;

it('judges every share of a hundred channels by the job its channel really got', async () => {
  await until(() => provider.received.length > 0);
  provider.tip(0xa0);
  await until(() => count('tip') === 1);
  const farm = await TestMiner.connect({ ...pool });
  const ids: number[] = [];
  for (let index = 0; index < CHANNELS_OF_A_KIND; index++) {
    const identity = index % 2 === 0 ? `farm.${index}` : `${SOLO}.${index}`;
    ids.push(await farm.open('standard', identity), await farm.open('extended', identity));
  }
  const [ofPool, ofPoolToo, , ofMiner] = ids as [number, number, number, number];
  const channelOf = (channelId: number) => farm.client.channels.get(channelId)!;
  const groups = new Set([...farm.client.channels.values()].map((channel) => channel.groupChannelId));
  expect(groups.size).toBe(2);

  /** A share on every channel; resolves when all are judged. */
  const mineAll = async () => {
    const judged = count('share') + count('shareRejected') + ids.length;
    for (const channelId of ids) farm.mine(channelId, 'share');
    await until(() => count('share') + count('shareRejected') === judged);
    aheadMs += SHARE_MS;
    return ids.length;
  };

  const oldPrefix = channelOf(ofMiner).extranoncePrefix;
  let mined = 0;
  for (let tip = 1; tip <= TIPS; tip++) {
    // What changes now finds these shares on their way.
    const judging = mineAll();
    if (tip === 4) {
      const channelIds = [ofPool, ofPoolToo];
      pool.operate({ type: 'regroup', connection: connectionOf(), channelIds });
      await farm.until(() => farm.messages.includes('SetGroupChannel'));
      expect(channelOf(ofPool).groupChannelId).toBe(channelOf(ofPoolToo).groupChannelId);
      expect(groups.has(channelOf(ofPool).groupChannelId)).toBe(false);
    }
    if (tip === 6) {
      pool.operate({ type: 'changeExtranoncePrefix', connection: connectionOf(), channelId: ofMiner });
      await farm.until(() => farm.messages.includes('SetExtranoncePrefix'));
    }
    mined += await judging;
    const jobs = ids.map((channelId) => channelOf(channelId).work?.job.jobId);
    provider.update();
    await farm.until(() => ids.every((channelId, index) => channelOf(channelId).work?.job.jobId !== jobs[index]));
    mined += await mineAll();
    provider.tip(0xa0 + tip);
    await farm.until(() => farm.of('work').filter(({ newTip }) => newTip).length === (tip + 1) * ids.length);
  }
  expect(rejects()).toEqual([]);
  await farm.until(() => farm.accepted === mined);
  expect(farm.messages.filter((name) => name === 'SetTarget').length).toBeGreaterThan(0);
  expect(channelOf(ofMiner).work?.job.extranoncePrefix).not.toEqual(oldPrefix);

  // A job that only the channels with the other payout got is none of this channel's.
  const { job, tip, target } = channelOf(ofMiner).work!;
  const foreign = { jobId: job.jobId, nonce: 0, ntime: tip.minNtime, version: job.version };
  farm.send(encodeFrame(SubmitSharesStandard, { channelId: ofPool, sequenceNumber: 1 << 30, ...foreign }));
  await until(() => count('shareRejected') === 1);
  expect(rejects()).toMatchObject([{ channelId: ofPool, errorCode: 'invalid-job-id' }]);
  expect(compareTargets(target, channelOf(ofMiner).target)).toBeGreaterThanOrEqual(0);

  for (const channelId of [ofPoolToo, ofMiner]) farm.mine(channelId, 'block');
  await until(() => provider.solutions.length === 2);
  const paid = provider.solutions.map(({ coinbaseTx }) => decodeTransaction(coinbaseTx).outputs[0]);
  const value = 5_000_000_000n;
  expect(paid).toEqual([
    { value, script: Uint8Array.of(0x51) },
    { value, script: scriptFromDescriptor(`addr(${SOLO})`, 'regtest') },
  ]);
  await farm.close();
});

const rejects = () => events.filter((event) => event.type === 'shareRejected');

function connectionOf(): number {
  const opened = events.find((event) => event.type === 'channelOpened');
  if (opened?.type !== 'channelOpened') throw new Error('no channel');
  return opened.connection;
}
