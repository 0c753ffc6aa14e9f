/** Deepest nesting of arrays and objects accepted; the message itself is the first. */
export const MAX_DEPTH = 8;

/** With all below it what JSON takes for space. */
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
const LOWER_D = 0x64;
const LOWER_I = 0x69;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
/** `"id"` */
const ID_KEY_LENGTH = 4;
/** From this length on the end of a string is found faster by `indexOf`. */
const SHORT = 16;

/** Engines copy slices that are shorter. */
const SHORT_SLICE = 13;

/** What `JSON.parse` does not tell about a line. */
export interface Scan {
  /** Deepest nesting; the scan ends where `MAX_DEPTH` is exceeded. */
  readonly depth: number;
  /** Colons outside of strings: in JSON, the number of all keys of all objects. */
  readonly keyCount: number;
  /** Text of the value of the outermost `id`. Only in a line that is JSON is it sure to be JSON. */
  readonly id: string | undefined;
}

/**
 * One pass over a line before `JSON.parse`: how deep it is, how many keys it has, and what its outermost `id` looks like, because
 * numbers and escapes do not survive a parse and a peer wants its id back as it was. Whether it is JSON is left to `JSON.parse`.
 */
export function scan(text: string): Scan {
  const { length } = text;
  // Nearly no line has one, and without it every string ends at the next quote.
  const hasEscapes = text.includes('\\');
  let level = 0;
  let depth = 0;
  let keyCount = 0;
  let stringStart = 0;
  let stringEnd = 0;
  let id: string | undefined;
  for (let at = 0; at < length && depth <= MAX_DEPTH; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      stringStart = at;
      stringEnd = hasEscapes ? endOfEscaped(text, at) : endOfPlain(text, at);
      at = stringEnd - 1;
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      level++;
      if (level > depth) depth = level;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      level--;
    } else if (unit === COLON) {
      keyCount++;
      if (level === 1 && isIdKey(text, stringStart, stringEnd, hasEscapes)) id = valueText(text, at + 1);
    }
  }
  return { depth, keyCount, id };
}

/** The texts of an array's elements. The text must be JSON. */
export function elementTexts(text: string): string[] {
  const texts: string[] = [];
  let level = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = endOfEscaped(text, at) - 1;
    else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      if (++level === 1) start = at + 1;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      if (--level === 0 && (texts.length > 0 || text.slice(start, at).trim() !== '')) texts.push(text.slice(start, at));
    } else if (unit === COMMA && level === 1) {
      texts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return texts;
}

/** Behind the closing quote of the string that starts here, or behind the text. */
function endOfPlain(text: string, start: number): number {
  const soon = Math.min(text.length, start + SHORT);
  for (let at = start + 1; at < soon; at++) if (text.charCodeAt(at) === QUOTE) return at + 1;
  const end = text.indexOf('"', soon);
  return end < 0 ? text.length + 1 : end + 1;
}

function endOfEscaped(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) break;
    if (unit === BACKSLASH) at++;
  }
  return at + 1;
}

function isIdKey(text: string, start: number, end: number, hasEscapes: boolean): boolean {
  if (end - start === ID_KEY_LENGTH)
    return text.charCodeAt(start + 1) === LOWER_I && text.charCodeAt(start + 2) === LOWER_D;
  if (!hasEscapes) return false;
  try {
    return JSON.parse(text.slice(start, end)) === 'id';
  } catch {
    // No JSON; the parse of the whole line says so.
    return false;
  }
}

/** The text of the string, number or literal that starts here. */
function valueText(text: string, from: number): string {
  let start = from;
  while (start < text.length && text.charCodeAt(start) <= SPACE) start++;
  let end = start + 1;
  if (text.charCodeAt(start) === QUOTE) end = endOfEscaped(text, start);
  else while (end < text.length && !isDelimiter(text.charCodeAt(end))) end++;
  const value = text.slice(start, end);
  // A longer slice would keep the whole line for as long as an id is kept.
  return value.length < SHORT_SLICE ? value : [...value].join('');
}

function isDelimiter(unit: number): boolean {
  return unit <= SPACE || unit === COMMA || unit === CLOSE_BRACE || unit === CLOSE_BRACKET;
}
