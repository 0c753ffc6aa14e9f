import type { JsonObject, JsonValue } from '@stratumkit/codec';
import type { ManualHeader } from '../format/model.ts';
import { isObject } from '../format/reader.ts';
import { bytesOf } from '../run/sending.ts';
import { evaluate, type Scope } from '../values/evaluate.ts';
import { type DecodedFrame, decodeFrame } from '../wire/decode.ts';
import type { Effect, MadeMessage } from './script.ts';
import type { Intercepted } from './side.ts';

/** What becomes of a message: what goes on in its place and around it, and what goes back. */
export interface Passing {
  readonly before: readonly Intercepted[];
  readonly message: Intercepted | undefined;
  readonly after: readonly Intercepted[];
  readonly back: readonly Intercepted[];
}

/** What a rule makes of a message, with values as they are now. Throws where they cannot be evaluated or encoded. */
export function passingOf(message: Intercepted, effect: Effect | undefined, scope: Scope): Passing {
  const make = (list: readonly MadeMessage[]) => list.map((made) => madeOf(made, message, scope));
  const plain = { before: [], message, after: [], back: [] };
  switch (effect?.kind) {
    case 'drop':
      return { ...plain, message: undefined };
    case 'replace':
      return { ...plain, message: replaced(message, effect, scope) };
    case 'header':
      return { ...plain, message: withHeader(message, effect.header) };
    case 'become':
      return { ...plain, message: undefined, after: make(effect.messages) };
    case 'answer':
      return { ...plain, message: undefined, back: make(effect.messages) };
    case 'insert':
      return { ...plain, before: make(effect.before), after: make(effect.after) };
    default:
      return plain;
  }
}

/** The message with those bits of its payload flipped; flips that are `sealed` are those of its ciphertext, done later. */
export function corrupted(
  message: Intercepted,
  { offsets, sealed }: Extract<Effect, { kind: 'corrupt' }>,
): Intercepted {
  if (sealed) return message;
  if ('frame' in message) {
    const payload = message.frame.payload.slice();
    for (const offset of offsets) if (offset < payload.length) payload[offset]! ^= 1;
    return { ...message, frame: { ...message.frame, payload } };
  }
  const bytes = new TextEncoder().encode(message.text);
  for (const offset of offsets) if (offset < bytes.length) bytes[offset]! ^= 1;
  return { ...message, text: new TextDecoder().decode(bytes) };
}

function replaced(message: Intercepted, effect: Extract<Effect, { kind: 'replace' }>, scope: Scope): Intercepted {
  if ('frame' in message) return replacedFrame(message, effect, scope);
  if (!isObject(message.json)) return message;
  const json = structuredClone(message.json) as Record<string, unknown>;
  for (const [pointer, value] of effect.fields) setPointer(json, pointer, evaluate(value, scope));
  return { ...message, json: json as JsonObject, text: JSON.stringify(json) };
}

function replacedFrame(
  message: DecodedFrame,
  { fields, payload }: Extract<Effect, { kind: 'replace' }>,
  scope: Scope,
): DecodedFrame {
  if (payload !== undefined) return decodeFrame({ ...message.frame, payload: bytesOf(payload, scope) });
  const { definition, json } = message;
  if (definition === undefined || json === undefined) return message;
  const changes = fields.map(([name, value]) => {
    const key = Object.entries(definition.specNames).find(([, specName]) => specName === name)?.[0] ?? '';
    return [name, evaluate(value, scope, definition.fields[key])] as const;
  });
  const encoded = definition.encode(definition.fromJson({ ...json, ...Object.fromEntries(changes) }));
  // Fields of extensions stay behind.
  const whole = new Uint8Array(encoded.length + message.rest.length);
  whole.set(encoded);
  whole.set(message.rest, encoded.length);
  return decodeFrame({ ...message.frame, payload: whole });
}

/** A message that a rule makes: fields that it does not give are those of the message that it met. */
function madeOf({ definition, fields }: MadeMessage, message: Intercepted, scope: Scope): DecodedFrame {
  const given = 'frame' in message ? (message.json ?? {}) : {};
  const json: Record<string, JsonValue> = {};
  for (const [key, name] of Object.entries(definition.specNames)) {
    const value = fields[name];
    json[name] = value === undefined ? (given[name] ?? 0) : evaluate(value, scope, definition.fields[key]);
  }
  const { messageType, extensionType, channelMessage } = definition;
  const payload = definition.encode(definition.fromJson(json));
  return decodeFrame({ messageType, extensionType, channelMessage, payload });
}

function withHeader(message: Intercepted, header: Partial<ManualHeader>): Intercepted {
  return 'frame' in message ? decodeFrame({ ...message.frame, ...header }) : message;
}

function setPointer(json: Record<string, unknown>, pointer: string, value: unknown): void {
  const path = pointer.split('/').slice(1);
  const last = path.pop();
  let at: unknown = json;
  for (const key of path) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  if (typeof at !== 'object' || at === null || last === undefined) return;
  Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
}
