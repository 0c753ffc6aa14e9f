import type { Field, JsonValue, MessageDefinition } from '@stratumkit/codec';
import { MESSAGES_BY_GROUP } from '@stratumkit/messages';
import { MESSAGE_SECTIONS, type MessageSection, SUBPROTOCOLS } from './format/layouts.ts';
import { NEEDS } from './format/model.ts';
import { EXPRESSIONS } from './values/evaluate.ts';
import { MATCHERS, TYPE_TAGS } from './values/match.ts';

type Schema = { readonly [key: string]: JsonValue };

const string = { type: 'string' };
const boolean = { type: 'boolean' };
const ref = (name: string): Schema => ({ $ref: `#/$defs/${name}` });
const array = (items: Schema, extra: Schema = {}): Schema => ({ type: 'array', items, ...extra });
const integer = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });
const object = (properties: Schema, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
});
const milliseconds = integer(0, 86_400_000);
const byteName = { type: 'string', pattern: '^0x[0-9a-fA-F]{1,2}$' };

/** The JSON Schema of test files, made from the message definitions: editors complete and check what is written. */
export function createSchema(): Schema {
  const sections = Object.keys(MESSAGE_SECTIONS) as MessageSection[];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'message-generator test',
    type: 'object',
    required: ['version', 'actions'],
    properties: {
      version: { enum: ['1', '2'], description: 'SV1 or SV2' },
      doc: { description: 'free text' },
      role: { enum: ['client', 'server', 'proxy', 'none'], description: 'what the test is to its peer' },
      downstream: { ...ref('address'), description: 'where the test connects to' },
      upstream: { ...ref('address'), description: 'where the test listens' },
      connections: array(ref('connection'), { description: 'connections by name' }),
      ...Object.fromEntries(sections.map((section) => [section, array(entryOf(section))])),
      sv1_messages: array(
        object({ id: string, message: { type: 'object' }, replace_fields: ref('replacements') }, ['id', 'message']),
      ),
      frame_builders: array(ref('frameBuilder')),
      actions: array(ref('step')),
      conformance: object(
        {
          id: { type: 'string', description: 'the role, "/", and a name' },
          section: string,
          sentence: string,
          level: { enum: ['MUST', 'SHOULD'] },
          spec: string,
          proves: string,
          needs: array({ enum: [...NEEDS] }),
          alone: { type: 'boolean', description: 'it finds a block, which others would notice' },
        },
        ['id', 'section', 'sentence', 'level', 'spec', 'proves'],
      ),
      include: array(string, { description: 'files whose messages, procedures, variables and replies are known here' }),
      procedures: { type: 'object', additionalProperties: array(ref('step')), description: 'steps to call by name' },
      prepare: array(ref('step'), { description: 'steps before the test proper; what fails here skips the test' }),
      replies: array(ref('reply'), { description: 'answers that go out as soon as a message comes' }),
      variables: { type: 'object', description: 'values known from the start' },
      skip_messages: ref('names'),
      watch: array(
        object({ connection: string, message: ref('nameOrNames'), method: string, save: ref('saves') }, ['save']),
        { description: 'fields that are saved from every message of a type, also from those that are passed over' },
      ),
      timeouts: object(
        Object.fromEntries(
          ['receive_ms', 'connect_ms', 'accept_ms', 'ready_ms', 'watch_ms', 'retry_ms'].map((name) => [
            name,
            { anyOf: [milliseconds, { type: 'null' }] },
          ]),
        ),
      ),
      setup_commands: array(ref('command')),
      execution_commands: array(ref('command')),
      cleanup_commands: array(ref('command')),
    },
    $defs: { ...structure(), ...messageDefinitions() },
  };
}

function entryOf(section: MessageSection): Schema {
  const names = MESSAGES_BY_GROUP[MESSAGE_SECTIONS[section]].map((definition) => ref(keyOf(definition)));
  return object({ id: string, message: { anyOf: names }, replace_fields: ref('replacements') }, ['id', 'message']);
}

function messageDefinitions(): Schema {
  const all = Object.values(MESSAGES_BY_GROUP).flat();
  return Object.fromEntries(all.map((definition) => [keyOf(definition), messageSchema(definition)]));
}

/** Names are not unique: SetNewPrevHash exists twice. */
function keyOf(definition: MessageDefinition): string {
  return `message-${definition.extensionType}-${definition.messageType}-${definition.name}`;
}

function messageSchema(definition: MessageDefinition): Schema {
  const fields = Object.entries(definition.specNames).map(([key, specName]) => {
    const field = definition.fields[key];
    return [specName, field === undefined ? {} : fieldSchema(field)] as const;
  });
  return {
    description: `${definition.doc} (spec ${definition.spec})`.trim(),
    ...object(
      { type: { enum: [definition.name.replaceAll('.', ''), definition.name] }, ...Object.fromEntries(fields) },
      ['type', ...fields.map(([name]) => name)],
    ),
  };
}

function fieldSchema(field: Field<unknown>): Schema {
  return { description: `${field.typeName}. ${field.doc}`.trim(), anyOf: [valueSchema(field), ref('expression')] };
}

function valueSchema({ shape }: Field<unknown>): Schema {
  const bytes = (extra: Schema): Schema => array(integer(0, 255), extra);
  switch (shape.kind) {
    case 'boolean':
      return boolean;
    case 'integer':
      return integer(0, 2 ** shape.bits - 1);
    case 'bigint':
      return { type: 'integer', minimum: 0 };
    case 'float':
      return { type: 'number' };
    case 'fixedBytes':
      return bytes({ minItems: shape.length, maxItems: shape.length });
    case 'bytes':
      return { anyOf: [bytes({ maxItems: shape.maxLength }), { type: 'string', maxLength: shape.maxLength }] };
    case 'text':
      return { anyOf: [{ type: 'string', maxLength: shape.maxLength }, bytes({ maxItems: shape.maxLength })] };
    case 'option':
      return array({ anyOf: [valueSchema(shape.element), ref('expression')] }, { maxItems: 1 });
    case 'sequence':
      return array({ anyOf: [valueSchema(shape.element), ref('expression')] }, { maxItems: shape.maxLength });
  }
}

function structure(): Schema {
  const only = (keys: readonly string[]): Schema => ({
    type: 'object',
    minProperties: 1,
    maxProperties: 1,
    properties: Object.fromEntries(keys.map((key) => [key, {}])),
    additionalProperties: false,
  });
  const names = array(string);
  const type = (name: string): Schema => ({ const: name });
  const expectation = {
    message: ref('nameOrNames'),
    message_type: byteName,
    extension_type: ref('matcher'),
    channel_msg: boolean,
    length: ref('matcher'),
    payload: ref('matcher'),
    fields: { type: 'object', additionalProperties: ref('matcher') },
    method: ref('matcher'),
    id: ref('matcher'),
    params: ref('matcher'),
    result: ref('matcher'),
    error: ref('matcher'),
    save: ref('saves'),
  };
  const pairs = array({ type: 'array', minItems: 2, maxItems: 2 });
  const fieldValue = (name: string): Schema =>
    object(
      {
        type: type(name),
        value: {
          type: 'array',
          prefixItems: [{ type: 'string', description: Object.keys(SUBPROTOCOLS).join(', ') }, string, pairs],
        },
      },
      ['type', 'value'],
    );
  return {
    names,
    nameOrNames: { anyOf: [string, names] },
    saves: { type: 'object', additionalProperties: string, description: 'field to the name it is saved under' },
    expression: { ...only(EXPRESSIONS), description: 'a value that is made when it is needed' },
    matcher: {
      description: 'a literal, a typed value such as {"U32": 3}, an expression, or an operator',
      anyOf: [only([...MATCHERS, ...TYPE_TAGS, ...EXPRESSIONS]), {}],
    },
    expectation: object(expectation),
    alternatives: object({ ...expectation, any_of: array(ref('expectation'), { minItems: 1 }) }),
    replacements: array({
      anyOf: [
        array(string, { minItems: 2, maxItems: 2 }),
        object({ field_name: string, keyword: string }, ['field_name', 'keyword']),
      ],
    }),
    address: object({ ip: string, port: integer(0, 65_535), pub_key: string, secret_key: string, encrypted: boolean }, [
      'ip',
      'port',
    ]),
    connection: object(
      {
        name: string,
        role: { enum: ['client', 'server'] },
        protocol: { enum: ['sv2', 'sv1'] },
        ip: string,
        port: integer(0, 65_535),
        pub_key: string,
        secret_key: string,
        encrypted: boolean,
        open: { enum: ['start', 'action', 'background'] },
        tested: { type: 'boolean', description: 'the role under test; ip, port and keys are known to the run' },
        plain: { type: 'boolean', description: 'not encrypted, whatever the run says' },
      },
      ['name', 'role'],
    ),
    frameBuilder: object(
      {
        type: { enum: ['automatic', 'manual'] },
        message_id: string,
        message_type: byteName,
        extension_type: {},
        channel_msg: boolean,
      },
      ['type', 'message_id'],
    ),
    step: {
      anyOf: [
        object(
          {
            role: { enum: ['client', 'server'] },
            connection: string,
            message_ids: array(ref('send')),
            results: array(ref('result')),
            actiondoc: string,
            skip_messages: names,
          },
          ['message_ids', 'results'],
        ),
        object({ repeat: {}, actions: array(ref('step')) }, ['repeat', 'actions']),
        object({ for_each: object({ in: {}, as: string }, ['in']), actions: array(ref('step')) }, [
          'for_each',
          'actions',
        ]),
        object({ set: { type: 'object' } }, ['set']),
        object({ open: string }, ['open']),
        object({ close: string, how: { enum: ['fin', 'reset'] } }, ['close']),
        object({ sleep_ms: milliseconds }, ['sleep_ms']),
        object({ call: string, with: { type: 'object' }, connection: string }, ['call']),
        object({ check: object({ value: {}, is: ref('matcher') }, ['value', 'is']), doc: string }, ['check']),
        object({ mine: ref('mine') }, ['mine']),
        object({ new_block: {} }, ['new_block']),
      ],
    },
    mine: {
      description: 'searches the nonce of a header whose hash meets the target, or misses it',
      ...object(
        {
          version: {},
          prev_hash: {},
          merkle_root: {},
          ntime: {},
          nbits: {},
          target: {},
          from_nonce: {},
          unless_merkle_root: {},
          want: { enum: ['share', 'miss'] },
          save: string,
        },
        ['version', 'prev_hash', 'merkle_root', 'ntime', 'nbits', 'target', 'save'],
      ),
    },
    reply: object(
      {
        connection: string,
        role: { enum: ['client', 'server'] },
        on_open: boolean,
        message: ref('nameOrNames'),
        method: string,
        fields: { type: 'object', additionalProperties: ref('matcher') },
        save: ref('saves'),
        send: array(ref('send')),
        times: integer(1, 1_000_000),
      },
      ['send'],
    ),
    send: {
      anyOf: [
        string,
        object({
          id: string,
          message: { type: 'object' },
          replace_fields: ref('replacements'),
          frame: object(
            {
              message_type: byteName,
              extension_type: {},
              channel_msg: boolean,
              payload: {},
              length: integer(0, 0xff_ffff),
            },
            ['message_type'],
          ),
          raw: {},
          split: array(integer(1, 0xff_ffff)),
          delay_ms: milliseconds,
          corrupt: array(integer(0, 0xff_ffff)),
          append: { description: 'bytes behind the payload' },
          cut: { ...integer(0, 0xff_ffff), description: 'bytes that the payload lacks at its end' },
        }),
      ],
    },
    result: {
      anyOf: [
        object({ type: type('match_message_type'), value: byteName }, ['type', 'value']),
        fieldValue('match_message_field'),
        fieldValue('get_message_field'),
        object({ type: type('match_message_len'), value: integer(0, 0xff_ffff) }, ['type', 'value']),
        object({ type: type('match_message_id'), value: {} }, ['type', 'value']),
        object({ type: type('match_extension_type'), extension_type: {} }, ['type', 'extension_type']),
        object({ type: type('close_connection'), for_ms: milliseconds }, ['type']),
        object({ type: type('sustain_connection'), for_ms: milliseconds }, ['type']),
        object({ type: type('expect_nothing'), for_ms: milliseconds }, ['type', 'for_ms']),
        object(
          {
            type: { enum: ['expect', 'wait_for'] },
            ...expectation,
            any_of: array(ref('expectation'), { minItems: 1, description: 'one of these' }),
            all_of: array(ref('alternatives'), { minItems: 1, description: 'each of these, in any order' }),
            or_closed: boolean,
            skip: names,
            timeout_ms: milliseconds,
            or_skip: { type: 'string', description: 'the test is skipped for this reason if the result is not met' },
          },
          ['type'],
        ),
      ],
    },
    command: object(
      {
        command: string,
        args: names,
        conditions: {
          anyOf: [
            { const: 'None' },
            object(
              {
                WithConditions: object(
                  {
                    timer_secs: integer(0, 86_400),
                    warn_no_panic: boolean,
                    conditions: array(
                      object(
                        {
                          output_string: string,
                          output_location: { enum: ['StdOut', 'StdErr'] },
                          condition: boolean,
                          late_condition: boolean,
                        },
                        ['output_string', 'output_location', 'condition'],
                      ),
                    ),
                  },
                  ['timer_secs', 'conditions'],
                ),
              },
              ['WithConditions'],
            ),
          ],
        },
      },
      ['command'],
    ),
  };
}
