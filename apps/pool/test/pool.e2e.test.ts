import { once } from 'node:events';
import { connect } from 'node:net';
import { targetFromHashrate } from '@stratumkit/bitcoin';
import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { encodeAuthorityPublicKey, publicKeyFromSecret } from '@stratumkit/noise';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createPool,
  defaultModules,
  type Pool,
  type PoolAppEvent,
  type PoolModules,
  type PoolOptions,
} from '../src/index.ts';
import { TestMiner } from './support/testMiner.ts';
import { TestProvider } from './support/testProvider.ts';

const SECRET = new Uint8Array(32).fill(0x42);
const { requiresStandardJobs } = MINING_SETUP_FLAGS;

let provider: TestProvider;
let pool: Pool;
let events: PoolAppEvent[];
let onChange: () => void;

beforeEach(async () => {
  events = [];
  onChange = () => undefined;
  provider = await TestProvider.start(() => onChange());
});

afterEach(async () => {
  await pool?.close();
  await provider.close();
});

async function start(changes: Partial<PoolOptions> = {}, modules: Partial<PoolModules> = {}): Promise<void> {
  pool = await createPool(
    {
      listen: { host: '127.0.0.1', port: 0 },
      templateProvider: { host: '127.0.0.1', port: provider.port, authorityPublicKey: provider.authorityPublicKey },
      authoritySecretKey: SECRET,
      network: 'regtest',
      coinbaseRewardScript: Uint8Array.of(0x51),
      // A share every 10 hashes.
      minHashrate: 1,
      ...changes,
    },
    { ...defaultModules, ...modules },
    (event) => {
      events.push(event);
      onChange();
    },
  );
}

/** Waits for something that is made known by an event or by a message to the provider. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise<void>((resolve) => {
      onChange = resolve;
    });
  }
}

const count = (type: PoolAppEvent['type']): number => events.filter((event) => event.type === type).length;
const last = <Type extends PoolAppEvent['type']>(type: Type): Extract<PoolAppEvent, { type: Type }> | undefined =>
  events.findLast((event): event is Extract<PoolAppEvent, { type: Type }> => event.type === type);

/** With a provider that has given work on a tip. */
async function serve(changes: Partial<PoolOptions> = {}): Promise<void> {
  await start(changes);
  await until(() => provider.received.length > 0);
  expect(provider.received[0]?.name).toBe('CoinbaseOutputConstraints');
  provider.tip(0xaa);
  await until(() => count('tip') === 1);
}

it('serves standard and extended channels over encrypted sockets: shares, tips, blocks', async () => {
  await serve({ shareBatchSize: 2 });
  expect(pool.authorityPublicKey).toBe(encodeAuthorityPublicKey(publicKeyFromSecret(SECRET)));
  expect(pool.status).toMatchObject({ templateProvider: 'serving', height: 1000, connections: 0 });
  expect(count('networkMismatch')).toBe(0);
  const miner = await TestMiner.connect({ ...pool, flags: requiresStandardJobs });
  const farm = await TestMiner.connect({ ...pool, extensions: [2] });
  const standard = await miner.open('standard', 'alice');
  const extended = await farm.open('extended', 'bob');
  expect(miner.messages).toEqual(['OpenStandardMiningChannel.Success', 'NewMiningJob', 'SetNewPrevHash']);
  expect(farm.messages).toEqual(['OpenExtendedMiningChannel.Success', 'NewExtendedMiningJob', 'SetNewPrevHash']);
  expect(miner.client.channels.get(standard)?.target).toEqual(targetFromHashrate(1, 6));

  for (let index = 0; index < 2; index++) farm.mine(extended, 'share', 'rig-7');
  await farm.until(() => farm.accepted === 2);
  expect(last('share')).toMatchObject({ userIdentity: 'bob', worker: 'rig-7' });

  miner.mine(standard, 'block');
  await until(() => provider.solutions.length === 1);
  provider.tip(0xbb);
  await miner.until(() => miner.of('work').length === 2);
  await farm.until(() => farm.of('work').length === 2);
  // The share that was a block is acknowledged at the job change.
  await miner.until(() => miner.accepted === 1);
  miner.mine(standard, 'share');
  miner.mine(standard, 'share', undefined);
  await until(() => count('share') + count('shareRejected') === 5);
  expect(pool.status).toMatchObject({ connections: 2, channels: 2 });

  await miner.close();
  await until(() => count('disconnected') === 1);
  expect(pool.status).toMatchObject({ connections: 1, channels: 1 });
  await farm.close();
});

it('survives the loss of its template provider and hands it the block that was found meanwhile', async () => {
  await serve();
  const { port } = provider;
  const miner = await TestMiner.connect({ ...pool });
  const channelId = await miner.open('extended');
  await provider.close();
  await until(() => last('templateProvider')?.state === 'lost');
  miner.mine(channelId, 'block');
  await until(() => count('block') === 1);
  expect(last('block')).toMatchObject({ submission: 'kept' });
  expect(pool.status).toMatchObject({ templateProvider: 'away', waitingSolutions: 1 });

  provider = await TestProvider.start(() => onChange(), port);
  await until(() => provider.solutions.length === 1);
  provider.tip(0xcc);
  await miner.until(() => miner.of('work').length === 2);
  miner.mine(channelId, 'share');
  await until(() => count('share') === 2);
  await miner.close();
});

it('leaves a template provider that breaks the protocol and comes back to it', async () => {
  await serve();
  provider.misbehave();
  await until(() => count('templateProviderFailed') === 1);
  await until(() => provider.received.filter(({ name }) => name === 'CoinbaseOutputConstraints').length === 2);
  provider.tip(0xdd);
  await until(() => count('tip') === 2);
});

it('drains: what was accepted is acknowledged before the end', async () => {
  await serve();
  const miner = await TestMiner.connect({ ...pool });
  const channelId = await miner.open('extended');
  miner.mine(channelId, 'share');
  await until(() => count('share') === 1);
  const closing = pool.close();
  await miner.until(() => miner.closedBecause !== undefined);
  expect(miner.messages.slice(-2)).toEqual(['SubmitShares.Success', 'CloseChannel']);
  await closing;
});

it('refuses what it does not support, and says so', async () => {
  await serve();
  const probe = await TestMiner.connect({ ...pool, flags: 0xffffffff });
  expect(probe.client).toBeUndefined();
  expect(probe.closedBecause).toBe('setup-error');
  const standardOnly = await TestMiner.connect({ ...pool, flags: requiresStandardJobs });
  await expect(standardOnly.open('extended')).rejects.toThrow('extended-channels-not-supported-for-standard-jobs');
  await standardOnly.close();
});

it('runs without encryption only when it is told to', async () => {
  await expect(start({ authoritySecretKey: undefined })).rejects.toMatchObject({ code: 'authority-key-missing' });
  await serve({ authoritySecretKey: undefined, insecure: true });
  expect(pool.authorityPublicKey).toBeUndefined();
  const miner = await TestMiner.connect({ ...pool });
  await miner.open('standard');
  await miner.close();
});

it('says once that its template provider is on another network than the configuration', async () => {
  await serve({ network: 'mainnet' });
  provider.tip(0xab);
  await until(() => count('tip') === 2);
  expect(last('networkMismatch')).toEqual({ type: 'networkMismatch', network: 'mainnet', nbits: last('tip')!.nbits });
  expect(count('networkMismatch')).toBe(1);
});

it('logs who knocks at the wrong door', async () => {
  const warnings: object[] = [];
  const ignore = () => undefined;
  const logger = { debug: ignore, info: ignore, error: ignore, warn: (fields: object) => void warnings.push(fields) };
  await start({}, { logger });
  const socket = connect(pool.address.port, pool.address.host);
  socket.write('{"id":1,"method":"mining.subscribe","params":[]}\n');
  await once(socket.resume(), 'close');
  expect(warnings).toMatchObject([{ cause: 'sv1-greeting', hint: expect.stringContaining('translator') }]);
});
