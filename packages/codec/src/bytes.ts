import { badValue } from './failure.ts';
import type { Field, FieldOptions, JsonOptions, LogValue } from './field.ts';
import { toHex } from './hex.ts';
import type { JsonValue } from './json.ts';
import { decodeText, displayText, encodeText, textSize, writeText } from './text.ts';

const LOGGED_BYTES = 64;

/** U256: 32 bytes in wire order, least significant first. Hashes and targets stay in this form. */
export function u256(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return fixedBytes('U256', 32, doc, options);
}

/** PUBKEY: the 32-byte x coordinate of a BIP-0340 key. Not checked to be on the curve. */
export function pubkey(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return fixedBytes('PUBKEY', 32, doc, options);
}

/** SIGNATURE: 64 bytes of a BIP-0340 signature. */
export function signature(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return fixedBytes('SIGNATURE', 64, doc, options);
}

/** MAC: 16 bytes. */
export function mac(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return fixedBytes('MAC', 16, doc, options);
}

/** BYTES of a length that the spec states beside the field. */
export function bytes(length: number, doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return fixedBytes('BYTES', length, doc, options);
}

/** B0_32: up to 32 bytes. */
export function b032(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return prefixedBytes('B0_32', 1, 32, doc, options);
}

/** B0_255: up to 255 bytes. */
export function b0255(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  const field = prefixedBytes('B0_255', 1, 255, doc, options);
  // The message-generator writes STR0_255 and B0_255 alike.
  return { ...field, fromJson: (json, how) => field.fromJson(typeof json === 'string' ? byteList(json) : json, how) };
}

/** B0_64K: up to 65,535 bytes. */
export function b064k(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return prefixedBytes('B0_64K', 2, 0xffff, doc, options);
}

/** B0_16M: up to 16,777,215 bytes. */
export function b016m(doc = '', options: FieldOptions = {}): Field<Uint8Array> {
  return prefixedBytes('B0_16M', 3, 0xff_ffff, doc, options);
}

/** STR0_255 as a string; see `decodeText` for how bytes that are not UTF-8 are kept. */
export function str0255(doc = '', options: FieldOptions = {}): Field<string> {
  const typeName = 'STR0_255';
  const size = (value: string): number => {
    if (typeof value !== 'string') throw badValue(typeName, 'a string', value);
    const length = textSize(value);
    if (length > 255) throw badValue(typeName, 'at most 255 bytes of UTF-8', value);
    return 1 + length;
  };
  return {
    typeName,
    doc,
    specName: options.specName,
    shape: { kind: 'text', maxLength: 255 },
    minSize: 1,
    maxSize: 256,
    size,
    read: (reader) => {
      const length = reader.length(1);
      const start = reader.take(length);
      return decodeText(reader.bytes, start, start + length);
    },
    write: (value, out, offset) => {
      const end = writeText(value, out, offset + 1);
      out[offset] = end - offset - 1;
      return end;
    },
    toJson: (value) => (isWellFormed(value) ? value : byteList(value)),
    fromJson: (json, how) => {
      const value = typeof json === 'string' ? json : decodeText(bytesFromJson(typeName, json, how));
      size(value);
      return value;
    },
    describe: displayText,
  };
}

function fixedBytes(typeName: string, length: number, doc: string, options: FieldOptions): Field<Uint8Array> {
  const check = (value: Uint8Array): Uint8Array => {
    if (!(value instanceof Uint8Array) || value.length !== length) throw badValue(typeName, `${length} bytes`, value);
    return value;
  };
  return {
    typeName,
    doc,
    specName: options.specName,
    shape: { kind: 'fixedBytes', length },
    minSize: length,
    maxSize: length,
    size: () => length,
    read: (reader) => reader.view(length),
    write: (value, out, offset) => {
      out.set(check(value), offset);
      return offset + length;
    },
    toJson: (value) => Array.from(value),
    fromJson: (json) => check(bytesFromJson(typeName, json)),
    describe: describeBytes,
  };
}

function prefixedBytes(
  typeName: string,
  prefixSize: 1 | 2 | 3,
  maxLength: number,
  doc: string,
  options: FieldOptions,
): Field<Uint8Array> {
  const check = (value: Uint8Array): Uint8Array => {
    if (!(value instanceof Uint8Array) || value.length > maxLength) {
      throw badValue(typeName, `at most ${maxLength} bytes`, value);
    }
    return value;
  };
  return {
    typeName,
    doc,
    specName: options.specName,
    shape: { kind: 'bytes', prefixSize, maxLength },
    minSize: prefixSize,
    maxSize: prefixSize + maxLength,
    size: (value) => prefixSize + check(value).length,
    read: (reader) => reader.view(reader.lengthUpTo(prefixSize, maxLength, typeName)),
    write: (value, out, offset) => {
      const start = writeLength(value.length, prefixSize, out, offset);
      out.set(value, start);
      return start + value.length;
    },
    toJson: (value) => Array.from(value),
    fromJson: (json, how) => check(bytesFromJson(typeName, json, how)),
    describe: describeBytes,
  };
}

/** Writes a little-endian length of `prefixSize` bytes and returns the offset behind it. */
export function writeLength(length: number, prefixSize: number, out: Uint8Array, offset: number): number {
  out[offset] = length;
  if (prefixSize > 1) out[offset + 1] = length >>> 8;
  if (prefixSize > 2) out[offset + 2] = length >>> 16;
  return offset + prefixSize;
}

function bytesFromJson(typeName: string, json: JsonValue, options: JsonOptions = {}): Uint8Array {
  if (!Array.isArray(json)) throw badValue(typeName, 'an array of byte numbers', json);
  const list = json as readonly JsonValue[];
  const bad = list.findIndex((item) => typeof item !== 'number' || !Number.isInteger(item) || item < 0 || item > 255);
  if (bad === -1) return Uint8Array.from(list as readonly number[]);
  if (options.dropTrailingBadByte === true && bad === list.length - 1)
    return Uint8Array.from(list.slice(0, -1) as number[]);
  throw badValue(typeName, 'an array of byte numbers (0 to 255)', list[bad]);
}

function byteList(text: string): number[] {
  return Array.from(encodeText(text));
}

/** True if no byte of the text had to be escaped, so that it may be written as a JSON string. */
function isWellFormed(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

function describeBytes(value: Uint8Array): LogValue {
  if (value.length <= LOGGED_BYTES) return toHex(value);
  return `${toHex(value.subarray(0, LOGGED_BYTES))}... (${value.length} bytes)`;
}
