import type { FieldMap, MessageDefinition, MessageSpec, ValueOf } from './definition.ts';
import { UsageError } from './errors.ts';
import { badValue, decodeError, FieldFailure, locate, usageError } from './failure.ts';
import type { Field, LogValue } from './field.ts';
import type { JsonObject, JsonValue } from './json.ts';
import { EMPTY, Reader } from './reader.ts';

/** One reader serves every definition: decoding is synchronous and calls nothing that could decode again. */
const reader = new Reader();

/** Turns the declaration of a message into its definition. Throws UsageError `definition` for one that contradicts itself. */
export function defineMessage<const Name extends string, const Fields extends FieldMap>(
  spec: MessageSpec<Name, Fields>,
): MessageDefinition<Name, Fields> {
  type Value = ValueOf<Fields>;
  const names = Object.keys(spec.fields);
  const fields = Object.values(spec.fields) as Field<unknown>[];
  const specNames = names.map((name, index) => fields[index]!.specName ?? toSnakeCase(name));
  const extensionType = spec.extensionType ?? 0;
  checkDeclaration(spec, extensionType, names);

  const minSize = sum(fields.map((field) => field.minSize));
  const maxSize = sum(fields.map((field) => field.maxSize));
  const variable = fields.flatMap((field, index) => (field.minSize === field.maxSize ? [] : [index]));
  const fixedSize = minSize - sum(variable.map((index) => fields[index]!.minSize));

  function encodedSize(value: Value): number {
    let size = fixedSize;
    let at = 0;
    try {
      for (; at < variable.length; at++) {
        const index = variable[at]!;
        size += fields[index]!.size(value[names[index]!]);
      }
    } catch (error) {
      throw usageError('encode', spec.name, locate(error, `.${names[variable[at]!]!}`));
    }
    return size;
  }

  function write(value: Value, out: Uint8Array, offset: number): number {
    let end = offset;
    let index = 0;
    try {
      for (; index < fields.length; index++) end = fields[index]!.write(value[names[index]!], out, end);
    } catch (error) {
      throw usageError('encode', spec.name, locate(error, `.${names[index]!}`));
    }
    return end;
  }

  function read(payload: Uint8Array): Value {
    const value: Record<string, unknown> = {};
    let index = 0;
    reader.begin(payload);
    try {
      for (; index < fields.length; index++) value[names[index]!] = fields[index]!.read(reader);
    } catch (error) {
      throw decodeError(spec.name, locate(error, `.${names[index]!}`));
    } finally {
      reader.end();
    }
    return value as Value;
  }

  return {
    name: spec.name,
    messageType: spec.messageType,
    extensionType,
    channelMessage: spec.channelMessage,
    sentBy: spec.sentBy,
    spec: spec.spec,
    doc: spec.doc ?? '',
    fields: spec.fields,
    specNames: Object.fromEntries(names.map((name, index) => [name, specNames[index]!])) as Record<
      keyof Fields,
      string
    >,
    minSize,
    maxSize,
    encodedSize,
    encode(value) {
      const out = new Uint8Array(encodedSize(value));
      write(value, out, 0);
      return out;
    },
    encodeInto(value, out, offset) {
      const size = encodedSize(value);
      if (!(offset >= 0) || offset + size > out.length) {
        throw new UsageError(
          'encode',
          `${spec.name} needs ${size} bytes at offset ${offset} of a buffer of ${out.length}`,
          {
            context: { message: spec.name, size, offset, available: out.length },
          },
        );
      }
      return write(value, out, offset);
    },
    decode: read,
    decodePrefix(payload) {
      const value = read(payload);
      const end = reader.offset;
      const left = payload.length - end;
      return { value, rest: left === 0 ? EMPTY : new Uint8Array(payload.buffer, payload.byteOffset + end, left) };
    },
    toJson(value) {
      const json: Record<string, JsonValue> = { type: spec.name.replace('.', '') };
      names.forEach((name, index) => {
        json[specNames[index]!] = fields[index]!.toJson(value[name]);
      });
      return json;
    },
    fromJson(json, options) {
      const value: Record<string, unknown> = {};
      let step = '';
      try {
        const object = asObject(json);
        for (const [index, name] of names.entries()) {
          step = `.${specNames[index]!}`;
          const item = Object.hasOwn(object, specNames[index]!) ? object[specNames[index]!] : undefined;
          if (item === undefined) throw new FieldFailure('is missing');
          value[name] = fields[index]!.fromJson(item, options);
        }
      } catch (error) {
        throw usageError('json', spec.name, locate(error, step));
      }
      return value as Value;
    },
    describe(value) {
      const view: Record<string, LogValue> = {};
      names.forEach((name, index) => {
        view[name] = fields[index]!.describe(value[name]);
      });
      return view;
    },
  };
}

function checkDeclaration(spec: MessageSpec, extensionType: number, names: readonly string[]): void {
  const refuse = (reason: string): never => {
    throw new UsageError('definition', `${spec.name}: ${reason}`, { context: { message: spec.name } });
  };
  if (!isIntegerUpTo(spec.messageType, 0xff)) refuse('messageType must be an integer from 0 to 255');
  if (!isIntegerUpTo(extensionType, 0x7fff)) refuse('extensionType must be an integer from 0 to 0x7fff');
  const first = spec.fields.channelId;
  if (spec.channelMessage && (names[0] !== 'channelId' || first?.typeName !== 'U32')) {
    refuse('a channel message must begin with channelId: u32()');
  }
  if (names.some((name) => !/^[a-z][A-Za-z0-9]*$/.test(name))) refuse('field names must be camelCase');
}

function asObject(json: JsonValue): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw badValue('a message', 'an object', json);
  return json as JsonObject;
}

function isIntegerUpTo(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
