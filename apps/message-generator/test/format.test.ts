import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatJson, type JsonValue } from '@stratumkit/codec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJsonDocument } from '../src/format/jsonDocument.ts';
import { parseTestText, TestFileError } from '../src/index.ts';
import { BUILDERS, KEYS, MESSAGES, play, type Test } from './helpers.ts';

const EMPTY = {
  version: '2',
  role: 'none',
  frame_builders: [],
  actions: [],
  setup_commands: [],
  execution_commands: [],
  cleanup_commands: [],
} as const;
const client = { role: 'client', downstream: { ip: '127.0.0.1', port: 3333 } };

const parse = (test: Test, compat = false) =>
  parseTestText(formatJson({ ...EMPTY, ...test }, '  '), 'test.json', { compat });

function problemsOf(test: Test, compat = false): string {
  try {
    parse(test, compat);
    return '';
  } catch (error) {
    if (!(error instanceof TestFileError)) throw error;
    return error.message;
  }
}

const mining = (message: Readonly<Record<string, JsonValue>>, replace_fields: JsonValue = []) => ({
  mining_messages: [{ id: 'm', message, replace_fields }],
});
const bye = { type: 'CloseChannel', channel_id: 7, reason_code: 'done' };
const result = (value: JsonValue) => ({ ...client, actions: [{ role: 'client', message_ids: [], results: [value] }] });

describe('a JSON document', () => {
  it('keeps integers, lines and the last of repeated keys', () => {
    const document = parseJsonDocument(
      '{\n "a": 18446744073709551615,\n "b": [1,\n  -2.5e1, "x\\u00e9", null],\n "a": true}',
    );
    expect(document.value).toEqual({ a: true, b: [1, -25, 'xé', null] });
    expect(document.repeatedKeys).toEqual([{ key: 'a', line: 5 }]);
    const { b } = document.value as { b: JsonValue[] };
    expect([document.lineOf(b, 0), document.lineOf(b, 1), document.lineOf(document.value as object, 'b')]).toEqual([
      3, 4, 3,
    ]);
    expect(parseJsonDocument('[18446744073709551615]').value).toEqual([18_446_744_073_709_551_615n]);
    expect(Object.keys(parseJsonDocument('{"__proto__": 1}').value as object)).toEqual(['__proto__']);
  });

  it.each([
    ['{"a": 1,}', 'test.json:1: column 9: a key in quotes is missing'],
    ['{"a" 1}', 'a colon is missing'],
    ['[1 2]', 'a comma or a closing bracket is missing'],
    ['{"a": 01}', '01 is no JSON value'],
    ['{"a": "x', 'a string without its closing quote'],
    ['{"a": "\\x"}', 'a bad escape'],
    ['{}\n{}', 'test.json:2: column 1: something behind the end'],
    ['', 'a value is missing'],
    [`${'['.repeat(300)}`, 'nested too deep'],
  ])('%j is refused', (text, message) => {
    expect(() => parseTestText(text, 'test.json')).toThrow(message);
  });
});

describe('a test file', () => {
  it('the smallest one', () => {
    expect(parse({}, true).warnings).toEqual([]);
    expect(parse({})).toMatchObject({ version: '2', connections: [], steps: [] });
  });

  it.each([
    [{ version: '3' }, 'test.json:2: version: must be "2" or "1"'],
    [{ version: 2 }, 'version: must be'],
    [{ role: 'miner' }, 'role: must be "client" or "server" or "proxy" or "none"'],
    [{ actions: {} }, 'actions: must be an array'],
    [{ actions: [{ role: 'client', message_ids: [], results: [] }] }, 'the test has no connection as client'],
    [{ role: 'client' }, 'downstream.ip: is missing'],
    [{ role: 'client', downstream: { ip: 'localhost', port: 1 } }, 'must be an IPv4 or IPv6 address'],
    [{ role: 'client', downstream: { ip: '::1', port: '1' } }, 'port: must be an integer'],
    [{ role: 'client', downstream: { ip: '::1', port: 70_000 } }, 'from 0 to 65535'],
    [{ role: 'client', downstream: { ip: '::1', port: 1, pub_key: 'x' } }, 'downstream.pub_key:'],
    [{ role: 'server', upstream: { ip: '::1', port: 1, pub_key: KEYS.pub_key } }, 'stand together or not at all'],
    [
      {
        role: 'server',
        upstream: { ip: '::1', port: 1, ...KEYS, secret_key: '7qbpUjScc865jyX2kiB4NVJANoC7GA7TAJupdzXWkc62' },
      },
      'secret_key',
    ],
    [{ setup_commands: [{ command: 'x', args: ['a'], conditions: 'Some' }] }, 'must be "None" or'],
    [{ setup_commands: [{ command: 'x', args: [1] }] }, 'args[0]: must be a string'],
  ])('%j is refused', (test, message) => {
    expect(problemsOf(test as Test)).toContain(message);
    expect(problemsOf(test as Test, true)).toContain(message);
  });

  it.each([
    [{ timeouts: { receive_ms: -1 } }, 'timeouts.receive_ms: must be an integer'],
    [{ variables: [] }, 'variables: must be an object'],
    [{ ...client, actions: [{ open: 'x' }] }, 'no connection "x"'],
    [{ ...client, actions: [{ repeat: -1, actions: [] }] }, 'must be a number of rounds'],
    [{ ...client, actions: [{ for_each: {}, actions: [] }] }, 'needs "in"'],
    [{ ...client, actions: [{ message_ids: [{}], results: [] }] }, 'must be an id, or have "id"'],
    [{ ...client, actions: [{ message_ids: ['x'], results: [] }] }, 'no message "x"'],
    [
      {
        connections: [
          { name: 'a', role: 'client', ip: '::1', port: 1 },
          { name: 'a', role: 'client', ip: '::1', port: 1 },
        ],
      },
      'same name',
    ],
  ])('%j is refused by default', (test, message) => {
    expect(problemsOf(test as Test)).toContain(message);
  });

  it('unknown keys are ignored, with a warning by default', () => {
    expect(parse({ coinbase: 1 }, true).warnings).toEqual([]);
    expect(parse({ coinbase: 1 }).warnings).toMatchObject([{ message: 'coinbase: unknown key, ignored' }]);
  });

  it('of two equal keys the last one counts', () => {
    const text = formatJson(EMPTY).replace('"role":"none"', '"role":"server","role":"none"');
    expect(parseTestText(text, 'x.json', { compat: true })).toMatchObject({
      connections: [],
      warnings: [{ message: expect.stringContaining('stands twice') }],
    });
  });

  it('needs everything the original needs only under compat', () => {
    expect(problemsOf({ frame_builders: null, setup_commands: null }, true)).toContain('must be an array');
    const text = '{"version": "2", "role": "none", "actions": []}';
    expect(() => parseTestText(text, 'x.json', { compat: true })).toThrow('frame_builders: is missing');
    expect(parseTestText(text, 'x.json').steps).toEqual([]);
  });
});

describe('messages', () => {
  it.each([
    [{ ...bye, channel_id: -1 }, 'channel_id: '],
    [{ ...bye, channel_id: '7' }, 'channel_id: '],
    [{ ...bye, channel_id: 2 ** 32 }, 'channel_id: '],
    [{ ...bye, reason_code: 'x'.repeat(256) }, 'reason_code: '],
    [{ type: 'CloseChannel', channel_id: 7 }, 'CloseChannel: field reason_code is missing'],
    [{ type: 'Nothing' }, 'no message Nothing in this section'],
    [{ type: 'ClosChannel' }, 'no message ClosChannel in this section; did you mean CloseChannel?'],
    [{ type: 'SetupConnection' }, 'no message SetupConnection in this section'],
    [{ type: 'SetTarget', channel_id: 1, maximum_target: [1, 2] }, 'maximum_target: '],
  ])('%j is refused', (message, problem) => {
    expect(problemsOf(mining(message))).toContain(problem);
    expect(problemsOf(mining(message), true)).toContain(problem);
  });

  const bytes = (count: number) => new Array<JsonValue>(count).fill(1);
  const job = {
    type: 'NewExtendedMiningJob',
    channel_id: 1,
    job_id: 1,
    min_ntime: [],
    version: 1,
    version_rolling_allowed: true,
    merkle_path: [],
    coinbase_tx_prefix: [],
    coinbase_tx_suffix: [],
  };
  const open = {
    type: 'OpenExtendedMiningChannel',
    request_id: 1,
    user_identity: 'u',
    nominal_hash_rate: 1,
    max_target: bytes(32),
    min_extranonce_size: 1,
  };
  const credit = {
    type: 'SubmitSharesSuccess',
    channel_id: 1,
    last_sequence_number: 1,
    new_submits_accepted_count: 1,
    new_shares_sum: 1,
  };

  it.each<[string, Readonly<Record<string, JsonValue>>, string, JsonValue[], JsonValue[]]>([
    ['BOOL', job, 'version_rolling_allowed', [true, false], [1, 'true']],
    ['U16', open, 'min_extranonce_size', [0, 65_535], [-1, 65_536, 1.5, '1']],
    ['U32', bye, 'channel_id', [0, 4_294_967_295], [-1, 4_294_967_296, '7', null]],
    ['U64', credit, 'new_shares_sum', [0, 18_446_744_073_709_551_615n], [-1, 18_446_744_073_709_551_616n, '1']],
    ['F32', open, 'nominal_hash_rate', [10, 1e6, 0.5], ['10', true]],
    ['U256', open, 'max_target', [bytes(32)], [bytes(31), bytes(33), 'x'.repeat(32)]],
    ['STR0_255', open, 'user_identity', ['', 'x', 'x'.repeat(255), bytes(255)], ['x'.repeat(256), bytes(256), 7]],
    ['B0_32', { type: 'SetExtranoncePrefix', channel_id: 1 }, 'extranonce_prefix', [[], bytes(32)], [bytes(33), 7]],
    ['B0_64K', job, 'coinbase_tx_prefix', [[], bytes(65_535)], [bytes(65_536), [256, 1], [-1, 1]]],
    ['OPTION[U32]', job, 'min_ntime', [[], [5]], [[1, 2], 5, ['5']]],
    ['SEQ0_255[U256]', job, 'merkle_path', [[], [bytes(32), bytes(32)]], [[bytes(31)], bytes(32)]],
    ['SEQ0_64K[U32]', { type: 'SetGroupChannel', group_channel_id: 1 }, 'channel_ids', [[], [1, 2]], [[-1], [[1]], 1]],
  ])('%s: what is accepted and what is refused', (_type, message, field, accepted, refused) => {
    for (const value of accepted) expect(problemsOf(mining({ ...message, [field]: value }))).toBe('');
    for (const value of refused) expect(problemsOf(mining({ ...message, [field]: value }))).toContain(`${field}: `);
  });

  it('a type is looked up in its section: SetNewPrevHash is in two', () => {
    const zeros = new Array<JsonValue>(32).fill(0);
    const inMining = { type: 'SetNewPrevHash', channel_id: 1, job_id: 1, prev_hash: zeros, min_ntime: 1, nbits: 1 };
    const inTemplates = {
      type: 'SetNewPrevHash',
      template_id: 1,
      prev_hash: zeros,
      header_timestamp: 1,
      nBits: 1,
      target: zeros,
    };
    const section = (name: string, message: JsonValue) => problemsOf({ [name]: [{ id: 'm', message }] });
    expect(section('mining_messages', inMining)).toBe('');
    expect(section('template_distribution_messages', inTemplates)).toBe('');
    expect(section('mining_messages', inTemplates)).toContain('is missing');
    expect(section('template_distribution_messages', inMining)).toContain('is missing');
  });

  it('a bad last byte is dropped under compat, and refused otherwise', () => {
    const list = (transaction: readonly number[]) => ({
      job_declaration_messages: [
        {
          id: 'm',
          message: { type: 'ProvideMissingTransactionsSuccess', request_id: 4, transaction_list: [transaction] },
        },
      ],
    });
    expect(problemsOf(list([1000]), true)).toBe('');
    expect(problemsOf(list([1, 1000, 2]), true)).toContain('transaction_list');
    expect(problemsOf(list([1000]))).toContain('transaction_list');
  });

  it('bytes may be written as text where the type is a string or B0_255', () => {
    const token = { type: 'DeclareMiningJobSuccess', request_id: 1, new_mining_job_token: 'abc' };
    expect(problemsOf({ job_declaration_messages: [{ id: 'm', message: token }] })).toBe('');
    expect(problemsOf(mining({ ...bye, reason_code: [100, 255] }))).toBe('');
  });

  it.each([
    [[['nope', 'X']], 'the message has no field nope'],
    [[['channel_id']], 'must be a pair'],
    [{}, 'replace_fields: must be an array'],
  ])('replace_fields %j are refused', (replace, problem) => {
    expect(problemsOf(mining(bye, replace as JsonValue))).toContain(problem);
  });

  it('an id is unique in a section order: a later section wins', () => {
    const setup = { id: 'm', message: { type: 'SetupConnectionSuccess', used_version: 2, flags: 0 } };
    const plan = parse({ common_messages: [setup], ...mining(bye) });
    expect(plan.messages.get('m')?.definition.name).toBe('CloseChannel');
    expect(plan.warnings).toMatchObject([{ message: expect.stringContaining('is taken already') }]);
  });

  it.each([
    ['mining_messages', { type: 'Reconnect', new_host: 'h', new_port: 1 }, 'Reconnect is a common message now'],
    [
      'job_declaration_messages',
      {
        type: 'SubmitSolution',
        extranonce: [],
        prev_hash: new Array(32).fill(0),
        ntime: 1,
        nonce: 2,
        nbits: 3,
        version: 4,
      },
      'SubmitSolution is PushSolution now',
    ],
    [
      'template_distribution_messages',
      { type: 'CoinbaseOutputDataSize', coinbase_output_max_additional_size: 9 },
      'CoinbaseOutputDataSize is CoinbaseOutputConstraints now',
    ],
    [
      'job_declaration_messages',
      {
        type: 'AllocateMiningJobTokenSuccess',
        request_id: 1,
        mining_job_token: [],
        coinbase_output_max_additional_size: 1,
        coinbase_output: [],
        async_mining_allowed: true,
      },
      'coinbase_output is coinbase_tx_outputs now',
    ],
    [
      'mining_messages',
      { type: 'SetNewPrevHash', channel_id: 1, job_id: 1, prev_hash: new Array(32).fill(0), min_ntime: 1, n_bits: 1 },
      'n_bits is nbits now',
    ],
    [
      'template_distribution_messages',
      {
        type: 'SetNewPrevHash',
        template_id: 1,
        prev_hash: new Array(32).fill(0),
        header_timestamp: 1,
        n_bits: 1,
        target: new Array(32).fill(0),
      },
      'n_bits is nBits now',
    ],
    [
      'mining_messages',
      {
        type: 'OpenExtendedMiningChannelSuccess',
        request_id: 1,
        channel_id: 1,
        target: new Array(32).fill(0),
        extranonce_size: 4,
        extranonce_prefix: [],
      },
      'group_channel_id is missing, 0 taken',
    ],
    [
      'template_distribution_messages',
      { type: 'CoinbaseOutputConstraints', coinbase_output_max_additional_size: 9 },
      'coinbase_output_max_additional_sigops is missing, 0 taken',
    ],
    [
      'job_declaration_messages',
      { type: 'AllocateMiningJobTokenSuccess', request_id: 1, mining_job_token: [], coinbase_outputs: [] },
      'coinbase_outputs is coinbase_tx_outputs now',
    ],
    [
      'job_declaration_messages',
      {
        type: 'DeclareMiningJob',
        request_id: 1,
        mining_job_token: [],
        version: 1,
        coinbase_prefix: [],
        coinbase_suffix: [],
        wtxid_list: [],
        excess_data: [],
      },
      'coinbase_prefix is coinbase_tx_prefix now',
    ],
    [
      'mining_messages',
      {
        type: 'SetCustomMiningJob',
        channel_id: 1,
        request_id: 1,
        token: [],
        version: 1,
        prev_hash: new Array(32).fill(0),
        min_ntime: 1,
        nbits: 1,
        coinbase_tx_version: 1,
        coinbase_prefix: [],
        coinbase_tx_input_n_sequence: 1,
        coinbase_tx_outputs: [],
        coinbase_tx_locktime: 1,
        merkle_path: [],
        extranonce_size: 4,
      },
      'token is mining_job_token now',
    ],
    ['mining_messages', { ...bye, left_over: 1 }, 'left_over is no field of it, ignored'],
  ])('%s %j is converted with a warning', (section, message, warning) => {
    const plan = parse({ [section]: [{ id: 'm', message }] });
    expect(plan.warnings.map((each) => each.message).join('\n')).toContain(warning);
    expect(plan.messages.size).toBe(1);
  });

  it.each([
    ['job_declaration_messages', { type: 'IdentifyTransactions', request_id: 1 }, 'is gone from the specification'],
    [
      'job_declaration_messages',
      { type: 'IdentifyTransactionsSuccess', request_id: 1 },
      'is gone from the specification',
    ],
    [
      'job_declaration_messages',
      {
        type: 'DeclareMiningJob',
        request_id: 1,
        mining_job_token: [],
        version: 1,
        coinbase_prefix: [],
        coinbase_suffix: [],
        tx_short_hash_nonce: 1,
        tx_short_hash_list: [],
        tx_hash_list_hash: [],
        excess_data: [],
      },
      'short transaction hashes cannot be turned',
    ],
    [
      'mining_messages',
      { type: 'SetCustomMiningJob', coinbase_tx_value_remaining: 1 },
      'the old field cannot be converted',
    ],
  ])('%s %j cannot be converted and is refused with the reason', (section, message, reason) => {
    expect(problemsOf({ [section]: [{ id: 'm', message }] })).toContain(reason);
  });
});

describe('results', () => {
  it.each([
    [{ type: 'match' }, 'type: must be "match_message_type"'],
    [{ type: 'match_message_type', value: '18' }, 'must be a byte such as "0x1c"'],
    [{ type: 'match_message_type', value: 24 }, 'must be a string'],
    [{ type: 'match_message_len', value: '6' }, 'must be an integer'],
    [{ type: 'match_extension_type', value: '0' }, 'extension_type: is missing'],
    [{ type: 'match_extension_type', extension_type: '99999' }, 'must be decimal digits'],
    [{ type: 'match_message_field', value: ['MiningProtocol', 'CloseChannel'] }, 'must be [subprotocol, type name'],
    [{ type: 'match_message_field', value: ['Mining', 'CloseChannel', []] }, 'must be "CommonMessages"'],
    [
      { type: 'match_message_field', value: ['MiningProtocol', 'CloseChannel', ['channel_id', { U32: 1 }]] },
      'must be a pair',
    ],
  ])('%j is refused', (value, problem) => {
    expect(problemsOf(result(value))).toContain(problem);
    expect(problemsOf(result(value), true)).toContain(problem);
  });

  it.each([
    [{ type: 'none' }, '"none" never passes'],
    [{ type: 'match_message_field', value: ['MiningProtocol', 'Nothing', []] }, 'no message Nothing'],
    [
      { type: 'match_message_field', value: ['MiningProtocol', 'CloseChannel', [['x', 1]]] },
      'CloseChannel has no field x',
    ],
    [{ type: 'expect', message: 'Nothing' }, 'no message Nothing'],
    [{ type: 'expect', message: 'CloseChannel', fields: { x: 1 } }, 'CloseChannel has no field x'],
    [{ type: 'expect', fields: { x: 1 } }, 'needs "message"'],
    [{ type: 'expect_nothing' }, 'for_ms: is missing'],
  ])('%j is refused by default', (value, problem) => {
    expect(problemsOf(result(value))).toContain(problem);
  });
});

describe('frame builders and imports', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'message-generator-'));
    mkdirSync(join(folder, 'messages'));
    mkdirSync(join(folder, 'test', 'deep'), { recursive: true });
    const library = {
      mining_messages: [
        { id: 'bye', message: { ...bye, channel_id: 99 }, replace_fields: [['channel_id', 'ARBITRARY']] },
        { id: 'old', message: { type: 'SetCustomMiningJob', coinbase_tx_value_remaining: 1 } },
      ],
    };
    writeFileSync(join(folder, 'messages', 'lib.json'), JSON.stringify(library));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const withImport = (reference: string, test: Test, compat: boolean) => {
    const text = formatJson({ ...EMPTY, ...test, frame_builders: [{ type: 'automatic', message_id: reference }] });
    return parseTestText(text, join(folder, 'test', 'deep', 'x.json'), { compat, workingDirectory: folder });
  };

  it.each([
    'messages/lib.json',
    '../../messages/lib.json',
    'test/message-generator/messages/lib.json',
    '../../test/message-generator/messages/lib.json',
  ])('finds %s', (path) => {
    expect(withImport(`${path}::bye`, {}, false).messages.get('bye')?.fields.channel_id).toBe(99);
  });

  it('keeps replace_fields by default and drops them under compat', () => {
    expect(withImport('messages/lib.json::bye', {}, false).messages.get('bye')?.replace).toHaveLength(1);
    expect(withImport('messages/lib.json::bye', {}, true).messages.get('bye')?.replace).toHaveLength(0);
  });

  it('a message of the file of the same id is kept by default and overwritten under compat', () => {
    const own = { mining_messages: [{ id: 'bye', message: bye }] };
    expect(withImport('messages/lib.json::bye', own, false).messages.get('bye')?.fields.channel_id).toBe(7);
    expect(withImport('messages/lib.json::bye', own, true).messages.get('bye')?.fields.channel_id).toBe(99);
  });

  it.each([
    ['messages/nowhere.json::bye', 'cannot find messages/nowhere.json'],
    ['messages/lib.json::nothing', 'has no usable message "nothing"'],
    ['messages/lib.json::old', 'the old field cannot be converted'],
    ['a::b::c', 'more than one "::"'],
  ])('%s is refused', (reference, problem) => {
    expect(() => withImport(reference, {}, false)).toThrow(problem);
  });

  it('every id of an action needs a builder only under compat', () => {
    const test = { ...client, ...mining(bye), actions: [{ role: 'client', message_ids: ['m'], results: [] }] };
    expect(problemsOf(test, true)).toContain('no frame builder for "m"');
    expect(problemsOf(test)).toBe('');
  });

  it.each([
    [{ type: 'automatic', message_id: 'nobody' }, 'no message "nobody"'],
    [{ type: 'other', message_id: 'bye' }, 'must be "automatic" or "manual"'],
    [
      { type: 'manual', message_id: 'bye', message_type: '0x18', extension_type: 'x', channel_msg: true },
      'decimal digits',
    ],
    [{ type: 'manual', message_id: 'bye', message_type: '0x18', extension_type: '0' }, 'channel_msg: is missing'],
  ])('%j is refused', (builder, problem) => {
    expect(problemsOf({ ...MESSAGES, frame_builders: [builder] })).toContain(problem);
  });
});

describe('roles', () => {
  it('proxy takes the server part first, then the client part', async () => {
    const proxyActions = [
      { role: 'server', message_ids: [], results: [{ type: 'match_message_type', value: '0x00' }] },
      { role: 'client', message_ids: ['setup'], results: [{ type: 'match_message_type', value: '0x01' }] },
    ];
    for (const compat of [true, false]) {
      let proxied: Promise<unknown> | undefined;
      const { client: report } = await play(
        {
          actions: [
            { message_ids: [], results: [{ type: 'expect', message: 'SetupConnection' }] },
            { message_ids: ['setup_ok'], results: [{ type: 'close_connection' }] },
          ],
        },
        {
          role: 'proxy',
          ...BUILDERS,
          upstream: { ip: '127.0.0.1', port: 0 },
          actions: proxyActions,
        },
        {
          compat,
          onListening: (_name, port) => {
            const plan = parse({
              ...MESSAGES,
              role: 'client',
              downstream: { ip: '127.0.0.1', port: 1 },
              actions: [{ message_ids: ['setup'], results: [{ type: 'close_connection' }] }],
            });
            proxied = import('../src/index.ts').then(({ runTest }) =>
              runTest(plan, { ports: { 1: port }, timeouts: { watchMs: 2_000 } }),
            );
          },
        },
      );
      expect(report.failures).toEqual([]);
      expect(await proxied).toMatchObject({ outcome: 'passed' });
    }
  });

  it('checks who answers: a key in the file, another one, none', async () => {
    const server = { actions: [{ message_ids: [], results: [{ type: 'close_connection' }] }] };
    const client = (address: Test) => ({ downstream: { ip: '127.0.0.1', port: 1, ...address }, actions: [] });
    const other = '9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh';
    const to = async (address: Test) => (await play(server, client(address), { encrypted: true })).client.failures;
    expect(await to({ pub_key: KEYS.pub_key })).toEqual([]);
    expect(await to({ encrypted: true })).toEqual([]);
    expect(await to({ pub_key: other })).toMatchObject([{ message: expect.stringContaining('the handshake failed') }]);
  });

  it('an action sends everything before it looks at anything', async () => {
    const answersLate = {
      actions: [
        {
          message_ids: [],
          results: [
            { type: 'expect', message: 'CloseChannel' },
            { type: 'expect', message: 'SubmitSharesSuccess' },
          ],
        },
        { message_ids: ['setup_ok'], results: [{ type: 'close_connection' }] },
      ],
    };
    const expects = { type: 'expect', message: 'SetupConnectionSuccess', timeout_ms: 10_000 };
    const together = { actions: [{ message_ids: ['bye', 'credit'], results: [expects] }] };
    expect((await play(answersLate, together)).client.failures).toEqual([]);
    const apart = {
      actions: [
        { message_ids: ['bye'], results: [{ ...expects, timeout_ms: 50 }] },
        { message_ids: ['credit'], results: [] },
      ],
    };
    expect((await play(answersLate, apart)).client.failures).toMatchObject([{ message: 'nothing came within 50 ms' }]);
  });

  it('the type name is a filter under compat: another message of the subprotocol passes', async () => {
    const check = (group: string) => ({
      actions: [
        {
          role: 'client',
          message_ids: [],
          results: [{ type: 'match_message_field', value: [group, 'SetTarget', [['channel_id', { U32: 1 }]]] }],
        },
      ],
    });
    const server = { actions: [{ message_ids: ['bye'], results: [{ type: 'close_connection' }] }] };
    expect((await play(server, check('MiningProtocol'), { compat: true })).client.failures).toEqual([]);
    expect((await play(server, check('CommonMessages'), { compat: true })).client.failures).toMatchObject([
      { hard: true },
    ]);
    expect((await play(server, check('MiningProtocol'), { compat: false })).client.outcome).toBe('failed');
  });
});
