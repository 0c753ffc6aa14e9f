import { type Field, formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import { evaluate, expressionError, type Scope } from './evaluate.ts';

/** The operators of expectations: an object with exactly one of these keys. */
export const MATCHERS = [
  '$range',
  '$mask',
  '$any_of',
  '$not',
  '$any',
  '$length',
  '$matches',
  '$starts_with',
  '$contains',
  '$has',
] as const;

type Matcher = (typeof MATCHERS)[number];

/** The tags of the original's typed values, `{"U32": 3}`. */
export const TYPE_TAGS = [
  'Bool',
  'U8',
  'U16',
  'U24',
  'U32',
  'U64',
  'F32',
  'U256',
  'Str0255',
  'B0255',
  'B064K',
  'B016m',
  'B032',
  'Pubkey',
  'Signature',
  'Seq0255',
  'Seq064k',
  'Option',
] as const;

/**
 * Whether a received value is as expected: a literal, a typed value of the original, or an operator. A byte string equals the
 * list of its bytes and the text they spell; numbers are compared exactly. Throws UsageError `expression` for an expectation
 * that makes no sense.
 */
export function matches(expected: JsonValue, received: JsonValue, scope: Scope, field?: Field<unknown>): boolean {
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
    const object = expected as JsonObject;
    const keys = Object.keys(object);
    const [key = ''] = keys;
    const operand = object[key] ?? null;
    if (keys.length === 1) {
      const matcher = MATCHERS.find((name) => name === key);
      if (matcher !== undefined) return matchOperator(matcher, operand, received, scope, field);
      if (isTag(key)) return matches(operand, received, scope, field);
      if (key.startsWith('$')) return equals(evaluate(expected, scope, field), received, field);
    }
    return matchObject(object, received, scope, true);
  }
  if (Array.isArray(expected) && Array.isArray(received)) {
    const list = expected as readonly JsonValue[];
    const values = received as readonly JsonValue[];
    return list.length === values.length && list.every((item, index) => matches(item, values[index] ?? null, scope));
  }
  return equals(expected, received, field);
}

function isTag(key: string): boolean {
  return TYPE_TAGS.some((tag) => tag === key);
}

function matchOperator(
  matcher: Matcher,
  operand: JsonValue,
  received: JsonValue,
  scope: Scope,
  field: Field<unknown> | undefined,
): boolean {
  switch (matcher) {
    case '$any':
      return true;
    case '$any_of':
      return list(operand, matcher).some((item) => matches(item, received, scope, field));
    case '$not':
      return !matches(operand, received, scope, field);
    case '$range': {
      const [low = null, high = null] = list(operand, matcher).map((bound) => evaluate(bound, scope));
      const value = numeric(received);
      return value !== undefined && (low === null || value >= bound(low)) && (high === null || value <= bound(high));
    }
    case '$mask': {
      const [mask = 0, wanted = 0] = list(operand, matcher).map((item) => evaluate(item, scope));
      const value = numeric(received);
      if (typeof value === 'undefined' || !isWhole(value)) return false;
      return (BigInt(value) & BigInt(bound(mask))) === BigInt(bound(wanted));
    }
    case '$length':
      return lengthOf(received) !== undefined && matches(operand, lengthOf(received) ?? 0, scope);
    case '$matches':
      return typeof operand === 'string' && new RegExp(operand, 'u').test(textOf(received) ?? '');
    case '$starts_with': {
      const start = evaluate(operand, scope);
      const whole = textOf(received);
      if (typeof start === 'string' && whole !== undefined) return whole.startsWith(start);
      const bytes = bytesOf(start);
      const values = bytesOf(received);
      return bytes !== undefined && values !== undefined && equals(bytes, values.slice(0, bytes.length));
    }
    case '$contains': {
      const [part, whole] = [bytesOf(evaluate(operand, scope)), bytesOf(received)];
      if (part === undefined || whole === undefined) return false;
      return whole.some((_, at) => part.every((byte, index) => byte === whole[at + index]));
    }
    case '$has':
      if (typeof operand !== 'object' || operand === null || Array.isArray(operand)) {
        throw expressionError('$has needs an object');
      }
      return matchObject(operand as JsonObject, received, scope, false);
  }
}

function matchObject(expected: JsonObject, received: JsonValue, scope: Scope, exact: boolean): boolean {
  if (typeof received !== 'object' || received === null || Array.isArray(received)) return false;
  const object = received as JsonObject;
  const keys = Object.keys(expected);
  if (exact && keys.length !== Object.keys(object).length) return false;
  return keys.every((key) => Object.hasOwn(object, key) && matches(expected[key] ?? null, object[key] ?? null, scope));
}

/** Equality of evaluated values. */
export function equals(expected: JsonValue, received: JsonValue, field?: Field<unknown>): boolean {
  const left = numberOf(expected);
  const right = numberOf(received);
  if (left !== undefined && right !== undefined) {
    if (field?.shape.kind === 'float')
      return Object.is(Math.fround(Number(left)), Number(right)) || Number(left) === Number(right);
    return left === right || (isWhole(left) && isWhole(right) && BigInt(left) === BigInt(right));
  }
  if (typeof expected === 'string' && typeof received === 'string') return expected === received;
  if (Array.isArray(expected) || Array.isArray(received)) {
    const one = bytesOf(expected) ?? expected;
    const other = bytesOf(received) ?? received;
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((item: JsonValue, index) => equals(item, (other as readonly JsonValue[])[index] ?? null));
  }
  if (typeof expected === 'object' && expected !== null) return formatJson(expected) === formatJson(received);
  return expected === received;
}

/** A number, or the number that a byte list of a hash or target stands for: least significant byte first. */
function numeric(value: JsonValue): number | bigint | undefined {
  const number = numberOf(value);
  if (number !== undefined) return number;
  return bytesOf(value)?.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** A bound: a number, `"0x..."`, or for bytes the bytes themselves. */
function bound(value: JsonValue): number | bigint {
  if (typeof value === 'string' && /^0x[0-9a-f]+$/i.test(value)) return BigInt(value);
  const found = numeric(value);
  if (found === undefined) throw expressionError(`${formatJson(value)} is no bound`);
  return found;
}

function numberOf(value: JsonValue): number | bigint | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

function isWhole(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isInteger(value);
}

function bytesOf(value: JsonValue): number[] | undefined {
  if (typeof value === 'string') return Array.from(new TextEncoder().encode(value));
  if (!Array.isArray(value)) return undefined;
  const bytes = value as readonly JsonValue[];
  return bytes.every((item) => typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 255)
    ? (bytes as number[])
    : undefined;
}

function textOf(value: JsonValue): string | undefined {
  if (typeof value === 'string') return value;
  const bytes = bytesOf(value);
  return bytes && new TextDecoder().decode(Uint8Array.from(bytes));
}

function lengthOf(value: JsonValue): number | undefined {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  return Array.isArray(value) ? value.length : undefined;
}

function list(operand: JsonValue, name: string): readonly JsonValue[] {
  if (!Array.isArray(operand)) throw expressionError(`${name} needs a list`);
  return operand as readonly JsonValue[];
}
