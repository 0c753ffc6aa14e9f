import { writeLength } from './bytes.ts';
import { badValue, FieldFailure, locate } from './failure.ts';
import type { Field, FieldOptions, JsonOptions, LogValue } from './field.ts';
import type { JsonValue } from './json.ts';
import type { Reader } from './reader.ts';

const LOGGED_ELEMENTS = 16;

/** OPTION[T]: a value or undefined. The doc string is the element's unless given. */
export function option<T>(element: Field<T>, doc = element.doc, options: FieldOptions = {}): Field<T | undefined> {
  const typeName = `OPTION[${element.typeName}]`;
  return {
    typeName,
    doc,
    specName: options.specName ?? element.specName,
    shape: { kind: 'option', element: element as Field<unknown> },
    minSize: 1,
    maxSize: 1 + element.maxSize,
    size: (value) => (value === undefined ? 1 : 1 + element.size(value)),
    read: (reader) => (reader.lengthUpTo(1, 1, typeName) === 0 ? undefined : element.read(reader)),
    write: (value, out, offset) => {
      if (value === undefined) {
        out[offset] = 0;
        return offset + 1;
      }
      out[offset] = 1;
      return element.write(value, out, offset + 1);
    },
    toJson: (value) => (value === undefined ? [] : [element.toJson(value)]),
    fromJson: (json, how) => {
      if (!Array.isArray(json) || json.length > 1) throw badValue(typeName, '[] or an array of one', json);
      return json.length === 0 ? undefined : element.fromJson(json[0] as JsonValue, how);
    },
    describe: (value) => (value === undefined ? null : element.describe(value)),
  };
}

/** SEQ0_255[T] as an array. */
export function seq0255<T>(element: Field<T>, doc = element.doc, options: FieldOptions = {}): Field<readonly T[]> {
  return sequence(`SEQ0_255[${element.typeName}]`, 1, 0xff, element, doc, options);
}

/** SEQ0_64K[T] as an array. */
export function seq064k<T>(element: Field<T>, doc = element.doc, options: FieldOptions = {}): Field<readonly T[]> {
  return sequence(`SEQ0_64K[${element.typeName}]`, 2, 0xffff, element, doc, options);
}

function sequence<T>(
  typeName: string,
  prefixSize: 1 | 2,
  maxLength: number,
  element: Field<T>,
  doc: string,
  options: FieldOptions,
): Field<readonly T[]> {
  const isFixed = element.minSize === element.maxSize;
  const check = (value: readonly T[]): readonly T[] => {
    if (!Array.isArray(value) || value.length > maxLength)
      throw badValue(typeName, `an array of at most ${maxLength}`, value);
    return value;
  };
  return {
    typeName,
    doc,
    specName: options.specName,
    shape: { kind: 'sequence', prefixSize, maxLength, element: element as Field<unknown> },
    minSize: prefixSize,
    maxSize: prefixSize + maxLength * element.maxSize,
    size: (value) => {
      check(value);
      if (isFixed) return prefixSize + value.length * element.minSize;
      let size = prefixSize;
      each(value, (item) => {
        size += element.size(item);
      });
      return size;
    },
    read: (reader) => readElements(reader, reader.length(prefixSize), element),
    write: (value, out, offset) => {
      let at = writeLength(value.length, prefixSize, out, offset);
      each(value, (item) => {
        at = element.write(item, out, at);
      });
      return at;
    },
    toJson: (value) => value.map((item) => element.toJson(item)),
    fromJson: (json, how) => check(elementsFromJson(typeName, json, element, how)),
    describe: (value) => describeElements(value, element),
  };
}

/** The count is held against what is left before anything is allocated: a count of 65,535 must not cost more than its bytes. */
function readElements<T>(reader: Reader, count: number, element: Field<T>): T[] {
  const needed = count * element.minSize;
  const left = reader.bytes.length - reader.offset;
  if (needed > left) {
    const { offset } = reader;
    throw new FieldFailure(`${count} elements need at least ${needed} bytes at offset ${offset}, ${left} left`, {
      offset,
      needed,
      left,
    });
  }
  const values: T[] = [];
  try {
    while (values.length < count) values.push(element.read(reader));
  } catch (error) {
    throw locate(error, `[${values.length}]`);
  }
  return values;
}

function elementsFromJson<T>(typeName: string, json: JsonValue, element: Field<T>, options?: JsonOptions): T[] {
  if (!Array.isArray(json)) throw badValue(typeName, 'an array', json);
  const values: T[] = [];
  each(json as readonly JsonValue[], (item) => values.push(element.fromJson(item, options)));
  return values;
}

function describeElements<T>(value: readonly T[], element: Field<T>): LogValue {
  const shown: LogValue[] = value.slice(0, LOGGED_ELEMENTS).map((item) => element.describe(item));
  if (value.length > shown.length) shown.push(`... (${value.length} in all)`);
  return shown;
}

function each<T>(values: readonly T[], visit: (value: T) => void): void {
  let index = 0;
  try {
    for (; index < values.length; index++) visit(values[index]!);
  } catch (error) {
    throw locate(error, `[${index}]`);
  }
}
