import type { JsonValue } from '@stratumkit/codec';
import { describe, expect, it } from 'vitest';
import { play, waitForEnd } from './helpers.ts';

const MESSAGES = {
  common_messages: [],
  mining_messages: [],
  sv1_messages: [
    { id: 'auth', message: { id: 9, method: 'mining.authorize', params: ['u', 'p'] } },
    { id: 'ok', message: { id: 9, result: true, error: null } },
    { id: 'refused', message: { id: 9, result: null, error: [24, 'no', null] } },
    { id: 'job', message: { id: null, method: 'mining.notify', params: ['5', { a: [1, 'x'] }] } },
    { id: 'saved', message: { id: 10, method: 'x', params: [] }, replace_fields: [['params', 'P']] },
  ],
} as const;

/** Under compat only calls are well formed. */
const CALLS = { ...MESSAGES, sv1_messages: [MESSAGES.sv1_messages[0], MESSAGES.sv1_messages[4]] };

const action = (message_ids: readonly JsonValue[], ...results: readonly JsonValue[]) => ({ message_ids, results });
const heard = { type: 'expect', method: 'mining.authorize' };
const hasId = (value: JsonValue) => ({ type: 'match_message_id', value });
const hasFields = (...fields: readonly JsonValue[]) => ({
  type: 'match_message_field',
  value: ['mining.authorize', fields],
});
const expecting = (rest: Readonly<Record<string, JsonValue>>) => ({ type: 'expect', ...rest });

async function run(answers: readonly JsonValue[], results: readonly JsonValue[], compat: boolean) {
  const { client } = await play(
    { ...MESSAGES, actions: [action([], heard), action(answers), ...waitForEnd('server')] },
    { ...CALLS, actions: [action(['auth'], ...results)] },
    { version: '1', compat },
  );
  return client;
}

type Case = readonly [string, readonly JsonValue[], readonly JsonValue[], readonly JsonValue[], string];

const ORIGINAL: readonly Case[] = [
  ['match_message_id', ['ok'], [hasId(9)], [hasId(8)], 'a response to 8 expected, one to 9 received'],
  [
    'match_message_field, result',
    ['ok'],
    [hasFields(['result', true])],
    [hasFields(['result', false])],
    'result not as expected',
  ],
  [
    'match_message_field, error',
    ['refused'],
    [hasFields(['error', [24, 'no', null]])],
    [hasFields(['error', null])],
    'error not as expected',
  ],
  ['match_message_field, id', ['ok'], [hasFields(['id', 9])], [hasFields(['id', 1])], 'id not as expected'],
];

const NEW: readonly Case[] = [
  ['a notification is passed over', ['job', 'ok'], [hasId(9)], [expecting({ id: 9 })], 'id not as expected'],
  [
    'expect, a call',
    ['job'],
    [expecting({ method: 'mining.notify', id: null })],
    [expecting({ method: 'mining.ping' })],
    'method not as expected',
  ],
  [
    'expect, params',
    ['job'],
    [expecting({ params: ['5', { a: [1, 'x'] }] })],
    [expecting({ params: ['5', { a: [1] }] })],
    'params not as expected',
  ],
  [
    'expect, by operators',
    ['job'],
    [expecting({ params: [{ $any: true }, { $has: {} }] })],
    [expecting({ params: [{ $any: true }, { $has: { b: 1 } }] })],
    'params',
  ],
  [
    'expect, a response',
    ['ok'],
    [expecting({ id: 9, result: true, error: null })],
    [expecting({ result: null })],
    'result not as expected',
  ],
  [
    'wait_for',
    ['job', 'ok'],
    [{ type: 'wait_for', id: 9, result: true }],
    [{ type: 'wait_for', id: 9, result: false, timeout_ms: 50 }],
    'closest: result not as expected',
  ],
  [
    'all_of',
    ['job', 'ok'],
    [{ type: 'expect', all_of: [{ id: 9 }, { method: 'mining.notify' }] }],
    [{ type: 'expect', all_of: [{ id: 9 }, { method: 'mining.ping' }] }],
    'not as expected',
  ],
  [
    'skip',
    ['job', 'ok'],
    [expecting({ id: 9, skip: ['mining.notify'] })],
    [expecting({ id: 9, skip: ['mining.ping'] })],
    'id not as expected',
  ],
  [
    'raw bytes in several lines and pieces',
    [{ raw: { $text: '{"id":1,"result":1}\r\n{"id":2,"result":2}\n' }, split: [3, 20] }],
    [hasId(1), hasId(2)],
    [hasId(2)],
    'one to 1',
  ],
  [
    'none',
    ['job', 'ok'],
    [{ type: 'none' }],
    [{ type: 'none' }, expecting({ timeout_ms: 50 })],
    'nothing came within 50 ms',
  ],
  [
    'what is not JSON',
    [{ raw: { $text: '{"id":1\n' } }, 'ok'],
    [{ type: 'sustain_connection', for_ms: 50 }],
    [hasId(9)],
    'not JSON',
  ],
];

describe.each([
  ['default', false, ORIGINAL],
  ['compat', true, ORIGINAL],
  ['default', false, NEW],
] as const)('SV1 results, %s', (_mode, compat, cases) => {
  it.each(cases)('%s', async (_name, answers, passes, fails, message) => {
    expect((await run(answers, passes, compat)).failures).toEqual([]);
    const { outcome, failures } = await run(answers, fails, compat);
    expect(outcome).toBe('failed');
    expect(failures.map((failure) => failure.message).join()).toContain(message);
  });
});

describe('SV1', () => {
  it('saves values by JSON pointer and sends them again', async () => {
    const { client, server } = await play(
      {
        ...MESSAGES,
        actions: [
          action([], heard),
          action(['job'], expecting({ id: 10, params: '5' })),
          action([], expecting({ id: 5 })),
        ],
      },
      {
        ...MESSAGES,
        actions: [
          action(['auth'], expecting({ method: 'mining.notify', save: { '/params/0': 'P' } })),
          action(['saved', { message: { id: { $add: [2, 3] }, method: 'y', params: [{ $var: 'P' }] } }]),
          ...waitForEnd('client'),
        ],
      },
      { version: '1' },
    );
    expect([...client.failures, ...server.failures]).toEqual([]);
  });

  it('watches calls that are passed over', async () => {
    const { client } = await play(
      { ...MESSAGES, actions: [action([], heard), action(['job', 'ok'], expecting({ params: '5' }))] },
      {
        ...MESSAGES,
        watch: [{ connection: 'client', method: 'mining.notify', save: { '/params/0': 'P' } }],
        actions: [action(['auth'], hasId(9)), action(['saved']), ...waitForEnd('client')],
      },
      { version: '1' },
    );
    expect(client.failures).toEqual([]);
  });

  it('under compat a notification uses up a result and passes, and messages with replace_fields are not sent', async () => {
    expect((await run(['job', 'ok'], [hasId(77), hasId(9)], true)).failures).toEqual([]);
    const { client, server } = await play(
      { ...MESSAGES, actions: [action([], heard, expecting({ timeout_ms: 50 }))] },
      { ...CALLS, actions: [action(['auth', 'saved'])] },
      { version: '1', compat: true },
    );
    expect(client.failures).toEqual([]);
    expect(server.failures).toMatchObject([{ result: 2 }]);
  });

  it('under compat a response without a result is a hard failure', async () => {
    const silent = { message: { id: 9, error: null } };
    expect((await run([silent], [hasId(9)], true)).failures).toMatchObject([{ hard: true }]);
    expect((await run([silent], [hasId(9)], false)).failures).toEqual([]);
  });
});
