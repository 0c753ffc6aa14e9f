import { type FieldShape, formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import { ALL_MESSAGES } from '@stratumkit/messages';
import { describe, expect, it } from 'vitest';
import { groupOf, MESSAGE_SECTIONS } from '../src/format/layouts.ts';
import { parseTestText } from '../src/index.ts';
import { buildFrame } from '../src/run/sending.ts';
import { createRandom } from '../src/values/random.ts';
import { MESSAGES, play, type Test, waitForEnd } from './helpers.ts';

const expecting = (message: string, fields: Readonly<Record<string, JsonValue>> = {}) => ({
  type: 'expect',
  message,
  fields,
});

/** A server that sends, and a client that looks at what comes. */
async function see(
  sends: readonly JsonValue[],
  results: readonly JsonValue[],
  extra: Test = {},
  options: { readonly compat?: boolean; readonly encrypted?: boolean; readonly seed?: number } = {},
) {
  const { compat = false, encrypted = false, seed = 1 } = options;
  return play(
    {
      actions: [{ role: 'server', message_ids: [...sends], results: [] }, ...(compat ? [] : waitForEnd('server'))],
      ...extra,
    },
    { actions: [{ role: 'client', message_ids: [], results: [...results] }] },
    { tested: 'server', compat, encrypted, seed },
  );
}

describe('what is sent', () => {
  it('a message written where it is sent', async () => {
    const message = { type: 'CloseChannel', channel_id: 1, reason_code: 'x' };
    expect((await see([{ message }], [expecting('CloseChannel', { channel_id: 1 })])).client.failures).toEqual([]);
    expect((await see([{ message }], [expecting('CloseChannel', { channel_id: 2 })])).client.outcome).toBe('failed');
  });

  it.each([false, true])('a frame of any header and payload, encrypted: %s', async (encrypted) => {
    const frame = { message_type: '0xfe', extension_type: 5, channel_msg: true, payload: { $hex: '010203' } };
    const result = { type: 'expect', message_type: '0xfe', extension_type: 5, channel_msg: true, length: 3 };
    expect((await see([{ frame }], [result], {}, { encrypted })).client.failures).toEqual([]);
    const other = { ...frame, extension_type: 6 };
    expect((await see([{ frame: other }], [result], {}, { encrypted })).client.outcome).toBe('failed');
  });

  it.each([false, true])('a frame whose header lies about its length, encrypted: %s', async (encrypted) => {
    const frame = { message_type: '0x18', channel_msg: true, payload: '0700000000', length: 1 };
    const { client } = await see([{ frame }], [{ type: 'expect', length: 1 }], {}, { encrypted });
    if (encrypted) expect(client.failures[0]?.message).toContain('closed while a message was due');
    else expect(client.failures).toEqual([]);
  });

  it('raw bytes', async () => {
    const raw = { raw: '008018090000 07000000 04 646f6e65' };
    expect((await see([raw], [expecting('CloseChannel', { channel_id: 7 })])).client.failures).toEqual([]);
    const broken = { raw: '008018020000 0700' };
    expect((await see([broken], [expecting('CloseChannel')])).client.failures[0]?.message).toContain(
      'cannot be decoded',
    );
  });

  it.each([false, true])('in pieces and with pauses, encrypted: %s', async (encrypted) => {
    const send = { id: 'bye', split: [1, 2, 3], delay_ms: 15 };
    const started = performance.now();
    expect((await see([send], [expecting('CloseChannel')], {}, { encrypted })).client.failures).toEqual([]);
    expect(performance.now() - started).toBeGreaterThanOrEqual(3 * 15);
  });

  it('pauses count: a message whose end comes too late is missed', async () => {
    const send = { id: 'bye', split: [5], delay_ms: 300 };
    const late = { ...expecting('CloseChannel'), timeout_ms: 30 };
    expect((await see([send], [late])).client.failures).toMatchObject([{ message: 'nothing came within 30 ms' }]);
  });

  it('with bits turned over, which a sealed message does not survive', async () => {
    const send = { id: 'bye', corrupt: [6] };
    expect((await see([send], [expecting('CloseChannel', { channel_id: 6 })])).client.failures).toEqual([]);
    const { client } = await see([send], [expecting('CloseChannel')], {}, { encrypted: true });
    expect(client.failures[0]?.message).toContain('tag');
  });

  it('values that are made when they are needed', async () => {
    const message = {
      type: 'CloseChannel',
      channel_id: { $add: [{ $var: 'base' }, 2] },
      reason_code: { $concat: [{ $text: 'no ' }, { $hex: '21' }, { $repeat: [33, 2] }] },
    };
    const variables = { variables: { base: 40 } };
    const result = expecting('CloseChannel', { channel_id: 42, reason_code: 'no !!!' });
    expect((await see([{ message }], [result], variables)).client.failures).toEqual([]);
    const { server } = await see([{ message }], [], {});
    expect(server.failures).toMatchObject([{ message: 'nothing was saved as base', hard: true }]);
  });
});

describe('replace_fields', () => {
  const entry = (replace: JsonValue) => ({
    mining_messages: [
      { id: 'bye', message: { type: 'CloseChannel', channel_id: 7, reason_code: 'done' }, replace_fields: replace },
    ],
  });
  /** The server saves the channel id of what comes, and answers with it. */
  const echo = async (replace: JsonValue, compat: boolean) =>
    play(
      {
        ...entry(replace),
        ...(compat ? { frame_builders: [{ type: 'automatic', message_id: 'bye' }] } : {}),
        actions: [
          {
            role: 'server',
            message_ids: [],
            results: [
              {
                type: 'get_message_field',
                value: ['MiningProtocol', 'SubmitSharesSuccess', [['last_sequence_number', 'N']]],
              },
            ],
          },
          { role: 'server', message_ids: ['bye'], results: [{ type: 'close_connection' }] },
        ],
      },
      {
        actions: [{ role: 'client', message_ids: ['credit'], results: [expecting('CloseChannel', { channel_id: 1 })] }],
      },
      { tested: 'server', compat },
    );

  it.each([false, true])('takes a saved value, compat: %s', async (compat) => {
    expect((await echo([['channel_id', 'N']], compat)).client.failures).toEqual([]);
    expect((await echo([{ field_name: 'channel_id', keyword: 'N' }], compat)).client.failures).toEqual([]);
    expect((await echo([], compat)).client.outcome).toBe('failed');
  });

  it.each([false, true])('fails hard on a keyword that was never saved, compat: %s', async (compat) => {
    const { server } = await echo([['channel_id', 'M']], compat);
    expect(server.failures).toMatchObject([{ message: 'nothing was saved as M', hard: true, action: 2 }]);
  });

  it('ARBITRARY is random, the same for the same seed, new at each send, and for every field', async () => {
    const replace = [
      ['channel_id', 'ARBITRARY'],
      ['reason_code', 'ARBITRARY'],
    ];
    const values = async (seed: number) => {
      const { client } = await see(
        ['bye', 'bye'],
        [expecting('CloseChannel'), expecting('CloseChannel')],
        entry(replace),
        { seed },
      );
      expect(client.failures).toEqual([]);
      return client.transcript.map(({ detail }) => detail);
    };
    const [first, second] = await values(5);
    expect(first).not.toBe(second);
    expect(await values(5)).toEqual([first, second]);
    expect((await values(6))[0]).not.toBe(first);
  });

  it('ARBITRARY works for every field of every message', () => {
    const sections = Object.entries(MESSAGE_SECTIONS);
    for (const definition of ALL_MESSAGES) {
      const section = sections.find(([, group]) => group === groupOf(definition))?.[0] ?? '';
      const template = Object.fromEntries(
        Object.entries(definition.specNames).map(([key, name]) => [name, zeroOf(definition.fields[key]?.shape)]),
      );
      const message = { type: definition.name, ...template } as JsonObject;
      const replace_fields = Object.values(definition.specNames).map((name) => [name, 'ARBITRARY']);
      const text = formatJson({
        version: '2',
        role: 'none',
        actions: [],
        [section]: [{ id: 'm', message, replace_fields }],
      });
      const found = parseTestText(text, 'x.json').messages.get('m');
      if (found === undefined) throw new Error(definition.name);
      const scope = { variables: new Map(), random: createRandom(1, definition.name) };
      for (let count = 0; count < 20; count++) {
        const { payload } = buildFrame(found, scope, false);
        expect(definition.encode(definition.decodePrefix(payload).value)).toEqual(payload);
      }
    }
  });

  it('ARBITRARY comes first, then the saved values from the end of the list', async () => {
    const twice = (first: string, second: string) =>
      entry([
        ['channel_id', first],
        ['channel_id', second],
      ]);
    const is = async (test: Test, channel_id: JsonValue) =>
      (await see(['bye'], [expecting('CloseChannel', { channel_id })], { ...test, variables: { A: 1, B: 2 } })).client
        .outcome;
    expect(await is(twice('A', 'ARBITRARY'), 1)).toBe('passed');
    expect(await is(twice('A', 'B'), 1)).toBe('passed');
    expect(await is(twice('A', 'B'), 2)).toBe('failed');
  });

  it('works in messages with sequences and options', async () => {
    const job = {
      mining_messages: [
        {
          id: 'group',
          message: { type: 'SetGroupChannel', group_channel_id: 1, channel_ids: [1, 2] },
          replace_fields: [['channel_ids', 'LIST']],
        },
      ],
      variables: { LIST: [7, 8, 9] },
    };
    const result = expecting('SetGroupChannel', { channel_ids: [7, 8, 9] });
    expect((await see(['group'], [result], job)).client.failures).toEqual([]);
  });
});

describe('replace_fields in a place', () => {
  const job = (replace: JsonValue, variables: Test) => ({
    mining_messages: [
      { ...(MESSAGES.mining_messages[2] as object), replace_fields: replace },
      {
        id: 'prefix',
        message: { type: 'SetExtranoncePrefix', channel_id: 1, extranonce_prefix: [] },
        replace_fields: [['extranonce_prefix', 'TEXT']],
      },
    ] as JsonValue,
    variables,
  });
  it('inside of a field, by a JSON pointer', async () => {
    const replace = [['merkle_path/1', 'HASH']];
    const path = (last: number) =>
      expecting('NewExtendedMiningJob', { merkle_path: [{ $repeat: [1, 32] }, { $repeat: [last, 32] }] });
    const variables = { HASH: new Array<JsonValue>(32).fill(7) };
    expect((await see(['job'], [path(7)], job(replace, variables))).client.failures).toEqual([]);
    expect((await see(['job'], [path(2)], job(replace, variables))).client.outcome).toBe('failed');
    const beyond = await see(['job'], [], job([['merkle_path/2', 'HASH']], variables));
    expect(beyond.server.failures).toMatchObject([{ message: 'nothing at 2 to replace', hard: true }]);
  });

  it('a saved string goes into a field of bytes', async () => {
    const extra = job([], { TEXT: 'ab' });
    const result = (prefix: JsonValue) => expecting('SetExtranoncePrefix', { extranonce_prefix: prefix });
    expect((await see(['prefix'], [result([97, 98])], extra)).client.failures).toEqual([]);
    expect((await see(['prefix'], [result([97])], extra)).client.outcome).toBe('failed');
  });
});

describe('manual frame builders', () => {
  const builders = {
    frame_builders: [
      {
        type: 'manual',
        message_id: 'bye',
        message_type: '0x19',
        extension_type: '0000_0000_0000_0010',
        channel_msg: false,
      },
    ],
  };
  it('reach the wire by default, and have no effect under --compat', async () => {
    const manual = { type: 'expect', message_type: '0x19', extension_type: 10, channel_msg: false };
    const automatic = { type: 'expect', message_type: '0x18', extension_type: 0, channel_msg: true };
    expect((await see(['bye'], [manual], builders)).client.failures).toEqual([]);
    expect((await see(['bye'], [automatic], builders)).client.outcome).toBe('failed');
    expect((await see(['bye'], [automatic], builders, { compat: true })).client.failures).toEqual([]);
  });
});

describe('steps', () => {
  const seeIds = (actions: readonly JsonValue[], ids: readonly number[], extra: Test = {}) =>
    play(
      { actions: [...actions, ...waitForEnd('server')], ...extra },
      {
        actions: [
          {
            message_ids: [],
            results: [
              ...ids.map((channel_id) => expecting('CloseChannel', { channel_id })),
              { type: 'expect_nothing', for_ms: 20 },
            ],
          },
        ],
      },
    );
  const send = (channel_id: JsonValue) => ({
    message_ids: [{ message: { type: 'CloseChannel', channel_id, reason_code: '' } }],
    results: [],
  });

  it('repeat, for_each and set', async () => {
    const steps = [
      { repeat: { times: 3, as: 'i' }, actions: [send({ $var: 'i' })] },
      { set: { x: 10, y: [5, 6] } },
      {
        for_each: { in: { $var: 'y' }, as: 'v' },
        actions: [{ set: { x: { $add: [{ $var: 'x' }, { $var: 'v' }] } } }, send({ $var: 'x' })],
      },
      { repeat: 0, actions: [send(99)] },
    ];
    expect((await seeIds(steps, [0, 1, 2, 15, 21])).client.failures).toEqual([]);
    expect((await seeIds(steps, [0, 1, 3])).client.outcome).toBe('failed');
  });

  it('several connections, opened and closed when the script says so', async () => {
    const connection = (name: string, more: Test) => ({ name, ip: '127.0.0.1', port: 1, role: 'client', ...more });
    const { client, server } = await play(
      {
        actions: [
          { message_ids: [], results: [{ type: 'expect', message: 'CloseChannel' }, { type: 'close_connection' }] },
          { open: 'server' },
          { message_ids: [], results: [{ type: 'expect', message: 'SubmitShares.Success' }] },
        ],
      },
      {
        role: 'none',
        connections: [connection('one', {}), connection('two', { open: 'action' })],
        actions: [
          { connection: 'one', message_ids: ['bye'], results: [] },
          { close: 'one' },
          { open: 'two' },
          { connection: 'two', message_ids: ['credit'], results: [] },
          { sleep_ms: 50 },
        ],
      },
    );
    expect(client.failures).toEqual([]);
    expect(server.failures).toEqual([]);
  });

  it('an action on a connection that is not open fails', async () => {
    const { client } = await play(
      { actions: [{ sleep_ms: 50 }] },
      {
        connections: [{ name: 'two', role: 'client', ip: '127.0.0.1', port: 1, open: 'action' }],
        actions: [{ connection: 'two', message_ids: ['bye'], results: [] }],
      },
    );
    expect(client.failures).toMatchObject([{ message: 'connection "two" is not open', hard: true }]);
  });

  it('skip lists of the test and of an action', async () => {
    const server = {
      actions: [{ message_ids: ['bye', 'credit', 'bye', 'credit'], results: [] }, ...waitForEnd('server')],
    };
    const actions = (skip_messages: JsonValue) => [
      { message_ids: [], results: [expecting('SubmitShares.Success')] },
      { message_ids: [], skip_messages, results: [expecting('SubmitShares.Success')] },
    ];
    const skip = { skip_messages: ['CloseChannel'] };
    expect((await play(server, { ...skip, actions: actions(['0x18']) })).client.failures).toEqual([]);
    expect((await play(server, { ...skip, actions: actions([]) })).client.failures).toMatchObject([{ action: 2 }]);
    expect((await play(server, { actions: actions(['0x18']) })).client.failures).toMatchObject([{ action: 1 }]);
  });

  it('watch saves fields of messages that are skipped', async () => {
    const server = {
      actions: [
        {
          message_ids: ['job', 'bye'],
          results: [{ type: 'expect', message: 'CloseChannel', fields: { channel_id: 9 } }],
        },
      ],
    };
    const client = (watch: JsonValue) => ({
      skip_messages: ['NewExtendedMiningJob'],
      watch: [watch],
      actions: [
        { message_ids: [], results: [expecting('CloseChannel')] },
        {
          message_ids: [{ message: { type: 'CloseChannel', channel_id: { $var: 'JOB' }, reason_code: '' } }],
          results: [],
        },
      ],
    });
    const good = await play(server, client({ message: 'NewExtendedMiningJob', save: { job_id: 'JOB' } }));
    expect([...good.client.failures, ...good.server.failures]).toEqual([]);
    const bad = await play(server, client({ message: 'NewMiningJob', save: { job_id: 'JOB' } }));
    expect(bad.client.failures).toMatchObject([{ message: 'nothing was saved as JOB' }]);
  });
});

function zeroOf(shape: FieldShape | undefined): JsonValue {
  switch (shape?.kind) {
    case 'boolean':
      return false;
    case 'fixedBytes':
      return new Array<JsonValue>(shape.length).fill(0);
    case 'integer':
    case 'bigint':
    case 'float':
      return 0;
    default:
      return [];
  }
}
