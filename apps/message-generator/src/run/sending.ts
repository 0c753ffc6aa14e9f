import { type Field, formatJson, type JsonObject, type JsonValue, UsageError } from '@stratumkit/codec';
import type { Frame } from '@stratumkit/framing';
import type { Send, Sv1Template, Sv2Template } from '../format/model.ts';
import { elementOf, evaluate, expressionError, lookUp, type Scope } from '../values/evaluate.ts';
import { randomFieldValue } from '../values/random.ts';

/** A template with its expressions evaluated and its fields replaced, encoded. Throws UsageError. */
export function buildFrame(template: Sv2Template, scope: Scope, compat: boolean): Frame {
  const { definition, header } = template;
  const fields: Record<string, JsonValue> = {};
  for (const [key, specName] of Object.entries(definition.specNames)) {
    const value = template.fields[specName];
    if (value !== undefined) fields[specName] = evaluate(value, scope, definition.fields[key]);
  }
  for (const { field, keyword } of template.replace) {
    const [head = '', ...tail] = field.split('/');
    const key = Object.entries(definition.specNames).find(([, name]) => name === head)?.[0] ?? '';
    const shape = tail.reduce<Field<unknown> | undefined>(elementOf, definition.fields[key]);
    if (shape === undefined) throw new UsageError('field', `${definition.name} has no field ${field}`);
    const value =
      keyword === 'ARBITRARY' ? randomFieldValue(shape, scope.random) : fitting(lookUp(keyword, scope), shape);
    fields[head] = replacedAt(fields[head] ?? null, tail, value);
  }
  const payload = definition.encode(definition.fromJson(fields, { dropTrailingBadByte: compat }));
  const { messageType, extensionType, channelMessage } = definition;
  if (header === undefined) return { messageType, extensionType, channelMessage, payload };
  return {
    messageType: header.messageType,
    extensionType: header.extensionType & 0x7fff,
    channelMessage: header.channelMessage,
    payload,
  };
}

/** The value with another one at this place inside it. */
function replacedAt(json: JsonValue, path: readonly string[], value: JsonValue): JsonValue {
  const [index, ...rest] = path;
  if (index === undefined) return value;
  if (!Array.isArray(json) || !(Number(index) < json.length)) throw expressionError(`nothing at ${index} to replace`);
  return json.map((item: JsonValue, at) => (at === Number(index) ? replacedAt(item, rest, value) : item));
}

/** A saved string goes into a field of bytes as the bytes it spells. */
function fitting(value: JsonValue, { shape }: Field<unknown>): JsonValue {
  const isBytes = shape.kind === 'bytes' || shape.kind === 'fixedBytes';
  return isBytes && typeof value === 'string' ? Array.from(new TextEncoder().encode(value)) : value;
}

/** A frame with what is put behind its payload, or taken off its end. */
export function alterPayload(frame: Frame, { append, cut }: Pick<Send, 'append' | 'cut'>, scope: Scope): Frame {
  if (append === undefined && cut === 0) return frame;
  const kept = frame.payload.subarray(0, Math.max(frame.payload.length - cut, 0));
  const more = append === undefined ? new Uint8Array(0) : bytesOf(append, scope);
  const payload = new Uint8Array(kept.length + more.length);
  payload.set(kept);
  payload.set(more, kept.length);
  return { ...frame, payload };
}

/** The line of an SV1 message, its line feed included. */
export function buildLine(template: Sv1Template, scope: Scope): Uint8Array {
  const message: Record<string, JsonValue> = { ...(evaluate(template.message, scope) as JsonObject) };
  for (const { field, keyword } of template.replace) {
    if (keyword === 'ARBITRARY') message[field] = Number(scope.random.integer(0n, 0xffff_ffffn));
    else message[field] = lookUp(keyword, scope);
  }
  return new TextEncoder().encode(`${formatJson(message)}\n`);
}

/** Bytes of an evaluated value: a byte list, or a string of hexadecimal digits. */
export function bytesOf(json: JsonValue, scope: Scope): Uint8Array {
  const value = evaluate(typeof json === 'string' ? { $hex: json } : json, scope);
  const isByte = (item: JsonValue) => typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 255;
  if (!Array.isArray(value) || !value.every(isByte))
    throw expressionError('bytes are hexadecimal or a list of numbers');
  return Uint8Array.from(value as readonly number[]);
}
