import { decodeText, encodeText, formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import { sv1Error } from './failure.ts';
import { parseRpcError, type RpcError } from './rpcError.ts';
import { scan } from './scan.ts';

/**
 * An id as the text that stood on the wire: `4`, `"a1"`, `null`, `1.0`, `12345678901234567890`. It is echoed, never computed
 * with, and not unique: cpuminer gives every submit the id 4.
 */
export type RpcId = string;

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

export type Sv1Message = Sv1Call | Sv1Response;

/** Reads one line as `LineSplitter` cuts it. Throws `Sv1Error`; its `context.id` has the id when it came before the fault. */
export function decodeLine(line: Uint8Array): Sv1Message {
  const text = textOf(line);
  const id = scan(text);
  const json = parse(text);
  if (Array.isArray(json)) throw sv1Error('batch', 'an array of messages');
  if (typeof json !== 'object' || json === null) throw sv1Error('not-an-object', 'a message is an object');
  const message = json as JsonObject;
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

const CHUNK = 4096;

function textOf(line: Uint8Array): string {
  let text = '';
  for (let start = 0; start < line.length; start += CHUNK) {
    const part = line.subarray(start, start + CHUNK);
    for (let index = 0; index < part.length; index++) if (part[index]! >= 0x80) return unicodeTextOf(line);
    text += String.fromCharCode.apply(null, part as unknown as number[]);
  }
  return text;
}

function unicodeTextOf(line: Uint8Array): string {
  const text = decodeText(line);
  // Only bytes that are no UTF-8 decode to lone surrogates.
  if (/\p{Cs}/u.test(text)) throw sv1Error('not-utf8', 'the line is not UTF-8');
  return text;
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    // Without the engine's message: it repeats what the peer sent.
    throw sv1Error('not-json', `not JSON: ${(cause as Error).name}`);
  }
}
