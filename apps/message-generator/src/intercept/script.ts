import { readFileSync } from 'node:fs';
import type { JsonValue, MessageDefinition } from '@stratumkit/codec';
import { fieldNamed } from '../format/layouts.ts';
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
  | { readonly kind: 'close'; readonly how: 'fin' | 'reset' };

const EFFECTS = ['drop', 'delay', 'duplicate', 'reorder', 'corrupt', 'replace', 'close'] as const;
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
    case 'close':
      return { kind, how: node.get('how').exists ? node.get('how').oneOf(['fin', 'reset']) : 'fin' };
  }
}

function pairsOf(node: Node, definitions: readonly MessageDefinition[]): readonly (readonly [string, JsonValue])[] {
  return node.keys().map((key) => {
    const names = definitions.map((definition) => fieldNamed(definition, key)).filter((name) => name !== undefined);
    if (definitions.length > 0 && names.length === 0) node.get(key).error('the message has no such field');
    return [names[0] ?? key, node.get(key).json ?? null] as const;
  });
}
