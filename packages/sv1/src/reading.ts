import type { JsonObject, JsonValue } from '@stratumkit/codec';
import { type Sv1ErrorCode, sv1Error } from './failure.ts';

/**
 * Reads the values of a params list or a result, naming the one that is wrong. Nothing is looked up in an object but its own keys.
 */
export class Reading {
  readonly json: JsonValue;
  readonly #code: Sv1ErrorCode;
  readonly #name: string | number;
  readonly #parent: Reading | undefined;
  readonly #isKey: boolean;

  constructor(
    json: JsonValue | undefined,
    code: Sv1ErrorCode,
    name: string | number,
    parent?: Reading,
    isKey: boolean = false,
  ) {
    this.json = json === undefined ? null : json;
    this.#code = code;
    this.#name = name;
    this.#parent = parent;
    this.#isKey = isKey;
  }

  /** Put together only when something is wrong. */
  get path(): string {
    if (this.#parent === undefined) return `${this.#name}`;
    const { path } = this.#parent;
    if (typeof this.#name === 'number') return `${path}[${this.#name}]`;
    return this.#isKey ? `${path}["${this.#name}"]` : `${path}.${this.#name}`;
  }

  fail(expected: string): never {
    const { path } = this;
    throw sv1Error(this.#code, `${path}: ${expected} expected`, { path });
  }

  get isAbsent(): boolean {
    return this.json === null;
  }

  /** The element of a list; absent if there is none. */
  at(index: number, name: string): Reading {
    return new Reading(this.list()[index], this.#code, name, this);
  }

  /** The member of an object; absent if there is none. */
  member(key: string): Reading {
    const object = this.object();
    return new Reading(Object.hasOwn(object, key) ? object[key] : undefined, this.#code, key, this, true);
  }

  list(): readonly JsonValue[] {
    return Array.isArray(this.json) ? (this.json as readonly JsonValue[]) : this.fail('a list');
  }

  each<T>(read: (element: Reading) => T): readonly T[] {
    return this.list().map((json, index) => read(new Reading(json, this.#code, index, this)));
  }

  object(): JsonObject {
    const { json } = this;
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as JsonObject)
      : this.fail('an object');
  }

  optional<T>(read: (self: Reading) => T): T | undefined {
    return this.isAbsent ? undefined : read(this);
  }

  text(): string {
    return typeof this.json === 'string' ? this.json : this.fail('a string');
  }

  boolean(): boolean {
    return typeof this.json === 'boolean' ? this.json : this.fail('true or false');
  }

  integer(minimum: number, maximum: number): number {
    const { json } = this;
    return typeof json === 'number' && Number.isInteger(json) && json >= minimum && json <= maximum
      ? json
      : this.fail(`an integer from ${minimum} to ${maximum}`);
  }

  /** Above 0 and finite. */
  positive(): number {
    const { json } = this;
    return typeof json === 'number' && json > 0 && Number.isFinite(json) ? json : this.fail('a number above 0');
  }

  /** Hexadecimal of `minimum` to `maximum` bytes. */
  bytes(minimum: number, maximum: number): Uint8Array {
    const text = this.text();
    const length = text.length / 2;
    if (!Number.isInteger(length) || length < minimum || length > maximum) {
      this.fail(
        minimum === maximum ? `${minimum} bytes of hexadecimal` : `${minimum} to ${maximum} bytes of hexadecimal`,
      );
    }
    return parseBytes(text) ?? this.fail('hexadecimal');
  }

  /** A word in big-endian hexadecimal. Some firmware leaves leading zeros out. */
  word(): number {
    const word = parseWord(this.text());
    return word < 0 ? this.fail('up to 8 hexadecimal digits') : word;
  }

  /** The same as `at(index, name).text()`, and so on below, without an object for what is right. */
  textAt(index: number, name: string): string {
    const json = this.list()[index];
    return typeof json === 'string' ? json : this.at(index, name).text();
  }

  wordAt(index: number, name: string): number {
    const json = this.list()[index];
    const word = typeof json === 'string' ? parseWord(json) : -1;
    return word < 0 ? this.at(index, name).word() : word;
  }

  bytesAt(index: number, name: string, minimum: number, maximum: number): Uint8Array {
    const json = this.list()[index];
    const isFitting = typeof json === 'string' && json.length >= minimum * 2 && json.length <= maximum * 2;
    return (isFitting ? parseBytes(json) : undefined) ?? this.at(index, name).bytes(minimum, maximum);
  }
}

export function formatWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** -1 if it is none. */
function parseWord(text: string): number {
  const { length } = text;
  if (length === 0 || length > 8) return -1;
  let word = 0;
  for (let index = 0; index < length; index++) {
    const value = digit(text, index);
    if (value < 0) return -1;
    word = word * 16 + value;
  }
  return word;
}

function parseBytes(text: string): Uint8Array | undefined {
  const { length } = text;
  if (length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(length / 2);
  // Negative once a digit was none; looked at behind the loop, which is the hot part of reading a job.
  let digits = 0;
  let units = 0;
  for (let index = 0, at = 0; at < length; index++, at += 2) {
    const high = text.charCodeAt(at);
    const low = text.charCodeAt(at + 1);
    const byte = (DIGITS[high & 0x7f]! << 4) | DIGITS[low & 0x7f]!;
    units |= high | low;
    digits |= byte;
    bytes[index] = byte;
  }
  return digits < 0 || units > 0x7f ? undefined : bytes;
}

const DIGITS = Int8Array.from({ length: 128 }, (_, unit) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(unit).toLowerCase()),
);

/** Value of a hexadecimal digit, -1 for anything else. */
function digit(text: string, at: number): number {
  return DIGITS[text.charCodeAt(at)] ?? -1;
}
