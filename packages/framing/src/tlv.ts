import { RemoteError, UsageError } from '@stratumkit/codec';

/** An optional field behind the last field of a message (spec 3.4.3). */
export interface TlvField {
  /** Negotiated extension that defines the field. */
  readonly extensionType: number;
  /** U8, by the extension. */
  readonly fieldType: number;
  /** As the extension defines it; a view when it was decoded. */
  readonly value: Uint8Array;
}

/**
 * Byte order of type and length. The spec's example is big-endian, its section 3.1 says little-endian, and both are sent in
 * practice: we send the example's unless told otherwise and read either.
 */
export type TlvByteOrder = 'big' | 'little';

/** The longest value an extension allows for one of its fields. */
export interface TlvLimit {
  readonly extensionType: number;
  readonly fieldType: number;
  /** Bytes. */
  readonly maxLength: number;
}

const TLV_HEADER_SIZE = 5;

/** Encodes fields in the order of their extension types, as the spec wants; fields of one extension keep their order. */
export function encodeTlvs(fields: readonly TlvField[], byteOrder: TlvByteOrder = 'big'): Uint8Array {
  const sorted = [...fields].sort((left, right) => left.extensionType - right.extensionType);
  const out = new Uint8Array(sorted.reduce((size, field) => size + TLV_HEADER_SIZE + field.value.length, 0));
  let offset = 0;
  for (const field of sorted) {
    checkField(field);
    writeU16(field.extensionType, byteOrder, out, offset);
    out[offset + 2] = field.fieldType;
    writeU16(field.value.length, byteOrder, out, offset + 3);
    out.set(field.value, offset + TLV_HEADER_SIZE);
    offset += TLV_HEADER_SIZE + field.value.length;
  }
  return out;
}

/**
 * Finds the fields of negotiated extensions in the bytes behind a message's last field, in either byte order. Everything
 * else is ignored, as the spec demands: fields that were not negotiated, and bytes that are no TLV fields at all. Values are
 * views into `rest`.
 *
 * Throws RemoteError `malformed-tlv` if the bytes begin as a negotiated field and do not end with a field, and
 * `tlv-too-long` if a field exceeds its entry in `limits`.
 */
export function decodeTlvs(
  rest: Uint8Array,
  negotiated: ReadonlySet<number>,
  limits: readonly TlvLimit[] = [],
): TlvField[] {
  if (rest.length === 0 || negotiated.size === 0) return [];
  const readings = [read(rest, 'big'), read(rest, 'little')].filter((fields) => fields !== undefined);
  if (readings.length === 0) {
    if (beginsAsNegotiated(rest, negotiated)) {
      throw new RemoteError('malformed-tlv', `TLV fields do not fill the ${rest.length} bytes behind the message`, {
        context: { size: rest.length },
      });
    }
    return [];
  }
  const known = readings.map((fields) => fields.filter((field) => negotiated.has(field.extensionType)));
  const best = known.reduce((left, right) => (right.length > left.length ? right : left));
  for (const field of best) checkLimit(field, limits);
  return best;
}

/** The fields that fill `rest` exactly when read in this byte order, or undefined. */
function read(rest: Uint8Array, byteOrder: TlvByteOrder): TlvField[] | undefined {
  const fields: TlvField[] = [];
  let offset = 0;
  while (offset < rest.length) {
    const start = offset + TLV_HEADER_SIZE;
    if (start > rest.length) return undefined;
    const end = start + readU16(rest, byteOrder, offset + 3);
    if (end > rest.length) return undefined;
    const extensionType = readU16(rest, byteOrder, offset);
    fields.push({ extensionType, fieldType: rest[offset + 2]!, value: rest.subarray(start, end) });
    offset = end;
  }
  return fields;
}

function beginsAsNegotiated(rest: Uint8Array, negotiated: ReadonlySet<number>): boolean {
  if (rest.length < 2) return false;
  return negotiated.has(readU16(rest, 'big', 0)) || negotiated.has(readU16(rest, 'little', 0));
}

function checkLimit(field: TlvField, limits: readonly TlvLimit[]): void {
  const { extensionType, fieldType, value } = field;
  const limit = limits.find((entry) => entry.extensionType === extensionType && entry.fieldType === fieldType);
  if (limit === undefined || value.length <= limit.maxLength) return;
  throw new RemoteError(
    'tlv-too-long',
    `TLV field ${extensionType}:${fieldType} has ${value.length} bytes, at most ${limit.maxLength} are allowed`,
    {
      context: { extensionType, fieldType, size: value.length, maxLength: limit.maxLength },
    },
  );
}

function checkField(field: TlvField): void {
  const fits = (value: number, max: number) => Number.isInteger(value) && value >= 0 && value <= max;
  const { extensionType, fieldType, value } = field;
  if (fits(extensionType, 0x7fff) && fits(fieldType, 0xff) && value.length <= 0xffff) return;
  throw new UsageError(
    'tlv',
    'a TLV field needs an extension type up to 0x7fff, a field type up to 0xff and at most 65535 bytes',
    {
      context: { extensionType, fieldType, size: value.length },
    },
  );
}

function writeU16(value: number, byteOrder: TlvByteOrder, out: Uint8Array, offset: number): void {
  out[offset] = byteOrder === 'big' ? value >> 8 : value;
  out[offset + 1] = byteOrder === 'big' ? value : value >> 8;
}

function readU16(bytes: Uint8Array, byteOrder: TlvByteOrder, offset: number): number {
  const first = bytes[offset]!;
  const second = bytes[offset + 1]!;
  return byteOrder === 'big' ? (first << 8) | second : first | (second << 8);
}
