import { EventEmitter, once } from 'node:events';
import { headerHash, meetsTarget } from '@stratumkit/bitcoin';
import { Connection } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import {
  MINING_SETUP_FLAGS,
  type NewMiningJob,
  OpenStandardMiningChannel,
  type OpenStandardMiningChannelSuccess,
  type SetNewPrevHash,
  SubmitSharesStandard,
} from '@stratumkit/messages/mining';
import { createMiningDevice } from '@stratumkit/mining-device';
import { decodeAuthorityPublicKey } from '@stratumkit/noise';
import { createPool, type Pool, defaultModules as poolModules } from '@stratumkit/pool';
import {
  createTemplateProvider,
  defaultModules as providerModules,
  type TemplateProvider,
} from '@stratumkit/template-provider';
import { connect } from '@stratumkit/transport';
import { afterAll, beforeAll, expect, it } from 'vitest';

const host = '127.0.0.1';
const anyPort = { host, port: 0 };
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
/** What happens in the pool and in the template provider, by the `type` of the event. */
const pooled = new EventEmitter();
const provided = new EventEmitter();
let provider: TemplateProvider;
let pool: Pool;
let poolKey: Uint8Array;

beforeAll(async () => {
  provider = await createTemplateProvider(
    {
      listen: anyPort,
      source: { type: 'regtest', blockInterval: 1, expectedHashrate: 10_000, transactionsPerSecond: 1, seed: 1 },
    },
    providerModules,
    (event) => provided.emit(event.type, event),
  );
  const work = once(pooled, 'tip');
  pool = await createPool(
    {
      listen: anyPort,
      templateProvider: {
        ...provider.address,
        authorityPublicKey: decodeAuthorityPublicKey(provider.authorityPublicKey!),
      },
      authoritySecretKey: new Uint8Array(32).fill(1),
      network: 'regtest',
      coinbaseRewardScript: Uint8Array.of(0x51), // anyone can spend
      minHashrate: 1, // gives even the slowest device a target of its own
      sharesPerMinute: 600,
      shareBatchSize: 1, // each share is acknowledged alone
    },
    poolModules,
    (event) => pooled.emit(event.type, event),
  );
  poolKey = decodeAuthorityPublicKey(pool.authorityPublicKey!);
  await work;
});

afterAll(async () => {
  await pool.close();
  await provider.close();
});

it('the device mines a block that the chain takes', async () => {
  const share = once(pooled, 'share');
  const block = once(provided, 'block');
  // Start yours here instead: spawn('./firmware', ['--pool', `${host}:${pool.address.port}`, '--key', pool.authorityPublicKey])
  const device = await createMiningDevice({
    upstreams: [{ ...pool.address, authorityPublicKey: poolKey }],
    userIdentity: 'alice.rig1',
    hashrate: 100_000,
    workers: 1,
  });
  expect((await share)[0]).toMatchObject({ userIdentity: 'alice.rig1' });
  expect((await block)[0]).toMatchObject({ outcome: 'accepted' });
  await device.close();
});

it('a share is acknowledged once, and refused the second time', async () => {
  const messages = new EventEmitter();
  const link = await connect<'mining'>({
    ...pool.address,
    createConnection: (now) => {
      const request = {
        protocol: 0,
        minVersion: 2,
        maxVersion: 2,
        flags: MINING_SETUP_FLAGS.requiresStandardJobs,
        endpointHost: host,
        endpointPort: pool.address.port,
        vendor: 'my firmware',
        hardwareVersion: '1.0',
        firmware: '',
        deviceId: '',
      };
      return new Connection(
        {
          protocol: 'mining',
          security: { type: 'noise-initiator', authorityPublicKey: poolKey, random },
          setup: { side: 'client', request },
        },
        now,
      );
    },
    onEvent: (event) => {
      // Byte fields are views into what was received: they are copied to outlive this call.
      if (event.type === 'message') messages.emit(event.message.name, structuredClone(event.message.value));
      else messages.emit(event.type, event);
    },
  });
  const next = async <Value>(name: string): Promise<Value> => (await once(messages, name))[0];
  await next('ready');

  const answers = Promise.all([
    next<OpenStandardMiningChannelSuccess>('OpenStandardMiningChannel.Success'),
    next<NewMiningJob>('NewMiningJob'),
    next<SetNewPrevHash>('SetNewPrevHash'),
  ]);
  link.send(
    encodeFrame(OpenStandardMiningChannel, {
      requestId: 1,
      userIdentity: 'alice.rig2',
      nominalHashRate: 100,
      maxTarget: new Uint8Array(32).fill(0xff),
    }),
  );
  const [{ channelId, target }, { jobId, version, merkleRoot }, { prevHash, nbits, minNtime: ntime }] = await answers;

  let nonce = 0;
  while (!meetsTarget(headerHash({ version, prevHash, merkleRoot, time: ntime, nbits, nonce }), target)) nonce += 1;
  const share = { channelId, jobId, nonce, ntime, version };
  const accepted = next('SubmitShares.Success');
  link.send(encodeFrame(SubmitSharesStandard, { ...share, sequenceNumber: 1 }));
  expect(await accepted).toMatchObject({ channelId, lastSequenceNumber: 1, newSubmitsAcceptedCount: 1 });

  const refused = next('SubmitShares.Error');
  link.send(encodeFrame(SubmitSharesStandard, { ...share, sequenceNumber: 2 }));
  expect(await refused).toEqual({ channelId, sequenceNumber: 2, errorCode: 'duplicate-share' });
  link.close('shutdown');
  await link.closed;
});
