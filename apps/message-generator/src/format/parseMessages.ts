import type { JsonValue, MessageDefinition } from '@stratumkit/codec';
import { MESSAGES_BY_GROUP, type MessageGroup } from '@stratumkit/messages';
import { isExpression } from '../values/evaluate.ts';
import { didYouMean } from './didYouMean.ts';
import { convertFields, fieldNamed, findDefinition, MESSAGE_SECTIONS, type MessageSection } from './layouts.ts';
import type { ManualHeader, Replacement, Sv1Template, Sv2Template } from './model.ts';
import type { Node } from './reader.ts';

const SECTIONS = Object.keys(MESSAGE_SECTIONS) as MessageSection[];

/** The SV2 messages of a file by id, or only the one of this id; a later section wins. */
export function parseMessages(root: Node, compat: boolean, only?: string): Map<string, Sv2Template> {
  const messages = new Map<string, Sv2Template>();
  for (const section of SECTIONS) {
    for (const entry of root.get(section).items({ optional: true })) {
      if (only !== undefined && entry.get('id').json !== only) continue;
      const template = parseTemplate(entry, MESSAGE_SECTIONS[section], compat);
      if (template === undefined) continue;
      if (messages.has(template.id)) entry.warn(`id "${template.id}" is taken already, this one wins`);
      messages.set(template.id, template);
    }
  }
  return messages;
}

function parseTemplate(entry: Node, group: MessageGroup, compat: boolean): Sv2Template | undefined {
  const definition = lookUp(entry.get('message').get('type'), [group]);
  const id = entry.get('id').text();
  if (definition === undefined) return undefined;
  return templateOf(id, entry.get('message'), entry.get('replace_fields'), definition, compat);
}

/** A message written where it is sent; its type may be of any section. */
export function parseInlineTemplate(message: Node, replace: Node, compat: boolean): Sv2Template | undefined {
  const section = message.get('section');
  const named = section.exists ? [MESSAGE_SECTIONS[section.oneOf(SECTIONS)]] : undefined;
  const definition = lookUp(message.get('type'), named ?? (Object.keys(MESSAGES_BY_GROUP) as MessageGroup[]));
  return definition && templateOf('', message, replace, definition, compat);
}

function lookUp(type: Node, groups: readonly MessageGroup[]): MessageDefinition | undefined {
  const name = type.text();
  if (name === '') return undefined;
  const found = groups.map((group) => findDefinition(name, group));
  const hits = found.flatMap((lookup) => (lookup.definition === undefined ? [] : [lookup]));
  const exact = hits.filter((hit) => hit.warning === undefined);
  const hit = exact[0] ?? hits[0];
  if (hit === undefined) {
    const [first] = found;
    const refused = first !== undefined && 'refused' in first ? first.refused : `no message ${name}`;
    const names = groups.flatMap((group) => MESSAGES_BY_GROUP[group].map((definition) => definition.name));
    type.error(`${refused}${didYouMean(name, names)}`);
    return undefined;
  }
  if (exact.length > 1) type.error(`${name} is in several sections; name one with "section"`);
  if (hit.warning !== undefined) type.warn(hit.warning);
  return hit.definition;
}

function templateOf(
  id: string,
  message: Node,
  replaceNode: Node,
  definition: MessageDefinition,
  compat: boolean,
): Sv2Template {
  const { fields, warnings, errors } = convertFields(definition, message.object());
  for (const warning of warnings) if (!warning.startsWith('section ')) message.warn(`${definition.name}: ${warning}`);
  for (const error of errors) message.error(`${definition.name}: ${error}`);
  const replace = parseReplacements(replaceNode, (name) => fieldNamed(definition, name));
  if (errors.length === 0) checkFields(message, definition, fields, compat);
  const { file, line } = message;
  return { id, definition, fields, replace, header: undefined, file, line };
}

/** Reads each field whose value is already known, so that a mistake shows before anything is started. */
function checkFields(
  message: Node,
  definition: MessageDefinition,
  fields: Readonly<Record<string, JsonValue>>,
  compat: boolean,
): void {
  for (const [key, specName] of Object.entries(definition.specNames)) {
    const value = fields[specName];
    if (value === undefined) message.error(`${definition.name}: field ${specName} is missing`);
    else if (!isExpression(value)) {
      try {
        definition.fields[key]?.fromJson(value, { dropTrailingBadByte: compat });
      } catch (error) {
        message.get(specName).error((error as Error).message);
      }
    }
  }
}

/** Pairs `["field", "KEYWORD"]`, or objects. In the order in which they are applied: ARBITRARY first, then from the end. */
export function parseReplacements(node: Node, fieldOf: (name: string) => string | undefined): readonly Replacement[] {
  const all = node.items({ optional: true }).flatMap((entry): Replacement[] => {
    const pair = Array.isArray(entry.json) ? entry.items() : [entry.get('field_name'), entry.get('keyword')];
    const [field, keyword] = pair;
    if (pair.length !== 2 || field === undefined || keyword === undefined) {
      entry.error('must be a pair of a field and a keyword');
      return [];
    }
    // A name may be the tail of a JSON pointer: `merkle_path/0`.
    const [head = '', ...tail] = field.text().split('/');
    const name = fieldOf(head);
    if (name === undefined) field.error(`the message has no field ${head}`);
    const path = [name ?? '', ...tail].join('/');
    return [{ field: path, keyword: keyword.text(), file: entry.file, line: entry.line }];
  });
  const arbitrary = all.filter(({ keyword }) => keyword === 'ARBITRARY');
  return [...arbitrary, ...all.filter(({ keyword }) => keyword !== 'ARBITRARY').reverse()];
}

export function parseSv1Messages(root: Node, compat: boolean): Map<string, Sv1Template> {
  const messages = new Map<string, Sv1Template>();
  for (const entry of root.get('sv1_messages').items({ optional: true })) {
    const message = parseSv1Template(entry.get('id').text(), entry.get('message'), entry.get('replace_fields'), compat);
    messages.set(message.id, message);
  }
  return messages;
}

export function parseSv1Template(id: string, message: Node, replace: Node, compat: boolean): Sv1Template {
  const json = message.object();
  const { file, line } = message;
  const replacements = parseReplacements(replace, (name) => name);
  if (!compat) return { id, message: json, replace: replacements, file, line };
  message.get('id').integer(0, Number.MAX_SAFE_INTEGER);
  message.get('method').text();
  if (!message.get('params').exists) message.error('params is missing');
  const { id: rpcId = 0, method = '', params = [] } = json;
  return { id, message: { id: rpcId, method, params }, replace: replacements, file, line };
}

export interface FrameBuilder {
  readonly messageId: string;
  /** File of `path::id`. */
  readonly importPath: string | undefined;
  readonly header: ManualHeader | undefined;
  readonly node: Node;
}

export function parseFrameBuilders(list: Node, compat: boolean): readonly FrameBuilder[] {
  return list.items({ optional: !compat }).map((node) => {
    const type = node.get('type').oneOf(['automatic', 'manual']);
    const reference = node.get('message_id');
    const parts = reference.text().split('::');
    if (parts.length > 2) reference.error('more than one "::"');
    return {
      messageId: parts[parts.length - 1] ?? '',
      importPath: parts.length === 2 ? parts[0] : undefined,
      header: type === 'manual' ? parseHeader(node) : undefined,
      node,
    };
  });
}

function parseHeader(node: Node): ManualHeader {
  return {
    messageType: parseTypeByte(node.get('message_type')),
    extensionType: parseDecimal(node.get('extension_type')),
    channelMessage: node.get('channel_msg').boolean(),
  };
}

/** Two characters and two hexadecimal digits, `0x1c`. */
export function parseTypeByte(node: Node): number {
  const text = node.text();
  if (/^0x[0-9a-f]{1,2}$/i.test(text)) return Number.parseInt(text.slice(2), 16);
  if (text !== '') node.error('must be a byte such as "0x1c"');
  return 0;
}

/** Decimal digits in which underscores do not count, or a number. Sixteen digits are not read as binary. */
export function parseDecimal(node: Node): number {
  if (typeof node.json === 'number') return node.integer(0, 0xffff);
  const text = node.text();
  const value = /^[\d_]+$/.test(text) ? Number(text.replaceAll('_', '')) : Number.NaN;
  if (value >= 0 && value <= 0xffff) return value;
  node.error('must be decimal digits of at most 65535');
  return 0;
}
