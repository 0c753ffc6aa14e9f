/**
 * JSON as message values use it. U64 is a bigint, because a JSON number loses digits above 2^53; write such a value with
 * `formatJson` and read it with `parseJson`, which keep every digit.
 */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
/** A JSON object; its members may hold bigints. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A key, a string, or an integer literal that may be too long for a number. Strings are matched so that digits inside them are left alone. */
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|(?<![\d.eE+-])-?[1-9]\d{15,}(?![\d.eE])/g;

/** `JSON.parse`, except that integers beyond 2^53 become bigints. Throws SyntaxError for malformed text. */
export function parseJson(text: string): JsonValue {
  // Long integers travel through JSON.parse as "#n...", and strings that could be taken for one as "#s...".
  const marked = text.replace(TOKEN, (token, colon: string | undefined) => {
    if (colon !== undefined) return token;
    if (token.startsWith('"')) return /^"[#\\]/.test(token) ? `"#s${token.slice(1)}` : token;
    return Number.isSafeInteger(Number(token)) ? token : `"#n${token}"`;
  });
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith('#')) return value;
    return value.startsWith('#n') ? BigInt(value.slice(2)) : value.slice(2);
  }) as JsonValue;
}

/** `JSON.stringify`, except that bigints are written as integers and negative zero keeps its sign. */
export function formatJson(value: JsonValue, indent = ''): string {
  return format(value, indent, indent === '' ? '' : '\n');
}

function format(value: JsonValue, indent: string, newline: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = newline + indent;
  if (Array.isArray(value)) {
    // Byte and number lists stay on one line: a target over 32 lines helps nobody.
    if (value.every((item) => typeof item !== 'object')) {
      return `[${value.map((item) => format(item, '', '')).join(indent === '' ? ',' : ', ')}]`;
    }
    return `[${inner}${value.map((item) => format(item, indent, inner)).join(`,${inner}`)}${newline}]`;
  }
  const colon = indent === '' ? ':' : ': ';
  const entries = Object.entries(value).map(([key, item]) => JSON.stringify(key) + colon + format(item, indent, inner));
  return entries.length === 0 ? '{}' : `{${inner}${entries.join(`,${inner}`)}${newline}}`;
}
