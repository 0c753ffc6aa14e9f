import { formatJson, type JsonValue, toHex } from '@stratumkit/codec';

const SHOWN_BYTES = 48;
const SHOWN_TEXT = 300;

/** A JSON value on one line; long byte lists as hexadecimal. */
export function show(json: JsonValue | undefined): string {
  const text = json === undefined ? 'nothing' : formatJson(shorten(json));
  return text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT)}...` : text;
}

function shorten(json: JsonValue): JsonValue {
  if (Array.isArray(json)) {
    const list = json as readonly JsonValue[];
    const isBytes = list.length > 8 && list.every((item) => typeof item === 'number' && item >= 0 && item <= 255);
    return isBytes ? showBytes(Uint8Array.from(list as readonly number[])) : list.map(shorten);
  }
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, shorten(value)]));
}

export function showBytes(bytes: Uint8Array): string {
  const hex = toHex(bytes.subarray(0, SHOWN_BYTES));
  return bytes.length > SHOWN_BYTES ? `${hex}... (${bytes.length} bytes)` : hex;
}
