import { badValue } from './failure.ts';
import type { Field, FieldOptions, LogValue } from './field.ts';
import type { JsonValue } from './json.ts';
import type { Reader } from './reader.ts';

const scratch = new DataView(new ArrayBuffer(8));
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** BOOL. Only the lowest bit counts on receipt; we send 0 or 1. */
export function bool(doc = '', options: FieldOptions = {}): Field<boolean> {
  const check = (value: unknown): boolean => {
    if (typeof value !== 'boolean') throw badValue('BOOL', 'true or false', value);
    return value;
  };
  return {
    ...fixed('BOOL', 1, doc, options),
    shape: { kind: 'boolean' },
    read: (reader) => (reader.bytes[reader.take(1)]! & 1) === 1,
    write: (value, out, offset) => {
      out[offset] = check(value) ? 1 : 0;
      return offset + 1;
    },
    toJson: (value) => value,
    fromJson: check,
    describe: (value) => value,
  };
}

/** U8 as a number. */
export function u8(doc = '', options: FieldOptions = {}): Field<number> {
  return integer(8, doc, options, (reader) => reader.bytes[reader.take(1)]!);
}

/** U16 as a number. */
export function u16(doc = '', options: FieldOptions = {}): Field<number> {
  return integer(16, doc, options, (reader) => {
    const at = reader.take(2);
    return reader.bytes[at]! | (reader.bytes[at + 1]! << 8);
  });
}

/** U24 as a number. */
export function u24(doc = '', options: FieldOptions = {}): Field<number> {
  return integer(24, doc, options, (reader) => {
    const at = reader.take(3);
    const bytes = reader.bytes;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  });
}

/** U32 as a number. */
export function u32(doc = '', options: FieldOptions = {}): Field<number> {
  return integer(32, doc, options, (reader) => {
    const at = reader.take(4);
    const bytes = reader.bytes;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  });
}

/** U64 as a bigint. */
export function u64(doc = '', options: FieldOptions = {}): Field<bigint> {
  const check = (value: unknown): bigint => {
    if (typeof value !== 'bigint' || value < 0n || value > U64_MAX) {
      throw badValue('U64', `a bigint from 0 to ${U64_MAX}`, value);
    }
    return value;
  };
  return {
    ...fixed('U64', 8, doc, options),
    shape: { kind: 'bigint', bits: 64 },
    read: (reader) => {
      const at = reader.take(8);
      for (let index = 0; index < 8; index++) scratch.setUint8(index, reader.bytes[at + index]!);
      return scratch.getBigUint64(0, true);
    },
    write: (value, out, offset) => {
      scratch.setBigUint64(0, check(value), true);
      for (let index = 0; index < 8; index++) out[offset + index] = scratch.getUint8(index);
      return offset + 8;
    },
    toJson: (value) => value,
    fromJson: (json) => check(typeof json === 'number' && Number.isSafeInteger(json) ? BigInt(json) : json),
    describe: (value) => value.toString(),
  };
}

/**
 * F32 as a number. Every value comes back with the same bits, signed zeros, subnormals and infinities too; only NaN is
 * always sent as 0x7fc00000, since the bits inside a NaN have no meaning here and engines do not keep them.
 */
export function f32(doc = '', options: FieldOptions = {}): Field<number> {
  const check = (value: unknown): number => {
    if (typeof value !== 'number') throw badValue('F32', 'a number', value);
    return value;
  };
  return {
    ...fixed('F32', 4, doc, options),
    shape: { kind: 'float' },
    read: (reader) => {
      const at = reader.take(4);
      for (let index = 0; index < 4; index++) scratch.setUint8(index, reader.bytes[at + index]!);
      return scratch.getFloat32(0, true);
    },
    write: (value, out, offset) => {
      if (Number.isNaN(check(value))) scratch.setUint32(0, 0x7fc0_0000, true);
      else scratch.setFloat32(0, value, true);
      for (let index = 0; index < 4; index++) out[offset + index] = scratch.getUint8(index);
      return offset + 4;
    },
    toJson: (value) => (Number.isFinite(value) ? value : String(value)),
    fromJson: (json) => Math.fround(check(nonFiniteFromJson(json))),
    describe: (value) => (Number.isFinite(value) ? value : String(value)),
  };
}

/** JSON has no number for these three; everything else is left to the type's own check. */
function nonFiniteFromJson(json: JsonValue): JsonValue {
  return json === 'NaN' || json === 'Infinity' || json === '-Infinity' ? Number(json) : json;
}

function integer(
  bits: 8 | 16 | 24 | 32,
  doc: string,
  options: FieldOptions,
  read: (reader: Reader) => number,
): Field<number> {
  const typeName = `U${bits}`;
  const max = 2 ** bits - 1;
  const size = bits / 8;
  const check = (value: unknown): number => {
    if (typeof value !== 'number' || value < 0 || value > max || !Number.isInteger(value)) {
      throw badValue(typeName, `an integer from 0 to ${max}`, value);
    }
    return value;
  };
  return {
    ...fixed(typeName, size, doc, options),
    shape: { kind: 'integer', bits },
    read,
    write: (value, out, offset) => {
      check(value);
      out[offset] = value;
      if (size > 1) out[offset + 1] = value >>> 8;
      if (size > 2) out[offset + 2] = value >>> 16;
      if (size > 3) out[offset + 3] = value >>> 24;
      return offset + size;
    },
    toJson: (value) => value,
    fromJson: check,
    describe: (value): LogValue => value,
  };
}

function fixed(typeName: string, size: number, doc: string, options: FieldOptions) {
  return { typeName, doc, specName: options.specName, minSize: size, maxSize: size, size: () => size };
}
