import { encodeText, formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import { sv1Error } from './failure.ts';
import { parseRpcError, type RpcError } from './rpcError.ts';
import { MAX_DEPTH, scan } from './scan.ts';

/**
 * An id as the text that stood on the wire: `4`, `"a1"`, `null`, `1.0`, `12345678901234567890`. It is echoed, never computed
 * with, and not unique: cpuminer gives every submit the id 4.
 */
export type RpcId = string;

/** Longest id, in UTF-16 units as it stood on the wire: ids are kept until the call is answered. */
export const MAX_ID_LENGTH = 128;

/** A request or a notification: servers send those with the id `null`. */
export interface Sv1Call {
  readonly type: 'call';
  /** Undefined if the line had none. */
  readonly id: RpcId | undefined;
  readonly method: string;
  /** What stood under `params`, an empty list if nothing did. */
  readonly params: JsonValue;
}

/** The answer to a call. */
export interface Sv1Response {
  readonly type: 'response';
  readonly id: RpcId | undefined;
  readonly result: JsonValue;
  readonly error: RpcError | undefined;
}

/** A line that was read: a call (notifications too) or the answer to one. */
export type Sv1Message = Sv1Call | Sv1Response;

/**
 * Reads one line as `LineSplitter` cuts it. Throws `Sv1Error`; its `context.id` has the id if one could be read. An array of
 * messages is refused; `decodeMessages` reads it.
 */
export function decodeLine(line: Uint8Array): Sv1Message {
  return decodeMessage(textOf(line));
}

/** The same of text. */
export function decodeMessage(text: string): Sv1Message {
  const { depth, keyCount, id } = scan(text);
  if (depth > MAX_DEPTH) throw sv1Error('too-deep', `nested deeper than ${MAX_DEPTH}`, { id: validId(id) });
  const json = parse(text, id);
  if (Array.isArray(json)) throw sv1Error('batch', 'an array of messages');
  if (typeof json !== 'object' || json === null) throw sv1Error('not-an-object', 'a message is an object');
  const message = json as JsonObject;
  if (typeof message.id === 'object' ? message.id !== null : typeof message.id === 'boolean') {
    throw sv1Error('bad-message', 'an id is a number, a string or null');
  }
  if (countKeys(json, id) !== keyCount) throw sv1Error('duplicate-key', 'a key is named twice', { id });
  if (id !== undefined && id.length > MAX_ID_LENGTH)
    throw sv1Error('bad-message', `an id of ${id.length} characters, at most ${MAX_ID_LENGTH} are accepted`);
  const { method = null } = message;
  if (method !== null) {
    if (typeof method !== 'string') throw sv1Error('bad-message', 'the method is no string', { id });
    return { type: 'call', id, method, params: message.params ?? [] };
  }
  if (!Object.hasOwn(message, 'result') && !Object.hasOwn(message, 'error')) {
    throw sv1Error('bad-message', 'neither a method nor a result nor an error', { id });
  }
  return { type: 'response', id, result: message.result ?? null, error: parseRpcError(message.error ?? null) };
}

/** A call as a line, its line feed included. Without an id it is a notification: `"id":null`. */
export function encodeCall(call: {
  readonly id?: RpcId | undefined;
  readonly method: string;
  readonly params: JsonValue;
}): Uint8Array {
  const method = JSON.stringify(call.method);
  return encodeText(`{"id":${call.id ?? 'null'},"method":${method},"params":${formatJson(call.params)}}\n`);
}

/** The answer to the call with this id: its result, or an error in the form `[code, "text", null]`. */
export function encodeResponse(
  id: RpcId | undefined,
  outcome: { readonly result: JsonValue } | { readonly error: RpcError },
): Uint8Array {
  const failed = 'error' in outcome;
  const result = failed ? 'null' : formatJson(outcome.result);
  const error = failed ? formatJson([outcome.error.code, outcome.error.message, outcome.error.data ?? null]) : 'null';
  return encodeText(`{"id":${id ?? 'null'},"result":${result},"error":${error}}\n`);
}

/** The id of a call of our own. */
export function rpcId(value: number | string): RpcId {
  return JSON.stringify(value);
}

/** Every platform has one; the types of none are in use here. */
declare class TextDecoder {
  constructor(label: 'utf-8', options: { readonly fatal: true; readonly ignoreBOM: true });
  decode(bytes: Uint8Array): string;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws `Sv1Error` `not-utf8`. */
export function textOf(line: Uint8Array): string {
  try {
    return UTF8.decode(line);
  } catch {
    throw sv1Error('not-utf8', 'the line is not UTF-8');
  }
}

/** Throws `Sv1Error` `not-json`. */
export function parse(text: string, id?: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    // Without the engine's message: it repeats what the peer sent.
    throw sv1Error('not-json', `not JSON: ${(cause as Error).name}`, { id: validId(id) });
  }
}

/** An id found in a line that is no JSON goes back only if it is an id by itself. */
function validId(id: string | undefined): RpcId | undefined {
  if (id === undefined || id.length > MAX_ID_LENGTH) return undefined;
  try {
    const value: unknown = JSON.parse(id);
    return value === null || typeof value === 'number' || typeof value === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keys of an object and of all objects in it: fewer than the text had when one was named twice. Recursion is bounded by `MAX_DEPTH`.
 */
function countKeys(value: JsonValue, id: string | undefined): number {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw sv1Error('huge-number', 'a number no double can hold', { id });
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const element of value as readonly JsonValue[])
      if (typeof element !== 'string') count += countKeys(element, id);
    return count;
  }
  // What `JSON.parse` made has no other enumerable keys than its own.
  for (const key of Object.keys(value)) {
    if (key === '__proto__') throw sv1Error('forbidden-key', 'a key named __proto__', { id });
    count += 1 + countKeys((value as JsonObject)[key]!, id);
  }
  return count;
}
