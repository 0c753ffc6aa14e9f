import { formatJson, type JsonValue } from '@stratumkit/codec';
import { decodeAuthorityPublicKey, decodeAuthoritySecretKey } from '@stratumkit/noise';
import { seededRandom } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import { createInterceptor, parseTestText, runTest, type TestReport } from '../src/index.ts';
import { KEYS } from './helpers.ts';

const timeouts = { receiveMs: 10_000, acceptMs: 10_000, connectMs: 10_000 };
const RECORDED_PORT = 1;

/** Starts a scripted upstream on a free port. */
async function upstream(actions: readonly JsonValue[], protocol: 'sv1' | 'sv2', encrypted: boolean) {
  const connection = { name: 'upstream', role: 'server', protocol, ip: '127.0.0.1', port: 0 };
  const text = formatJson({ version: '2', connections: [{ ...connection, ...(encrypted ? KEYS : {}) }], actions });
  let report: Promise<TestReport> | undefined;
  const port = await new Promise<number>((resolve) => {
    report = runTest(parseTestText(text, 'upstream.json'), {
      seed: 1,
      timeouts: { ...timeouts, watchMs: 10_000 },
      onListening: (_name, bound) => resolve(bound),
    });
  });
  return { port, report: report as Promise<TestReport> };
}

interface Scene {
  readonly protocol: 'sv1' | 'sv2';
  readonly encrypted?: boolean;
  readonly knowsKey?: boolean;
  /** What is recorded, and the other upstream that it is replayed against. */
  readonly recorded: readonly JsonValue[];
  readonly fresh: readonly JsonValue[];
  readonly client: readonly JsonValue[];
  /** How long the replay waits for a message. */
  readonly receiveMs?: number;
}

/** Records a client at one upstream and replays it at another. */
async function record({
  protocol,
  encrypted = false,
  knowsKey = true,
  recorded,
  fresh,
  client,
  receiveMs = 10_000,
}: Scene) {
  const first = await upstream(recorded, protocol, encrypted);
  const interceptor = await createInterceptor({
    listen: { host: '127.0.0.1', port: 0 },
    upstream: { host: '127.0.0.1', port: first.port },
    upstreamKey: knowsKey ? decodeAuthorityPublicKey(KEYS.pub_key) : undefined,
    authoritySecretKey: decodeAuthoritySecretKey(KEYS.secret_key),
    random: seededRandom(),
    unixSeconds: () => Math.floor(Date.now() / 1000),
    record: true,
  });
  const downstream = { name: 'device', role: 'client', protocol, ip: '127.0.0.1', port: RECORDED_PORT };
  const key = encrypted ? { pub_key: KEYS.pub_key } : {};
  const text = formatJson({ version: '2', connections: [{ ...downstream, ...key }], actions: client });
  const played = await runTest(parseTestText(text, 'client.json'), {
    timeouts,
    ports: { [RECORDED_PORT]: interceptor.address.port },
  });
  expect([...played.failures, ...(await first.report).failures]).toEqual([]);
  await interceptor.close();
  const recording = interceptor.recordedTest();
  const second = await upstream(fresh, protocol, encrypted);
  const peer = { host: '127.0.0.1', port: second.port };
  const replayed = await runTest(parseTestText(recording, 'recording.json'), {
    timeouts: { ...timeouts, receiveMs },
    peer,
  });
  return { recording, replayed, upstream: await second.report };
}

const closes = { message_ids: [], results: [{ type: 'close_connection' }] };
const expecting = (message: JsonValue, fields: Readonly<Record<string, JsonValue>> = {}) => ({
  message_ids: [],
  results: [{ type: 'expect', message, fields }],
});
const send = (...messages: readonly JsonValue[]) => ({
  message_ids: messages.map((message) => ({ message })),
  results: [],
});

const setup = {
  type: 'SetupConnection',
  protocol: 0,
  min_version: 2,
  max_version: 2,
  flags: 0,
  endpoint_host: 'h',
  endpoint_port: 1,
  vendor: 'v',
  hardware_version: '',
  firmware: '',
  device_id: '',
};
const opens = {
  type: 'OpenStandardMiningChannel',
  request_id: 3,
  user_identity: 'u',
  nominal_hash_rate: 1,
  max_target: { $repeat: [255, 32] },
};
const share = (job: JsonValue, ntime: JsonValue, channel: JsonValue, sequence_number: number) => ({
  type: 'SubmitSharesStandard',
  channel_id: channel,
  sequence_number,
  job_id: job,
  nonce: 5,
  ntime,
  version: 0x20000000,
});
const prevHash = (channel_id: number, job_id: number, min_ntime: number) => ({
  type: 'SetNewPrevHash',
  section: 'mining_messages',
  channel_id,
  job_id,
  prev_hash: { $repeat: [0, 32] },
  min_ntime,
  nbits: 1,
});
const opened = (channel_id: number) => ({
  type: 'OpenStandardMiningChannel.Success',
  request_id: 3,
  channel_id,
  target: { $repeat: [255, 32] },
  extranonce_prefix: [1],
  group_channel_id: 0,
});
const job = (channel_id: number, job_id: number) => ({
  type: 'NewMiningJob',
  channel_id,
  job_id,
  min_ntime: [],
  version: 1,
  merkle_root: { $repeat: [1, 32] },
});
const credited = (channel_id: number, last_sequence_number: number) => ({
  type: 'SubmitShares.Success',
  channel_id,
  last_sequence_number,
  new_submits_accepted_count: 1,
  new_shares_sum: 1,
});
const refused = (channel_id: number, sequence_number: number) => ({
  type: 'SubmitShares.Error',
  channel_id,
  sequence_number,
  error_code: 'difficulty-too-low',
});
const setUp = [expecting('SetupConnection'), send({ type: 'SetupConnection.Success', used_version: 2, flags: 0 })];

/** A pool that credits two shares with one answer, the job first. */
const recordedPool = [
  ...setUp,
  expecting('OpenStandardMiningChannel'),
  send(opened(7), job(7, 1), prevHash(7, 1, 100)),
  expecting('SubmitSharesStandard', { job_id: 1 }),
  expecting('SubmitSharesStandard'),
  send(credited(7, 1)),
  closes,
];
const device = [
  { message_ids: [{ message: setup }], results: [{ type: 'expect', message: 'SetupConnection.Success' }] },
  { message_ids: [{ message: opens }], results: [{ type: 'wait_for', message: 'SetNewPrevHash' }] },
  {
    message_ids: [{ message: share(1, 100, 7, 0) }, { message: share(1, 100, 7, 1), append: [0, 2, 1, 0, 1, 65] }],
    results: [{ type: 'expect', message: 'SubmitShares.Success' }],
  },
];

describe('a recording', () => {
  it.each([
    [false, true],
    [true, true],
    [true, false],
  ])(
    'is replayed with the ids, jobs and times of another pool, encrypted: %s, key known: %s',
    async (encrypted, knowsKey) => {
      const fresh = [
        ...setUp,
        expecting('OpenStandardMiningChannel', { request_id: 3, user_identity: 'u' }),
        // Another order, a job more, and one answer for each share.
        send(prevHash(90, 44, 500), job(90, 44), job(90, 45), opened(90)),
        expecting('SubmitSharesStandard', { channel_id: 90, job_id: 44, ntime: 500, sequence_number: 0, nonce: 5 }),
        // What is behind its fields comes along: 24 bytes and a TLV field of 6.
        { message_ids: [], results: [{ type: 'expect', message: 'SubmitSharesStandard', length: 30 }] },
        send(refused(90, 0), job(90, 46), refused(90, 1)),
        closes,
      ];
      const { replayed, upstream: report } = await record({
        protocol: 'sv2',
        encrypted,
        knowsKey,
        recorded: recordedPool,
        fresh,
        client: device,
      });
      expect(replayed.failures).toEqual([]);
      expect(report.failures).toEqual([]);
    },
  );

  it('fails where an answer differs, and says what came closest', async () => {
    const fresh = [
      expecting('SetupConnection'),
      send({ type: 'SetupConnection.Success', used_version: 2, flags: 1 }),
      closes,
    ];
    const { replayed } = await record({
      protocol: 'sv2',
      recorded: recordedPool,
      fresh,
      client: device,
      receiveMs: 100,
    });
    expect(replayed.failures).toMatchObject([
      { message: expect.stringContaining('closest: SetupConnection.Success: flags not as expected') },
    ]);
  });

  it('of SV1 is replayed with the job of another pool, its answers in any order', async () => {
    const call = (id: JsonValue, method: string, params: JsonValue) => ({ id, method, params });
    const notify = (id: string, ntime: string) =>
      call(null, 'mining.notify', [id, '', '', '', [], '', '', ntime, true]);
    const hears = (method: string, params: JsonValue) => ({
      message_ids: [],
      results: [{ type: 'expect', method, params }],
    });
    const answer = (id: number) => ({ id, result: true, error: null });
    const scene = {
      protocol: 'sv1' as const,
      recorded: [
        hears('mining.subscribe', []),
        hears('mining.authorize', ['w', 'x']),
        send(answer(1), answer(2), call(null, 'mining.set_difficulty', [1]), notify('a', '11')),
        hears('mining.submit', ['w', 'a', '00', '11', '22']),
        send(answer(3)),
        closes,
      ],
      client: [
        {
          message_ids: [call(1, 'mining.subscribe', []), call(2, 'mining.authorize', ['w', 'x'])].map((message) => ({
            message,
          })),
          results: [{ type: 'wait_for', method: 'mining.notify' }],
        },
        {
          message_ids: [{ message: call(3, 'mining.submit', ['w', 'a', '00', '11', '22']) }],
          results: [{ type: 'expect', id: 3 }],
        },
      ],
    };
    const { replayed, upstream: report } = await record({
      ...scene,
      fresh: [
        hears('mining.subscribe', []),
        hears('mining.authorize', ['w', 'x']),
        send(notify('z', '77'), answer(2), answer(1)),
        hears('mining.submit', ['w', 'z', '00', '77', '22']),
        send(answer(3)),
        closes,
      ],
    });
    expect([...replayed.failures, ...report.failures]).toEqual([]);
    const { replayed: unanswered } = await record({
      ...scene,
      fresh: [hears('mining.subscribe', []), hears('mining.authorize', ['w', 'x']), send(answer(1), notify('z', '77'))],
    });
    expect(unanswered.failures[0]?.message).toContain('closed while a message was due');
  });
});
