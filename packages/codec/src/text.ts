import { badValue, usageError } from './failure.ts';

/*
 * A string of the protocol is "a sequence of bytes, UTF-8 recommended". A JavaScript string carries it without loss: each
 * byte that is not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte (U+DC80 to U+DCFF), which no valid UTF-8
 * decodes to, and turns back into that byte when encoded.
 */
const ESCAPE = 0xdc00;

/** Decodes bytes into a string that encodes back to the same bytes, valid UTF-8 or not. */
export function decodeText(bytes: Uint8Array, start = 0, end = bytes.length): string {
  let text = '';
  let at = start;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      text += String.fromCharCode(byte);
      at++;
      continue;
    }
    const length = sequenceLength(bytes, at, end);
    if (length === 0) {
      text += String.fromCharCode(ESCAPE + byte);
      at++;
    } else {
      text += String.fromCodePoint(codePoint(bytes, at, length));
      at += length;
    }
  }
  return text;
}

/** Size of a string in bytes once encoded. Fails on a lone surrogate outside U+DC80 to U+DCFF. */
export function textSize(text: string): number {
  let size = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) size += 1;
    else if (unit < 0x800) size += 2;
    else if (unit < 0xd800 || unit > 0xdfff) size += 3;
    else if (isPair(text, index)) {
      size += 4;
      index++;
    } else if (isEscape(unit)) size += 1;
    else throw badValue('a string', 'free of lone surrogates other than U+DC80 to U+DCFF', text);
  }
  return size;
}

/** Writes a string that `textSize` accepted and returns the offset behind it. */
export function writeText(text: string, out: Uint8Array, offset: number): number {
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) out[at++] = unit;
    else if (unit < 0x800) {
      out[at++] = 0xc0 | (unit >> 6);
      out[at++] = 0x80 | (unit & 0x3f);
    } else if (isEscape(unit)) {
      // A low surrogate met here is lone: the pair it could belong to is consumed below.
      out[at++] = unit - ESCAPE;
    } else if (isPair(text, index)) {
      const point = text.codePointAt(index)!;
      index++;
      out[at++] = 0xf0 | (point >> 18);
      out[at++] = 0x80 | ((point >> 12) & 0x3f);
      out[at++] = 0x80 | ((point >> 6) & 0x3f);
      out[at++] = 0x80 | (point & 0x3f);
    } else {
      out[at++] = 0xe0 | (unit >> 12);
      out[at++] = 0x80 | ((unit >> 6) & 0x3f);
      out[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** Every platform has one; the types of none are in use here. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

const ENCODER = new TextEncoder();
/** From this length on the platform's encoder is faster. */
const LONG = 64;

/** Encodes a string to its bytes; the inverse of `decodeText`. Throws UsageError `encode` for a surrogate that stands for no byte. */
export function encodeText(text: string): Uint8Array {
  if (text.length >= LONG) {
    const bytes = ENCODER.encode(text);
    // As many bytes as units is ASCII alone: anything else takes more, and may hold bytes in their escaped form.
    if (bytes.length === text.length) return bytes;
  }
  try {
    const bytes = new Uint8Array(textSize(text));
    writeText(text, bytes, 0);
    return bytes;
  } catch (error) {
    throw usageError('encode', 'text', error);
  }
}

/** Control, format, surrogate, private-use and invisible characters, line separators, and the backslash that marks the escapes. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\\]/gu;

/**
 * Makes text of a peer safe to show: controls, bidirectional overrides and invisible characters become `\u{202e}`, bytes
 * that were not UTF-8 become `\xff`, a backslash is doubled. The result is for people; it is not decoded again.
 */
export function displayText(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\\') return '\\\\';
    const point = character.codePointAt(0)!;
    return isEscape(point) ? `\\x${(point - ESCAPE).toString(16)}` : `\\u{${point.toString(16)}}`;
  });
}

function isEscape(unit: number): boolean {
  return unit >= 0xdc80 && unit <= 0xdcff;
}

function isPair(text: string, index: number): boolean {
  const high = text.charCodeAt(index);
  const low = text.charCodeAt(index + 1);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

/** Length of the valid UTF-8 sequence that starts at `at`, or 0: no overlong forms, no surrogates, nothing above U+10FFFF. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!;
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > end) return 0;
  for (let index = 1; index < length; index++) if ((bytes[at + index]! & 0xc0) !== 0x80) return 0;
  const second = bytes[at + 1]!;
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second > 0x8f) return 0;
  return length;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let point = bytes[at]! & (0x7f >> length);
  for (let index = 1; index < length; index++) point = (point << 6) | (bytes[at + index]! & 0x3f);
  return point;
}
