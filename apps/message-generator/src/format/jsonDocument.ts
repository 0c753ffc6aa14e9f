import type { JsonObject, JsonValue } from '@stratumkit/codec';

/** JSON read with the line of every value, so that a mistake can be shown where it stands. */
export interface JsonDocument {
  readonly value: JsonValue;
  /** Line of a member or element, counted from 1. */
  lineOf(container: object, key: string | number): number;
  /** Keys that one object names twice. The last one counts. */
  readonly repeatedKeys: readonly { readonly key: string; readonly line: number }[];
}

export class JsonSyntaxError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

const MAX_DEPTH = 200;

/** Integers beyond 2^53 become bigints. Throws JsonSyntaxError. */
export function parseJsonDocument(text: string): JsonDocument {
  const parser = new Parser(text);
  return {
    value: parser.document(),
    lineOf: (container, key) => parser.lineOf(container, key),
    repeatedKeys: parser.repeated,
  };
}

class Parser {
  readonly #text: string;
  readonly #lines = new WeakMap<object, Map<string | number, number>>();
  readonly repeated: { key: string; line: number }[] = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  lineOf(container: object, key: string | number): number {
    return this.#lines.get(container)?.get(key) ?? 0;
  }

  document(): JsonValue {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) this.#fail('something behind the end of the document');
    return value;
  }

  #value(): JsonValue {
    this.#space();
    const start = this.#text[this.#at];
    if (start === '{') return this.#nested(() => this.#object());
    if (start === '[') return this.#nested(() => this.#array());
    if (start === '"') return this.#string();
    const token = /[^\s,\]}:]*/y;
    token.lastIndex = this.#at;
    const word = token.exec(this.#text)?.[0] ?? '';
    if (word === 'true' || word === 'false' || word === 'null') {
      this.#at += word.length;
      return word === 'null' ? null : word === 'true';
    }
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) {
      this.#fail(word === '' ? 'a value is missing' : `${word.slice(0, 20)} is no JSON value`);
    }
    this.#at += word.length;
    const number = Number(word);
    return /^-?\d+$/.test(word) && !Number.isSafeInteger(number) ? BigInt(word) : number;
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.#fail('nested too deep');
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): JsonObject {
    const object: Record<string, JsonValue> = {};
    const lines = new Map<string | number, number>();
    this.#lines.set(object, lines);
    this.#space();
    if (this.#take('}')) return object;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('a key in quotes is missing');
      const line = this.#line;
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) this.#fail(`a colon is missing behind "${key}"`);
      if (Object.hasOwn(object, key)) this.repeated.push({ key, line });
      lines.set(key, line);
      // An own property even if the key is __proto__.
      Object.defineProperty(object, key, {
        value: this.#value(),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      this.#space();
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('a comma or a closing brace is missing');
    return object;
  }

  #array(): JsonValue[] {
    const array: JsonValue[] = [];
    const lines = new Map<string | number, number>();
    this.#lines.set(array, lines);
    this.#space();
    if (this.#take(']')) return array;
    do {
      this.#space();
      lines.set(array.length, this.#line);
      array.push(this.#value());
      this.#space();
    } while (this.#take(','));
    if (!this.#take(']')) this.#fail('a comma or a closing bracket is missing');
    return array;
  }

  #string(): string {
    const pattern = /"(?:[^"\\\n]|\\.)*"/y;
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined) this.#fail('a string without its closing quote');
    try {
      const value = JSON.parse(token) as string;
      this.#at += token.length;
      return value;
    } catch {
      this.#fail('a string with a bad escape or a control character');
    }
  }

  #space(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at];
      if (character === '\n') {
        this.#line++;
        this.#lineStart = this.#at + 1;
      } else if (character !== ' ' && character !== '\t' && character !== '\r') return;
    }
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fail(message: string): never {
    throw new JsonSyntaxError(message, this.#line, this.#at - this.#lineStart + 1);
  }
}
