import type { MessageDefinition } from '@stratumkit/codec';
import { definitionsNamed, fieldNamed, findDefinition, SUBPROTOCOLS, type Subprotocol } from './layouts.ts';
import type { Expectation, FieldCheck, FieldSave, ResultBody, ResultPlan, Sv1Expectation, Waiting } from './model.ts';
import { parseDecimal, parseTypeByte } from './parseMessages.ts';
import type { Node } from './reader.ts';

export interface ResultContext {
  readonly compat: boolean;
  readonly protocol: 'sv1' | 'sv2';
}

const MAX_MS = 86_400_000;
const SV2_TYPES = [
  'match_message_type',
  'match_message_field',
  'get_message_field',
  'match_message_len',
  'match_extension_type',
  'close_connection',
  'sustain_connection',
  'none',
  'expect',
  'wait_for',
  'expect_nothing',
] as const;
const SV1_TYPES = [
  'match_message_id',
  'match_message_field',
  'close_connection',
  'sustain_connection',
  'none',
  'expect',
  'wait_for',
  'expect_nothing',
] as const;

export function parseResult(node: Node, context: ResultContext): ResultPlan {
  const { file, line } = node;
  const type = context.protocol === 'sv1' ? node.get('type').oneOf(SV1_TYPES) : node.get('type').oneOf(SV2_TYPES);
  return { ...parseBody(node, type, context), type, orSkip: node.get('or_skip').optionalText(), file, line };
}

type ResultType = (typeof SV1_TYPES)[number] | (typeof SV2_TYPES)[number];

function parseBody(node: Node, type: ResultType, context: ResultContext): ResultBody {
  const value = node.get('value');
  const isSv1 = context.protocol === 'sv1';
  switch (type) {
    case 'match_message_type':
      return { kind: 'messageType', messageType: parseTypeByte(value) };
    case 'match_message_field':
      return isSv1 ? parseSv1Fields(value) : parseFields(value, context);
    case 'get_message_field':
      return parseSaves(value, context);
    case 'match_message_len':
      return { kind: 'length', length: value.integer(0, 0xff_ffff) };
    case 'match_extension_type':
      return { kind: 'extensionType', value: parseDecimal(node.get('extension_type')) };
    case 'close_connection':
      return { kind: 'closed', forMs: node.get('for_ms').optionalInteger(0, MAX_MS) };
    case 'sustain_connection':
      return { kind: 'open', forMs: node.get('for_ms').optionalInteger(0, MAX_MS) };
    case 'none':
      if (isSv1) return { kind: 'sv1Any' };
      if (!context.compat) node.error('"none" never passes; leave the list of results empty');
      return { kind: 'unfinished' };
    case 'match_message_id':
      if (!value.exists) value.error('is missing');
      return { kind: 'sv1Id', id: value.json ?? null };
    case 'expect_nothing':
      return { kind: 'nothing', forMs: node.get('for_ms').integer(0, MAX_MS) };
    case 'expect':
    case 'wait_for': {
      const waiting = parseWaiting(node, type === 'wait_for');
      return isSv1
        ? { kind: 'sv1Expect', of: expectationsOf(node, parseSv1Expectation), ...waiting }
        : { kind: 'expect', of: expectationsOf(node, parseExpectation), ...waiting };
    }
  }
}

const WAITING_KEYS = ['type', 'doc', 'skip', 'timeout_ms', 'or_closed', 'or_skip', 'any_of', 'all_of'];

function parseWaiting(node: Node, passOver: boolean): Waiting {
  if (node.get('any_of').exists && node.get('all_of').exists) node.error('has "any_of" or "all_of", not both');
  return {
    passOver,
    orClosed: node.get('or_closed').boolean(false),
    skip: parseSkip(node.get('skip')) ?? [],
    timeoutMs: node.get('timeout_ms').optionalInteger(0, MAX_MS),
  };
}

/** What has to be met: each of `all_of`, which may be an `any_of` again; one of `any_of`; or the result itself. */
function expectationsOf<T>(node: Node, parse: (node: Node) => T): readonly (readonly T[])[] {
  const all = listOf(node, 'all_of');
  return (all ?? [node]).map((entry) => (listOf(entry, 'any_of') ?? [entry]).map(parse));
}

function listOf(node: Node, key: 'all_of' | 'any_of'): readonly Node[] | undefined {
  const list = node.get(key);
  if (!list.exists) return undefined;
  node.warnUnknown(WAITING_KEYS);
  const items = list.items();
  if (items.length === 0) list.error('must not be empty');
  return items;
}

function parseFields(value: Node, context: ResultContext): ResultBody {
  const [groupNode, typeNode, listNode] = value.items();
  if (groupNode === undefined || typeNode === undefined || listNode === undefined) {
    value.error('must be [subprotocol, type name, [[field, value], ...]]');
    return { kind: 'unfinished' };
  }
  const group = SUBPROTOCOLS[groupNode.oneOf(Object.keys(SUBPROTOCOLS) as Subprotocol[])];
  const typeName = typeNode.text();
  const lookup = findDefinition(typeName, group);
  if (lookup.definition === undefined && !context.compat) typeNode.error(lookup.refused);
  if (lookup.definition !== undefined && lookup.warning !== undefined) typeNode.warn(lookup.warning);
  const { definition } = lookup;
  const fields = pairs(listNode).map(([field, expected]): FieldCheck => {
    const name = nameOf(field, definition === undefined ? [] : [definition], context.compat);
    if (!expected.exists) expected.error('is missing');
    return { field: name, expected: expected.json ?? null, file: field.file, line: field.line };
  });
  return { kind: 'matchFields', group, typeName, definition, fields };
}

function parseSaves(value: Node, context: ResultContext): ResultBody {
  const [groupNode, typeNode, listNode] = value.items();
  if (groupNode === undefined || typeNode === undefined || listNode === undefined) {
    value.error('must be [subprotocol, type name, [[field, KEYWORD], ...]]');
    return { kind: 'unfinished' };
  }
  const group = SUBPROTOCOLS[groupNode.oneOf(Object.keys(SUBPROTOCOLS) as Subprotocol[])];
  const lookup = findDefinition(typeNode.text(), group);
  if (lookup.definition === undefined && !context.compat) typeNode.error(lookup.refused);
  // The original ignores the type name here.
  const definition = context.compat ? undefined : lookup.definition;
  const fields = pairs(listNode).map(([field, keyword]): FieldSave => {
    const known = lookup.definition === undefined ? [] : [lookup.definition];
    return { field: nameOf(field, known, context.compat), name: keyword.text(), file: field.file, line: field.line };
  });
  return { kind: 'saveFields', group, definition, fields };
}

function parseSv1Fields(value: Node): ResultBody {
  const [, list] = value.items();
  if (list === undefined) {
    value.error('must be [method, [[key, value], ...]]');
    return { kind: 'sv1Any' };
  }
  const fields = pairs(list).map(([field, expected]): FieldCheck => {
    const name = field.oneOf(['id', 'result', 'error']);
    if (!expected.exists) expected.error('is missing');
    return { field: `/${name}`, expected: expected.json ?? null, file: field.file, line: field.line };
  });
  return { kind: 'sv1Fields', fields };
}

function parseExpectation(node: Node): Expectation {
  node.warnUnknown([
    ...WAITING_KEYS,
    'message',
    'message_type',
    'extension_type',
    'channel_msg',
    'length',
    'rest',
    'payload',
    'fields',
    'save',
  ]);
  const definitions = messageNames(node.get('message'));
  const messageType = node.get('message_type');
  const extensionType = node.get('extension_type');
  const channelMessage = node.get('channel_msg');
  const fields = node.get('fields');
  const save = node.get('save');
  if ((fields.exists || save.exists) && definitions.length === 0) fields.error('needs "message" to tell whose fields');
  return {
    file: node.file,
    line: node.line,
    definitions,
    messageType: messageType.exists ? parseTypeByte(messageType) : undefined,
    extensionType: extensionType.json,
    channelMessage: channelMessage.exists ? channelMessage.boolean() : undefined,
    length: node.get('length').json,
    rest: node.get('rest').json,
    payload: node.get('payload').json,
    fields: fields.keys().map((key): FieldCheck => {
      const field = fields.get(key);
      const name = nameOf(field, definitions, false, key);
      return { field: name, expected: field.json ?? null, file: field.file, line: field.line };
    }),
    saves: parseSaveMap(save, definitions),
  };
}

function parseSv1Expectation(node: Node): Sv1Expectation {
  const members = ['id', 'params', 'result', 'error'];
  node.warnUnknown([...WAITING_KEYS, 'method', ...members, 'save']);
  const save = node.get('save');
  return {
    file: node.file,
    line: node.line,
    method: node.get('method').json,
    fields: members.flatMap((member): FieldCheck[] => {
      const value = node.get(member);
      if (!value.exists) return [];
      return [{ field: `/${member}`, expected: value.json ?? null, file: value.file, line: value.line }];
    }),
    saves: parsePointerMap(save),
  };
}

/** `{"/json/pointer": "VARIABLE"}`. */
export function parsePointerMap(save: Node): readonly FieldSave[] {
  return save.keys().map((pointer): FieldSave => {
    const name = save.get(pointer);
    if (!pointer.startsWith('/')) name.error('the key must be a JSON pointer such as "/params/0"');
    return { field: pointer, name: name.text(), file: name.file, line: name.line };
  });
}

/** `{"field": "VARIABLE"}`. */
export function parseSaveMap(save: Node, definitions: readonly MessageDefinition[]): readonly FieldSave[] {
  return save.keys().map((key): FieldSave => {
    const name = save.get(key);
    return { field: nameOf(name, definitions, false, key), name: name.text(), file: name.file, line: name.line };
  });
}

/** One name or several. A name that stands in two subprotocols means both. */
export function messageNames(node: Node): readonly MessageDefinition[] {
  if (!node.exists) return [];
  const names = Array.isArray(node.json) ? node.items() : [node];
  return names.flatMap((name) => {
    const found = definitionsNamed(name.text());
    if (found.length === 0) name.error(`no message ${name.text()}`);
    return found;
  });
}

/** Names of messages or methods, or type bytes such as `0x21`, that are passed over. */
export function parseSkip(node: Node): readonly string[] | undefined {
  if (!node.exists) return undefined;
  return node.items().map((item) => item.text());
}

export function nameOf(field: Node, definitions: readonly MessageDefinition[], compat: boolean, key?: string): string {
  const name = key ?? field.text();
  const found = definitions.map((definition) => fieldNamed(definition, name));
  const hit = found.find((candidate) => candidate !== undefined);
  if (hit === undefined && definitions.length > 0 && !compat) {
    field.error(`${definitions.map((definition) => definition.name).join(', ')} has no field ${name}`);
  }
  // With several messages the name is looked up again in the one that comes.
  return definitions.length === 1 ? (hit ?? name) : name;
}

function pairs(list: Node): readonly (readonly [Node, Node])[] {
  return list.items().flatMap((entry) => {
    const [first, second] = Array.isArray(entry.json) ? entry.items() : [];
    if (first !== undefined && second !== undefined) return [[first, second] as const];
    entry.error('must be a pair of a field and a value');
    return [];
  });
}
