import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPool, defaultModules, type Pool, type PoolAppEvent } from '../src/index.ts';
import { TestMiner } from './support/testMiner.ts';
import { TestProvider } from './support/testProvider.ts';

const SOLO = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const CHANNELS_OF_A_KIND = 50;
const TIPS = 10;

let provider: TestProvider;
let pool: Pool;
const events: PoolAppEvent[] = [];
let onChange = (): void => undefined;

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
    defaultModules,
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
  const groups = new Set([...farm.client.channels.values()].map((channel) => channel.groupChannelId));
  expect(groups.size).toBe(2);

  let mined = 0;
  for (let tip = 1; tip <= TIPS; tip++) {
    for (const channelId of ids) farm.mine(channelId, 'share');
    mined += ids.length;
    if (tip === 4) {
      const channelIds = ids.slice(0, 2);
      pool.operate({ type: 'regroup', connection: connectionOf(), channelIds });
      await farm.until(() => farm.messages.includes('SetGroupChannel'));
      expect(farm.client.channels.get(ids[0]!)?.groupChannelId).toBe(farm.client.channels.get(ids[1]!)?.groupChannelId);
    }
    if (tip === 6) {
      pool.operate({ type: 'changeExtranoncePrefix', connection: connectionOf(), channelId: ids[3]! });
      await farm.until(() => farm.messages.includes('SetExtranoncePrefix'));
    }
    provider.update();
    await until(() => count('share') + count('shareRejected') === mined);
    provider.tip(0xa0 + tip);
    await farm.until(() => farm.of('work').filter(({ newTip }) => newTip).length === (tip + 1) * ids.length);
  }
  expect(events.filter((event) => event.type === 'shareRejected')).toEqual([]);
  await farm.until(() => farm.accepted === mined);
  await farm.close();
});

function connectionOf(): number {
  const opened = events.find((event) => event.type === 'channelOpened');
  if (opened?.type !== 'channelOpened') throw new Error('no channel');
  return opened.connection;
}
