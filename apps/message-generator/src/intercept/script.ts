import { readFileSync } from 'node:fs';
import type { JsonObject, JsonValue, MessageDefinition } from '@stratumkit/codec';
import { fieldNamed } from '../format/layouts.ts';
import type { ManualHeader } from '../format/model.ts';
import { parseTypeByte } from '../format/parseMessages.ts';
import { messageNames } from '../format/parseResults.ts';
import { TestFileError } from '../format/problems.ts';
import { type Node, Problems, readDocument } from '../format/reader.ts';

/** Where a message goes. */
export type Heading = 'upstream' | 'downstream';

/** One rule of a script: which messages, which of them, and what becomes of them. */
export interface Rule {
  readonly to: Heading | undefined;
  readonly definitions: readonly MessageDefinition[];
  /** SV1 methods. */
  readonly methods: readonly string[];
  /** Fields by name, or by JSON pointer in SV1. */
  readonly fields: readonly (readonly [name: string, expected: JsonValue])[];
  /** Which of the matching messages of one connection, from 1; all if empty. */
  readonly nth: readonly number[];
  readonly every: number | undefined;
  /** Only messages that cannot be decoded, or that have bytes behind their last field. */
  readonly malformed: boolean;
  /** Only frames whose payload is like this, and those with such bytes behind their last field. */
  readonly payload: JsonValue | undefined;
  readonly rest: JsonValue | undefined;
  /** Only lines whose text is like this. */
  readonly text: JsonValue | undefined;
  /** Only frames of this type byte, known or not. */
  readonly messageType: number | undefined;
  /** Only while no message of these types has passed on the connection. */
  readonly unseen: readonly MessageDefinition[];
  /** Only while each value is as said; the last message of a type is known as `OpenStandardMiningChannel.request_id`, or `mining.notify/params/7`. */
  readonly when: readonly { readonly value: JsonValue; readonly is: JsonValue }[];
  readonly effect: Effect;
}

export type Effect =
  | { readonly kind: 'drop' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'duplicate'; readonly times: number }
  /** Held back until this many later messages have passed. */
  | { readonly kind: 'reorder'; readonly by: number }
  /** The lowest bit of these bytes of the payload, or of what goes over the wire, is turned over. */
  | { readonly kind: 'corrupt'; readonly offsets: readonly number[]; readonly sealed: boolean }
  | {
      readonly kind: 'replace';
      readonly fields: readonly (readonly [string, JsonValue])[];
      readonly payload: JsonValue | undefined;
    }
  | { readonly kind: 'close'; readonly how: 'fin' | 'reset' }
  /** Another message in its place, or back to where it came from; fields that are not given are those of this one. */
  | { readonly kind: 'become' | 'answer'; readonly messages: readonly MadeMessage[] }
  | { readonly kind: 'insert'; readonly before: readonly MadeMessage[]; readonly after: readonly MadeMessage[] }
  | { readonly kind: 'header'; readonly header: Partial<ManualHeader> }
  /** Every connection ends, and no other is taken. */
  | { readonly kind: 'crash' };

/** A message that a rule makes. */
export interface MadeMessage {
  readonly definition: MessageDefinition;
  readonly fields: JsonObject;
}

const EFFECTS = [
  'drop',
  'delay',
  'duplicate',
  'reorder',
  'corrupt',
  'replace',
  'close',
  'become',
  'answer',
  'insert',
  'header',
  'crash',
] as const;
const MAX_MS = 86_400_000;

/** Reads `{"rules": [...]}`. Throws TestFileError. */
export function readScript(path: string): readonly Rule[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new TestFileError([{ file: path, line: 0, message: 'cannot be read' }]);
  }
  return parseScript(text, path);
}

/** The same of text; `path` is what errors call it. Throws TestFileError with every problem and its line. */
export function parseScript(text: string, path: string): readonly Rule[] {
  const problems = new Problems();
  const rules = readDocument(text, path, problems).get('rules').items().map(parseRule);
  problems.throwIfAny();
  return rules;
}

function parseRule(node: Node): Rule {
  const message = node.get('message');
  const definitions = messageNames(message);
  const nth = node.get('nth');
  const count = (item: Node) => item.integer(1, 0xffff_ffff);
  return {
    to: node.get('to').exists ? node.get('to').oneOf(['upstream', 'downstream']) : undefined,
    definitions,
    methods: methodsOf(node.get('method')),
    fields: pairsOf(node.get('fields'), definitions),
    nth: !nth.exists ? [] : Array.isArray(nth.json) ? nth.items().map(count) : [count(nth)],
    every: node.get('every').optionalInteger(1, 0xffff_ffff),
    malformed: node.get('malformed').boolean(false),
    payload: node.get('has_payload').json,
    rest: node.get('rest').json,
    text: node.get('text').json,
    messageType: node.get('message_type').exists ? parseTypeByte(node.get('message_type')) : undefined,
    unseen: messageNames(node.get('unseen')),
    when: node
      .get('when')
      .items({ optional: true })
      .map((item) => ({ value: item.get('value').json ?? null, is: item.get('is').json ?? null })),
    effect: parseEffect(node, definitions),
  };
}

function methodsOf(node: Node): readonly string[] {
  if (!node.exists) return [];
  return Array.isArray(node.json) ? node.items().map((item) => item.text()) : [node.text()];
}

function parseEffect(node: Node, definitions: readonly MessageDefinition[]): Effect {
  const kind = node.get('do').oneOf(EFFECTS);
  switch (kind) {
    case 'drop':
    case 'crash':
      return { kind };
    case 'delay':
      return { kind, ms: node.get('ms').integer(0, MAX_MS) };
    case 'duplicate':
      return { kind, times: node.get('times').optionalInteger(1, 1_000) ?? 1 };
    case 'reorder':
      return { kind, by: node.get('by').optionalInteger(1, 1_000) ?? 1 };
    case 'corrupt': {
      const offsets = node
        .get('offsets')
        .items({ optional: true })
        .map((item) => item.integer(0, 0xff_ffff));
      return { kind, offsets: offsets.length === 0 ? [0] : offsets, sealed: node.get('sealed').boolean(false) };
    }
    case 'replace':
      return { kind, fields: pairsOf(node.get('with'), definitions), payload: node.get('payload').json };
    case 'become':
    case 'answer':
      return { kind, messages: madeMessages(node.get('messages')) };
    case 'insert':
      return { kind, before: madeMessages(node.get('before')), after: madeMessages(node.get('after')) };
    case 'header':
      return { kind, header: parseHeaderChanges(node) };
    case 'close':
      return { kind, how: node.get('how').exists ? node.get('how').oneOf(['fin', 'reset']) : 'fin' };
  }
}

function madeMessages(list: Node): readonly MadeMessage[] {
  return list.items({ optional: true }).flatMap((node) => {
    const [definition] = messageNames(node.get('type'));
    return definition === undefined ? [] : [{ definition, fields: node.object() }];
  });
}

function parseHeaderChanges(node: Node): Partial<ManualHeader> {
  const type = node.get('set_message_type');
  const extensionType = node.get('extension_type').optionalInteger(0, 0x7fff);
  const channel = node.get('channel_msg');
  return {
    ...(type.exists ? { messageType: parseTypeByte(type) } : {}),
    ...(extensionType === undefined ? {} : { extensionType }),
    ...(channel.exists ? { channelMessage: channel.boolean() } : {}),
  };
}

function pairsOf(node: Node, definitions: readonly MessageDefinition[]): readonly (readonly [string, JsonValue])[] {
  return node.keys().map((key) => {
    const names = definitions.map((definition) => fieldNamed(definition, key)).filter((name) => name !== undefined);
    if (definitions.length > 0 && names.length === 0) node.get(key).error('the message has no such field');
    return [names[0] ?? key, node.get(key).json ?? null] as const;
  });
}
