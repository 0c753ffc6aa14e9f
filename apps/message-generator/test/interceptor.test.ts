import type { JsonValue } from '@stratumkit/codec';
import { formatJson } from '@stratumkit/codec';
import { decodeAuthorityPublicKey, decodeAuthoritySecretKey } from '@stratumkit/noise';
import { seededRandom } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import {
  createInterceptor,
  formatIntercepted,
  formatInterceptedJson,
  type InterceptedMessage,
  parseScript,
  parseTestText,
  runTest,
} from '../src/index.ts';
import { KEYS, MESSAGES } from './helpers.ts';

interface Scene {
  readonly encrypted?: boolean;
  readonly rules?: readonly JsonValue[];
  readonly version?: '1' | '2';
  readonly server: readonly JsonValue[];
  readonly client: readonly JsonValue[];
  readonly messages?: Readonly<Record<string, JsonValue>>;
  readonly seed?: number;
}

/** Client and server as tests, the interceptor between them. */
async function intercept({
  encrypted = false,
  rules = [],
  version = '2',
  server,
  client,
  messages = MESSAGES,
  seed = 0,
}: Scene) {
  const seen: InterceptedMessage[] = [];
  const keys = encrypted ? KEYS : {};
  const base = { version, ...messages };
  const timeouts = { receiveMs: 10_000, acceptMs: 10_000, connectMs: 10_000, watchMs: 10_000 };
  const text = formatJson({
    ...base,
    role: 'server',
    upstream: { ip: '127.0.0.1', port: 0, ...keys },
    actions: server,
  });
  const serverPlan = parseTestText(text, 'server.json');
  let listening: (port: number) => void = () => undefined;
  const port = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const serverReport = runTest(serverPlan, { seed: 1, timeouts, onListening: (_name, bound) => listening(bound) });
  const interceptor = await createInterceptor({
    listen: { host: '127.0.0.1', port: 0 },
    upstream: { host: '127.0.0.1', port: await port },
    upstreamKey: decodeAuthorityPublicKey(KEYS.pub_key),
    authoritySecretKey: decodeAuthoritySecretKey(KEYS.secret_key),
    rules: parseScript(formatJson({ rules }), 'script.json'),
    seed,
    random: seededRandom(),
    unixSeconds: () => Math.floor(Date.now() / 1000),
    record: true,
    onMessage: (message) => seen.push(message),
  });
  const clientText = formatJson({
    ...base,
    role: 'client',
    downstream: { ip: '127.0.0.1', port: 1, ...(encrypted ? { pub_key: KEYS.pub_key } : {}) },
    actions: client,
  });
  const clientPlan = parseTestText(clientText, 'client.json');
  const clientReport = await runTest(clientPlan, { seed: 1, timeouts, ports: { 1: interceptor.address.port } });
  const report = await serverReport;
  const recorded = interceptor.recordedTest();
  await interceptor.close();
  return { seen, server: report, client: clientReport, recorded };
}

const names = (seen: readonly InterceptedMessage[]) =>
  seen.map(({ to, message }) => `${to} ${'frame' in message ? message.definition?.name : message.text}`);
const expecting = (message: string, fields: Readonly<Record<string, JsonValue>> = {}) => ({
  type: 'expect',
  message,
  fields,
});

/** A result that only a line of JSON can pass. */
const notJson = () => ({ message_ids: [], results: [{ type: 'expect', method: { $any: true } }] });

describe('the interceptor', () => {
  it.each([false, true])('passes everything on and shows it, encrypted: %s', async (encrypted) => {
    const { seen, server, client } = await intercept({
      encrypted,
      server: [
        { message_ids: [], results: [expecting('SetupConnection', { vendor: 'v' })] },
        { message_ids: ['setup_ok', 'credit'], results: [{ type: 'close_connection' }] },
      ],
      client: [
        {
          message_ids: ['setup'],
          results: [
            expecting('SetupConnection.Success'),
            expecting('SubmitShares.Success', { new_shares_sum: 18_446_744_073_709_551_615n }),
          ],
        },
      ],
    });
    expect(client.failures).toEqual([]);
    expect(server.failures).toEqual([]);
    expect(names(seen)).toEqual([
      'upstream SetupConnection',
      'downstream SetupConnection.Success',
      'downstream SubmitShares.Success',
    ]);
    const [first] = seen;
    if (first === undefined) throw new Error('nothing seen');
    expect(formatIntercepted(first, 1.5)).toMatch(/^ {4}1\.500 {2}#1 up {4}SetupConnection \(0x00\) \{"protocol":0/);
    expect(JSON.parse(formatInterceptedJson(first, 1.5))).toMatchObject({
      time: 1.5,
      connection: 1,
      to: 'upstream',
      message: 'SetupConnection',
      fields: { vendor: 'v' },
    });
  });

  it('shows and records what stands behind the last field, such as the name of a worker', async () => {
    const append = [0, 2, 1, 0, 1, 0x77];
    const { seen, recorded } = await intercept({
      client: [{ message_ids: [{ id: 'setup', append }], results: [expecting('SetupConnection.Success')] }],
      server: [
        { message_ids: [], results: [expecting('SetupConnection')] },
        { message_ids: ['setup_ok'], results: [{ type: 'close_connection' }] },
      ],
    });
    const [first] = seen as [InterceptedMessage];
    expect(formatIntercepted(first, 1.5)).toMatch(/\}, behind the last field: 000201000177\n$/);
    expect(JSON.parse(formatInterceptedJson(first, 1.5))).toMatchObject({ fields: { vendor: 'v' }, append });
    const { actions } = JSON.parse(recorded) as { actions: { message_ids?: unknown[] }[] };
    expect(actions.flatMap(({ message_ids = [] }) => message_ids)).toMatchObject([
      { message: { type: 'SetupConnection', vendor: 'v' }, append },
    ]);
  });

  const numbered = [1, 2, 3].map((channel_id) => ({ message: { type: 'CloseChannel', channel_id, reason_code: 'x' } }));
  const arriving = (...channels: readonly number[]) => [
    { message_ids: [], results: channels.map((channel_id) => expecting('CloseChannel', { channel_id })) },
  ];
  const stays = { message_ids: [], results: [{ type: 'expect_nothing', for_ms: 100 }] };

  it.each([
    ['nothing', {}, arriving(1, 2, 3)],
    ['drop', { do: 'drop', nth: 2 }, [...arriving(1, 3), stays]],
    ['drop, several', { do: 'drop', nth: [1, 3] }, [...arriving(2), stays]],
    ['drop, every second', { do: 'drop', every: 2 }, [...arriving(1, 3), stays]],
    ['drop, by field', { do: 'drop', fields: { channel_id: { $range: [2, 3] } } }, [...arriving(1), stays]],
    ['drop, the other way', { do: 'drop', to: 'downstream' }, arriving(1, 2, 3)],
    ['duplicate', { do: 'duplicate', nth: 2, times: 2 }, arriving(1, 2, 2, 2, 3)],
    ['reorder', { do: 'reorder', nth: 1 }, arriving(2, 1, 3)],
    ['reorder to the end', { do: 'reorder', nth: 3 }, arriving(1, 2, 3)],
    ['corrupt', { do: 'corrupt', nth: 1, offsets: [0] }, arriving(0, 2, 3)],
    ['replace', { do: 'replace', nth: 3, with: { channel_id: 77 } }, arriving(1, 2, 77)],
    ['delay', { do: 'delay', nth: 1, ms: 60 }, arriving(1, 2, 3)],
  ])('%s does what it says', async (_name, rule, server) => {
    const rules = Object.keys(rule).length === 0 ? [] : [{ message: 'CloseChannel', ...rule }];
    const report = await intercept({
      encrypted: true,
      rules,
      server,
      client: [{ message_ids: numbered, results: [] }, { sleep_ms: 150 }],
    });
    expect(report.client.failures).toEqual([]);
    expect(report.server.failures).toEqual([]);
  });

  it('takes a rule of a value that nobody has saved yet for one that does not match', async () => {
    const { server, client } = await intercept({
      rules: [{ message: 'SetupConnection', fields: { vendor: { $var: 'nobody' } }, do: 'drop' }],
      client: [{ message_ids: ['setup'], results: [expecting('SetupConnection.Success')] }],
      server: [
        { message_ids: [], results: [expecting('SetupConnection')] },
        { message_ids: ['setup_ok'], results: [{ type: 'close_connection' }] },
      ],
    });
    expect([...client.failures, ...server.failures]).toEqual([]);
  });

  it('closes at the n-th match', async () => {
    const rules = [{ message: 'CloseChannel', do: 'close', nth: 2 }];
    const server = [...arriving(1), { message_ids: [], results: [{ type: 'close_connection' }] }];
    const client = [{ message_ids: numbered, results: [{ type: 'close_connection' }] }];
    const report = await intercept({ encrypted: true, rules, server, client });
    expect(report.client.failures).toEqual([]);
    expect(report.server.failures).toEqual([]);
  });

  it('corrupts what is sealed, which the other side cannot open', async () => {
    const rules = [{ do: 'corrupt', sealed: true, offsets: [30], nth: 1 }];
    const server = [{ message_ids: [], results: [{ type: 'close_connection' }] }];
    const client = [{ message_ids: ['bye'], results: [] }, { sleep_ms: 50 }];
    const report = await intercept({ encrypted: true, rules, server, client });
    expect(report.server.failures).toEqual([]);
  });

  it('understands SV1', async () => {
    const { seen, server, client } = await intercept({
      version: '1',
      messages: {},
      rules: [{ method: 'mining.authorize', do: 'replace', with: { '/params/0': 'somebody' } }],
      server: [
        { message_ids: [], results: [{ type: 'expect', method: 'mining.authorize', params: ['somebody', 'x'] }] },
        { message_ids: [{ message: { id: 1, result: true, error: null } }], results: [] },
        { sleep_ms: 50 },
      ],
      client: [
        {
          message_ids: [{ message: { id: 1, method: 'mining.authorize', params: ['worker', 'x'] } }],
          results: [{ type: 'expect', id: 1, result: true }],
        },
      ],
    });
    expect(client.failures).toEqual([]);
    expect(server.failures).toEqual([]);
    expect(names(seen)[0]).toBe('upstream {"id":1,"method":"mining.authorize","params":["worker","x"]}');
  });

  const calls = ['a', 'b', 'c'].map((name, index) => ({
    message: { id: index + 1, method: 'mining.authorize', params: [name, ''] },
  }));
  const heard = (...users: readonly string[]) => [
    {
      message_ids: [],
      results: users.map((user) => ({ type: 'expect', method: 'mining.authorize', params: [user, ''] })),
    },
  ];

  it.each([
    ['drop', { do: 'drop', nth: 2 }, [...heard('a', 'c'), stays]],
    ['drop, by a value', { do: 'drop', fields: { '/params/0': 'c' } }, [...heard('a', 'b'), stays]],
    ['delay', { do: 'delay', nth: 1, ms: 30 }, heard('a', 'b', 'c')],
    ['duplicate', { do: 'duplicate', nth: 3 }, heard('a', 'b', 'c', 'c')],
    ['reorder', { do: 'reorder', nth: 1, by: 2 }, heard('b', 'c', 'a')],
    ['replace', { do: 'replace', every: 2, with: { '/params/0': 'x' } }, heard('a', 'x', 'c')],
    ['corrupt', { do: 'corrupt', nth: 3, offsets: [0] }, [...heard('a', 'b'), notJson()]],
    ['close', { do: 'close', nth: 2 }, [...heard('a'), { message_ids: [], results: [{ type: 'close_connection' }] }]],
  ])('SV1: %s does what it says', async (_name, rule, server) => {
    const report = await intercept({
      version: '1',
      messages: {},
      rules: [{ method: 'mining.authorize', ...rule }],
      server: server as readonly JsonValue[],
      client: [{ message_ids: calls, results: [] }, { sleep_ms: 100 }],
    });
    expect(report.client.failures).toEqual([]);
    expect(report.server.failures.map(({ message }) => message)).toEqual(_name === 'corrupt' ? ['not JSON'] : []);
  });

  it('is deterministic: the same seed makes the same values', async () => {
    const server = [{ message_ids: [], results: [{ type: 'expect', message: 'CloseChannel' }] }];
    const client = [{ message_ids: ['bye'], results: [] }, { sleep_ms: 20 }];
    const rules = [{ message: 'CloseChannel', do: 'replace', with: { channel_id: { $random: true } } }];
    const values = async (seed: number) =>
      (await intercept({ encrypted: true, rules, server, client, seed })).server.transcript.map(({ detail }) => detail);
    const first = await values(1);
    expect(await values(1)).toEqual(first);
    expect(await values(2)).not.toEqual(first);
  });

  it.each([
    [{ rules: [{ do: 'explode' }] }, 'script.json:1: rules[0].do: must be "drop" or'],
    [{ rules: [{ do: 'drop', message: 'Nothing' }] }, 'no message Nothing'],
    [{ rules: [{ do: 'drop', message: 'CloseChannel', fields: { nope: 1 } }] }, 'the message has no such field'],
    [{ rules: [{ do: 'delay' }] }, 'ms: is missing'],
    [{}, 'rules: is missing'],
  ])('refuses the script %j', (script, message) => {
    expect(() => parseScript(JSON.stringify(script), 'script.json')).toThrow(message);
  });
});
