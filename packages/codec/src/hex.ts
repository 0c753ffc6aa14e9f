import { UsageError } from './errors.ts';

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
/** The two characters of each byte as they lie in memory, whatever the byte order of the machine. */
const PAIRS = new Uint16Array(Uint8Array.from(DIGITS.join(''), (digit) => digit.charCodeAt(0)).buffer);
/** From this length on putting characters side by side and decoding them is faster than joining strings. */
const LONG = 16;

/** Every platform has one; the types of none are in use here. */
declare class TextDecoder {
  decode(bytes: Uint16Array): string;
}

const DECODER = new TextDecoder();
/** Bytes written at once. */
const MAX_AT_ONCE = 4_096;
const characters = new Uint16Array(MAX_AT_ONCE);

/** Lower-case hexadecimal, in the order of the bytes. */
export function toHex(bytes: Uint8Array): string {
  const { length } = bytes;
  if (length < LONG) {
    let hex = '';
    for (let index = 0; index < length; index++) hex += DIGITS[bytes[index]!];
    return hex;
  }
  let hex = '';
  for (let start = 0; start < length; start += MAX_AT_ONCE) {
    const count = Math.min(MAX_AT_ONCE, length - start);
    for (let index = 0; index < count; index++) characters[index] = PAIRS[bytes[start + index]!]!;
    hex += DECODER.decode(characters.subarray(0, count));
  }
  return hex;
}

/** Bytes of a hexadecimal string, either case. Throws UsageError `hex` for anything else. */
export function fromHex(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(hex)) throw new UsageError('hex', 'not an even number of hexadecimal digits');
  const bytes = new Uint8Array(hex.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}
