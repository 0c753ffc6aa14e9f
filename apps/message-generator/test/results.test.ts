import type { JsonValue } from '@stratumkit/codec';
import { describe, expect, it } from 'vitest';
import { play, waitForEnd } from './helpers.ts';

type Case = readonly [
  name: string,
  sent: readonly JsonValue[],
  passes: readonly JsonValue[],
  fails: readonly JsonValue[],
  message: string,
];

const field = (group: string, type: string, ...fields: readonly JsonValue[]) => ({
  type: 'match_message_field',
  value: [group, type, fields],
});
const mining = (type: string, ...fields: readonly JsonValue[]) => field('MiningProtocol', type, ...fields);
const jobField = (name: string, value: JsonValue) => mining('NewExtendedMiningJob', [name, value]);
const expecting = (message: JsonValue, rest: Readonly<Record<string, JsonValue>> = {}) => ({
  type: 'expect',
  message,
  ...rest,
});
const credit = (value: JsonValue) => expecting('SubmitSharesSuccess', { fields: { new_shares_sum: value } });
const bye = (value: JsonValue) => expecting('CloseChannel', { fields: { channel_id: value } });
const reason = (value: JsonValue) => expecting('CloseChannel', { fields: { reason_code: value } });
const target = (value: JsonValue) => expecting('OpenExtendedMiningChannelSuccess', { fields: { target: value } });
const MAX = 18_446_744_073_709_551_615n;

/** What both modes share: the original's results, with the natural meaning for SEQ, OPTION and U64. */
const ORIGINAL: readonly Case[] = [
  [
    'match_message_type',
    ['bye'],
    [{ type: 'match_message_type', value: '0x18' }],
    [{ type: 'match_message_type', value: '0x19' }],
    'message type 0x19 expected, 0x18 received',
  ],
  [
    'match_message_field, a number',
    ['bye'],
    [mining('CloseChannel', ['channel_id', { U32: 7 }])],
    [mining('CloseChannel', ['channel_id', { U32: 8 }])],
    'CloseChannel: channel_id not as expected',
  ],
  [
    'match_message_field, a string',
    ['bye'],
    [mining('CloseChannel', ['reason_code', { Str0255: [100, 111, 110, 101] }])],
    [mining('CloseChannel', ['reason_code', { Str0255: [100, 111, 110] }])],
    'reason_code not as expected',
  ],
  [
    'match_message_field, a boolean and bytes',
    ['job'],
    [
      mining(
        'NewExtendedMiningJob',
        ['version_rolling_allowed', { Bool: true }],
        ['coinbase_tx_prefix', { B064K: [1, 2, 3] }],
      ),
    ],
    [
      mining(
        'NewExtendedMiningJob',
        ['version_rolling_allowed', { Bool: true }],
        ['coinbase_tx_prefix', { B064K: [1, 2] }],
      ),
    ],
    'coinbase_tx_prefix not as expected',
  ],
  [
    'match_message_field, a sequence',
    ['job'],
    [jobField('merkle_path', { Seq0255: [new Array(32).fill(1), new Array(32).fill(2)] })],
    [jobField('merkle_path', { Seq0255: [new Array(32).fill(1)] })],
    'merkle_path not as expected',
  ],
  [
    'match_message_field, an option',
    ['job'],
    [jobField('min_ntime', [1_700_000_000])],
    [jobField('min_ntime', [])],
    'min_ntime',
  ],
  [
    'match_message_field, a U64 with every digit',
    ['credit'],
    [mining('SubmitSharesSuccess', ['new_shares_sum', { U64: MAX }])],
    [mining('SubmitSharesSuccess', ['new_shares_sum', { U64: MAX - 1n }])],
    'new_shares_sum not as expected',
  ],
  [
    'get_message_field',
    ['bye'],
    [{ type: 'get_message_field', value: ['MiningProtocol', 'CloseChannel', [['channel_id', 'ID']]] }],
    [{ type: 'get_message_field', value: ['MiningProtocol', 'CloseChannel', [['job_id', 'ID']]] }],
    'has no field job_id',
  ],
  [
    'match_message_len',
    ['bye'],
    [{ type: 'match_message_len', value: 9 }],
    [{ type: 'match_message_len', value: 8 }],
    'a payload of 8 bytes expected, 9 bytes received',
  ],
  [
    'match_extension_type, with the channel bit',
    ['bye'],
    [{ type: 'match_extension_type', extension_type: '3_2768' }],
    [{ type: 'match_extension_type', extension_type: '0000_0000' }],
    'extension field 0 expected, 32768 received',
  ],
  [
    'next frame only',
    ['bye', 'credit'],
    [
      { type: 'match_message_type', value: '0x18' },
      { type: 'match_message_type', value: '0x1c' },
    ],
    [{ type: 'match_message_type', value: '0x1c' }],
    '0x1c expected, 0x18 received',
  ],
];

/** What only the default mode has. */
const NEW: readonly Case[] = [
  [
    'the type name is checked',
    ['bye'],
    [mining('CloseChannel')],
    [mining('SubmitSharesSuccess')],
    'SubmitShares.Success expected, CloseChannel (0x18) received',
  ],
  [
    'get_message_field checks the type name',
    ['bye'],
    [{ type: 'get_message_field', value: ['MiningProtocol', 'CloseChannel', [['channel_id', 'ID']]] }],
    [{ type: 'get_message_field', value: ['MiningProtocol', 'SetTarget', [['channel_id', 'ID']]] }],
    'SetTarget expected',
  ],
  [
    'expect, one of several names',
    ['bye'],
    [expecting(['SetTarget', 'CloseChannel'])],
    [expecting(['SetTarget'])],
    'SetTarget expected',
  ],
  [
    'expect, the type byte',
    ['bye'],
    [{ type: 'expect', message_type: '0x18' }],
    [{ type: 'expect', message_type: '0x19' }],
    '0x19',
  ],
  [
    'expect, the length',
    ['bye'],
    [expecting('CloseChannel', { length: 9 })],
    [expecting('CloseChannel', { length: { $range: [0, 8] } })],
    'a payload',
  ],
  [
    'expect, the extension',
    ['bye'],
    [expecting('CloseChannel', { extension_type: 0 })],
    [expecting('CloseChannel', { extension_type: 1 })],
    'extension type 1',
  ],
  [
    'expect, the channel bit',
    ['bye'],
    [expecting('CloseChannel', { channel_msg: true })],
    [expecting('CloseChannel', { channel_msg: false })],
    'channel_msg bit false',
  ],
  ['a plain value', ['bye'], [bye(7)], [bye(8)], 'channel_id not as expected'],
  ['a string for a string', ['bye'], [reason('done')], [reason('don')], 'reason_code'],
  ['$any', ['bye'], [bye({ $any: true })], [bye({ $not: { $any: true } })], 'channel_id'],
  ['$range', ['bye'], [bye({ $range: [7, 7] })], [bye({ $range: [8, null] })], 'channel_id'],
  [
    '$range of a U64',
    ['credit'],
    [credit({ $range: [MAX, MAX] })],
    [credit({ $range: [0, MAX - 1n] })],
    'new_shares_sum',
  ],
  [
    '$range of a target',
    ['open_ok'],
    [target({ $range: ['0x01', null] })],
    [target({ $range: [null, '0xffff'] })],
    'target',
  ],
  ['$mask', ['bye'], [bye({ $mask: ['0x05', 5] })], [bye({ $mask: ['0x05', 4] })], 'channel_id'],
  ['$any_of', ['bye'], [bye({ $any_of: [1, { $range: [6, 8] }] })], [bye({ $any_of: [1, 2] })], 'channel_id'],
  ['$not', ['bye'], [bye({ $not: 8 })], [bye({ $not: 7 })], 'channel_id'],
  ['$length', ['bye'], [reason({ $length: 4 })], [reason({ $length: { $range: [5, 9] } })], 'reason_code'],
  ['$matches', ['bye'], [reason({ $matches: '^d.*e$' })], [reason({ $matches: '^x' })], 'reason_code'],
  ['$starts_with', ['bye'], [reason({ $starts_with: 'do' })], [reason({ $starts_with: [111] })], 'reason_code'],
  ['$hex', ['open_ok'], [target({ $hex: 'ff'.repeat(32) })], [target({ $hex: 'fe'.repeat(32) })], 'target'],
  ['$repeat', ['open_ok'], [target({ $repeat: [255, 32] })], [target({ $repeat: [255, 31] })], 'target'],
  [
    'skip, for one result',
    ['bye', 'credit'],
    [expecting('SubmitShares.Success', { skip: ['CloseChannel'] })],
    [expecting('SubmitShares.Success', { skip: ['0x19'] })],
    'SubmitShares.Success expected, CloseChannel (0x18) received',
  ],
  [
    'wait_for passes over what does not fit',
    ['bye', 'credit', 'job'],
    [{ type: 'wait_for', message: 'NewExtendedMiningJob', fields: { job_id: 9 } }],
    [{ type: 'wait_for', message: 'NewExtendedMiningJob', fields: { job_id: 8 }, timeout_ms: 50 }],
    'nothing that fits came within 50 ms; closest: NewExtendedMiningJob: job_id not as expected',
  ],
  [
    'any_of',
    ['bye'],
    [{ type: 'expect', any_of: [{ message: 'SetTarget' }, { message: 'CloseChannel', fields: { channel_id: 7 } }] }],
    [{ type: 'expect', any_of: [{ message: 'SetTarget' }, { message: 'CloseChannel', fields: { channel_id: 8 } }] }],
    'CloseChannel: channel_id not as expected',
  ],
  [
    'all_of, in any order',
    ['bye', 'credit', 'job'],
    [
      {
        type: 'expect',
        all_of: [{ message: 'SubmitSharesSuccess' }, { message: 'CloseChannel', fields: { channel_id: 7 } }],
      },
      { type: 'expect', message: 'NewExtendedMiningJob' },
    ],
    [{ type: 'expect', all_of: [{ message: 'CloseChannel' }, { message: 'CloseChannel' }] }],
    'CloseChannel expected, SubmitShares.Success (0x1c) received',
  ],
  [
    'any_of with an alternative whose type is unknown',
    [{ frame: { message_type: '0xfe', payload: '0102' } }],
    [{ type: 'expect', any_of: [{ message: 'CloseChannel' }, { message_type: '0xfe', length: 2 }] }],
    [{ type: 'expect', any_of: [{ message: 'CloseChannel' }, { message_type: '0xfd' }] }],
    '0xfd expected',
  ],
  [
    'expect_nothing',
    [],
    [{ type: 'expect_nothing', for_ms: 50 }],
    [{ type: 'expect', timeout_ms: 50 }],
    'nothing came within 50 ms',
  ],
  [
    'expect_nothing, when something comes',
    ['bye'],
    [expecting('CloseChannel')],
    [{ type: 'expect_nothing', for_ms: 1000 }],
    'a message came although none was expected',
  ],
];

async function run(sent: readonly JsonValue[], results: readonly JsonValue[], compat: boolean) {
  const server = { actions: [{ role: 'server', message_ids: [...sent], results: [] }, ...waitForEnd('server')] };
  const { client } = await play(
    server,
    { actions: [{ role: 'client', message_ids: [], results: [...results] }] },
    { compat },
  );
  return client;
}

describe.each([
  ['default', false, ORIGINAL.filter(([name]) => name !== 'get_message_field')],
  ['compat', true, ORIGINAL],
  ['default', false, NEW],
] as const)('results, %s', (_mode, compat, cases) => {
  it.each(cases)('%s', async (_name, sent, passes, fails, message) => {
    expect((await run(sent, passes, compat)).failures).toEqual([]);
    const { outcome, failures } = await run(sent, fails, compat);
    expect(outcome).toBe('failed');
    expect(failures.map((failure) => failure.message).join()).toContain(message);
  });
});

describe('closing', () => {
  /** The server acts once it has heard from the client, whose connection is there for certain then. */
  const closing = (
    how: string,
    results: readonly JsonValue[],
    compat = false,
    // Where nothing is to happen the look is short; where something is, it ends with that.
    timeouts = { watchMs: how === 'stay' ? 150 : 10_000 },
  ) =>
    play(
      {
        actions: [
          { message_ids: [], results: [expecting('CloseChannel')] },
          ...(how === 'stay' ? [] : [{ close: 'server', how }]),
          ...waitForEnd('server'),
        ],
      },
      { actions: [{ role: 'client', message_ids: ['bye'], results: [...results] }] },
      { compat, timeouts },
    );
  const closed = [{ type: 'close_connection' }];
  const sustained = [{ type: 'sustain_connection' }];

  it.each([false, true])('close_connection and sustain_connection, compat: %s', async (compat) => {
    expect((await closing('fin', closed, compat)).client.failures).toEqual([]);
    expect((await closing('reset', closed, compat)).client.failures).toEqual([]);
    expect((await closing('stay', sustained, compat)).client.failures).toEqual([]);
    expect((await closing('stay', closed, compat)).client.failures).toMatchObject([
      { message: 'the connection is still open', hard: false },
    ]);
    expect((await closing('fin', sustained, compat)).client.failures).toMatchObject([{ hard: false }]);
  });

  it('watch for as long as they say', async () => {
    const stays = await closing('stay', [{ type: 'close_connection', for_ms: 1 }, { type: 'close_connection' }]);
    expect(stays.client.failures).toMatchObject([{ message: 'the connection is still open', result: 1 }]);
    const short = { watchMs: 0 };
    expect(
      (await closing('fin', [{ type: 'close_connection', for_ms: 10_000 }], false, short)).client.failures,
    ).toEqual([]);
    expect(
      (await closing('fin', [{ type: 'sustain_connection', for_ms: 10_000 }], false, short)).client.failures,
    ).toHaveLength(1);
  });

  it('or_closed takes the end of the connection for the message', async () => {
    const either = (rest: object) => [{ type: 'expect', message: 'SetTarget', or_closed: true, ...rest }];
    expect((await closing('fin', either({}))).client.failures).toEqual([]);
    expect((await closing('stay', either({ timeout_ms: 50 }))).client.failures).toMatchObject([
      { message: 'nothing came within 50 ms' },
    ]);
    expect((await closing('fin', either({ or_closed: false }))).client.failures).toMatchObject([{ hard: false }]);
  });

  it('while a message was due is a soft failure', async () => {
    const { client } = await closing('fin', [{ type: 'match_message_type', value: '0x00' }]);
    expect(client.failures).toMatchObject([{ hard: false, expected: 'message type 0x00' }]);
  });
});

describe('failures', () => {
  const soft = { type: 'match_message_type', value: '0x99' };
  const hard = mining('CloseChannel', ['channel_id', { U32: 1 }]);
  const good = { type: 'match_message_type', value: '0x18' };
  const action = (...results: readonly JsonValue[]) => ({ role: 'client', message_ids: [], results });
  const server = {
    actions: [{ role: 'server', message_ids: ['bye', 'bye', 'bye'], results: [] }, ...waitForEnd('server')],
  };

  it('soft ones skip the rest of the action, and later actions run', async () => {
    const { client } = await play(server, { actions: [action(soft, hard), action(good), action(soft)] });
    expect(client.failures).toMatchObject([
      { action: 1, result: 1, hard: false },
      { action: 3, result: 1, hard: false },
    ]);
  });

  it('hard ones end the test', async () => {
    const { client } = await play(server, { actions: [action(hard), action(soft)] });
    expect(client.failures).toMatchObject([{ action: 1, result: 1, hard: true }]);
  });
});
