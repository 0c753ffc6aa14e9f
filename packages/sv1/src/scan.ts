import { sv1Error } from './failure.ts';

/** Deepest nesting of arrays and objects accepted; the message itself is the first. */
export const MAX_DEPTH = 8;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Keys compared one by one before a set is made: messages have three. */
const FEW_KEYS = 8;

/** The longest number that cannot be out of a double's range without an exponent. */
const SURELY_FINITE_DIGITS = 300;

/**
 * One pass over a line before `JSON.parse`, which knows none of this: depth, keys named twice, numbers out of range. Returns the
 * text of the value of the outermost `id`, because numbers and escapes do not survive a parse and a peer wants its id back as it
 * was. Whether the text is JSON at all is left to `JSON.parse`.
 */
export function scan(text: string): string | undefined {
  const levels: Keys[] = [];
  let level: Keys | undefined;
  let id: string | undefined;
  let awaitsId = false;
  let at = 0;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    let end = at + 1;
    if (unit === QUOTE) {
      end = endOfString(text, at);
      if (level?.expectsKey === true) {
        level.expectsKey = false;
        awaitsId = level.add(keyOf(text.slice(at, end))) === 'id' && levels.length === 1;
      } else if (awaitsId && levels.length === 1) id = text.slice(at, end);
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      if (awaitsId && levels.length === 1) throw sv1Error('bad-message', 'an id is a number, a string or null');
      if (levels.length === MAX_DEPTH) throw sv1Error('too-deep', `nested deeper than ${MAX_DEPTH}`, { id });
      level = new Keys(unit === OPEN_BRACE);
      levels.push(level);
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      levels.pop();
      level = levels[levels.length - 1];
    } else if (unit === COMMA) {
      if (level !== undefined) level.expectsKey = level.isObject;
      if (levels.length === 1) awaitsId = false;
    } else if (unit > 0x20 && unit !== COLON) {
      end = endOfToken(text, at);
      const token = text.slice(at, end);
      if (awaitsId && levels.length === 1) id = token;
      if (isHuge(token)) throw sv1Error('huge-number', 'a number no double can hold', { id });
    }
    at = end;
  }
  return id;
}

/** The keys of one object, or nothing of one array. */
class Keys {
  readonly isObject: boolean;
  expectsKey: boolean;
  readonly #few: string[] = [];
  #many: Set<string> | undefined;

  constructor(isObject: boolean) {
    this.isObject = isObject;
    this.expectsKey = isObject;
  }

  add(key: string): string {
    if (key === '__proto__') throw sv1Error('forbidden-key', 'a key named __proto__');
    if (this.#many?.has(key) === true || this.#few.includes(key)) {
      throw sv1Error('duplicate-key', 'a key is named twice');
    }
    if (this.#few.length < FEW_KEYS) {
      this.#few.push(key);
    } else {
      this.#many ??= new Set();
      this.#many.add(key);
    }
    return key;
  }
}

/** Offset behind the closing quote; behind the text when there is none, which `JSON.parse` refuses. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === BACKSLASH) at++;
    else if (unit === QUOTE) return at + 1;
  }
  return text.length;
}

function endOfToken(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit <= 0x20 || unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET || unit === COLON) break;
  }
  return at;
}

function keyOf(token: string): string {
  if (!token.includes('\\')) return token.slice(1, -1);
  try {
    return JSON.parse(token) as string;
  } catch (cause) {
    throw sv1Error('not-json', `not JSON: ${(cause as Error).name}`);
  }
}

function isHuge(token: string): boolean {
  if (token.length <= SURELY_FINITE_DIGITS && !/e/i.test(token)) return false;
  return /^-?\d/.test(token) && !Number.isFinite(Number(token));
}
