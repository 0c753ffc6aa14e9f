import { decodeText } from '@stratumkit/codec';

/** Deepest nesting of arrays and objects accepted; the message itself is the first. */
export const MAX_DEPTH = 8;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_D = 0x64;
const LOWER_I = 0x69;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** `"id"` */
const ID_KEY_LENGTH = 4;

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
export function scan(line: Uint8Array): Scan {
  const { length } = line;
  let level = 0;
  let depth = 0;
  let keyCount = 0;
  let stringStart = 0;
  let stringEnd = 0;
  let id: string | undefined;
  for (let at = 0; at < length && depth <= MAX_DEPTH; at++) {
    const byte = line[at]!;
    if (byte === QUOTE) {
      stringStart = at;
      for (at++; at < length; at++) {
        const inner = line[at]!;
        if (inner === QUOTE) break;
        if (inner === BACKSLASH) at++;
      }
      stringEnd = at + 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      level++;
      if (level > depth) depth = level;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      level--;
    } else if (byte === COLON) {
      keyCount++;
      if (level === 1 && isIdKey(line, stringStart, stringEnd)) id = valueText(line, at + 1);
    }
  }
  return { depth, keyCount, id };
}

function isIdKey(line: Uint8Array, start: number, end: number): boolean {
  if (end - start === ID_KEY_LENGTH) return line[start + 1] === LOWER_I && line[start + 2] === LOWER_D;
  if (!line.subarray(start, end).includes(BACKSLASH)) return false;
  try {
    return JSON.parse(decodeText(line, start, end)) === 'id';
  } catch {
    // No JSON; the parse of the whole line says so.
    return false;
  }
}

/** The text of the string, number or literal that starts here. */
function valueText(line: Uint8Array, from: number): string {
  let start = from;
  while (start < line.length && line[start]! <= 0x20) start++;
  let end = start + 1;
  if (line[start] === QUOTE) {
    while (end < line.length && line[end] !== QUOTE) end += line[end] === BACKSLASH ? 2 : 1;
    end++;
  } else {
    while (end < line.length && !isDelimiter(line[end]!)) end++;
  }
  return decodeText(line, start, Math.min(end, line.length));
}

function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET;
}
