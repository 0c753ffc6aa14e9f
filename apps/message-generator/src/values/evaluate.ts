import { fastHash } from '@stratumkit/accelerate';
import { compareTargets, targetFromDifficulty, targetFromHashrate, witnessCommitmentScript } from '@stratumkit/bitcoin';
import { type Field, fromHex, type JsonObject, type JsonValue, toHex, UsageError } from '@stratumkit/codec';
import { randomFieldValue, type SeededRandom } from './random.ts';
import { transactionParts } from './transaction.ts';

/** What an expression is evaluated with. */
export interface Scope {
  readonly variables: Map<string, JsonValue>;
  readonly random: SeededRandom;
}

/** The operators that make a value: an object with exactly one of these keys is an expression. */
export const EXPRESSIONS = [
  '$var',
  '$random',
  '$hex',
  '$text',
  '$repeat',
  '$concat',
  '$add',
  '$and',
  '$xor',
  '$slice',
  '$le',
  '$at',
  '$size',
  '$sha256d',
  '$merkle_root',
  '$witness_commitment',
  '$transaction',
  '$target',
  '$difficulty_target',
  '$least',
  '$swap_words',
  '$number',
  '$to_hex',
] as const;

/** A test that cannot go on: no value of that name, or a value that does not fit. */
export function expressionError(message: string): UsageError {
  return new UsageError('expression', message);
}

/** Whether a value holds an expression anywhere. */
export function isExpression(json: JsonValue): boolean {
  if (Array.isArray(json)) return json.some((item: JsonValue) => isExpression(item));
  if (typeof json !== 'object' || json === null) return false;
  return operatorOf(json as JsonObject) !== undefined || Object.values(json).some((item) => isExpression(item));
}

/** The value with every expression in it evaluated. `field` tells what `{"$random": true}` is to be. */
export function evaluate(json: JsonValue, scope: Scope, field?: Field<unknown>): JsonValue {
  if (Array.isArray(json)) return json.map((item: JsonValue) => evaluate(item, scope, elementOf(field)));
  if (typeof json !== 'object' || json === null) return json;
  const object = json as JsonObject;
  const operator = operatorOf(object);
  if (operator === undefined) {
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, evaluate(value, scope)]));
  }
  return apply(operator, object[operator] ?? null, scope, field);
}

function operatorOf(object: JsonObject): (typeof EXPRESSIONS)[number] | undefined {
  const keys = Object.keys(object);
  return keys.length === 1 ? EXPRESSIONS.find((operator) => operator === keys[0]) : undefined;
}

function apply(
  operator: (typeof EXPRESSIONS)[number],
  operand: JsonValue,
  scope: Scope,
  field?: Field<unknown>,
): JsonValue {
  switch (operator) {
    case '$var':
      return lookUp(String(operand), scope);
    case '$hex': {
      const text = evaluate(operand, scope);
      if (typeof text !== 'string') throw expressionError('$hex needs a string');
      return Array.from(fromHex(text.replaceAll(/\s/g, '')));
    }
    case '$text': {
      const text = evaluate(operand, scope);
      if (typeof text !== 'string') throw expressionError('$text needs a string');
      return Array.from(new TextEncoder().encode(text));
    }
    case '$repeat': {
      const [value, times] = listOf(evaluate(operand, scope), '$repeat');
      const count = Number(times);
      if (!Number.isInteger(count) || count < 0 || count > 0xff_ffff)
        throw expressionError('$repeat needs [value, times]');
      return new Array<JsonValue>(count).fill(value ?? null);
    }
    case '$concat':
      return listOf(evaluate(operand, scope), '$concat').flat() as JsonValue;
    case '$add':
      return listOf(evaluate(operand, scope), '$add').reduce((sum, item) => add(sum, item));
    case '$and': {
      const [left = 0, right = 0] = listOf(evaluate(operand, scope), '$and');
      return Number(BigInt(left as number) & BigInt(right as number));
    }
    case '$xor': {
      const [left = 0, right = 0] = listOf(evaluate(operand, scope), '$xor');
      return Number(BigInt(left as number) ^ BigInt(right as number));
    }
    case '$slice': {
      const [list, from = 0, to] = listOf(evaluate(operand, scope), '$slice');
      return listOf(list ?? null, '$slice').slice(Number(from), to === undefined ? undefined : Number(to));
    }
    case '$le': {
      const [value = 0, size = 4] = listOf(evaluate(operand, scope), '$le');
      return Array.from({ length: Number(size) }, (_, index) =>
        Number((BigInt(value as number) >> BigInt(8 * index)) & 0xffn),
      );
    }
    case '$at': {
      const [from = null, place = 0] = listOf(evaluate(operand, scope), '$at');
      if (typeof from === 'object' && from !== null && !Array.isArray(from)) {
        return (from as JsonObject)[String(place)] ?? null;
      }
      return listOf(from, '$at').at(Number(place)) ?? null;
    }
    case '$size':
      return listOf(evaluate(operand, scope), '$size').length;
    case '$sha256d':
      return Array.from(fastHash.sha256d(bytesIn(evaluate(operand, scope), '$sha256d')));
    case '$merkle_root': {
      const [coinbase, path] = listOf(evaluate(operand, scope), '$merkle_root');
      const branches = listOf(path ?? null, '$merkle_root').map((branch) => bytesIn(branch, '$merkle_root'));
      const leaf = fastHash.sha256d(bytesIn(coinbase ?? null, '$merkle_root'));
      return Array.from(branches.reduce((root, branch) => fastHash.sha256dPair(root, branch), leaf));
    }
    case '$witness_commitment': {
      const transactions = listOf(evaluate(operand, scope), '$witness_commitment');
      const wtxids = transactions.map((bytes) => fastHash.sha256d(bytesIn(bytes, '$witness_commitment')));
      const reserved = new Uint8Array(32);
      return Array.from(witnessCommitmentScript([reserved, ...wtxids], reserved, fastHash));
    }
    case '$transaction': {
      const bytes = bytesIn(evaluate(operand, scope), '$transaction');
      try {
        return transactionParts(bytes);
      } catch (error) {
        throw expressionError(`$transaction: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    case '$target': {
      const [hashrate, sharesPerMinute] = listOf(evaluate(operand, scope), '$target');
      return Array.from(targetFromHashrate(Number(hashrate), Number(sharesPerMinute)));
    }
    case '$difficulty_target':
      return Array.from(targetFromDifficulty(Number(evaluate(operand, scope))));
    case '$least': {
      const targets = listOf(evaluate(operand, scope), '$least').map((target) => bytesIn(target, '$least'));
      return Array.from(targets.reduce((least, target) => (compareTargets(target, least) < 0 ? target : least)));
    }
    case '$swap_words': {
      const bytes = bytesIn(evaluate(operand, scope), '$swap_words');
      return Array.from(bytes, (_, index) => bytes[(index & ~3) + 3 - (index & 3)] ?? 0);
    }
    case '$number':
      return Number(`0x${String(evaluate(operand, scope))}`);
    case '$to_hex': {
      const value = evaluate(operand, scope);
      if (typeof value === 'number') return value.toString(16).padStart(8, '0');
      return toHex(bytesIn(value, '$to_hex'));
    }
    case '$random':
      return randomValue(evaluate(operand, scope), scope, field);
  }
}

function randomValue(operand: JsonValue, { random }: Scope, field: Field<unknown> | undefined): JsonValue {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const { min, max, bytes } = operand as JsonObject;
    if (typeof bytes === 'number') return Array.from(random.bytes(bytes));
    const drawn = random.integer(BigInt((min ?? 0) as number), BigInt((max ?? 0xffff_ffff) as number));
    return Number.isSafeInteger(Number(drawn)) ? Number(drawn) : drawn;
  }
  if (field === undefined) throw expressionError('$random needs {"min", "max"} or {"bytes"} here');
  return randomFieldValue(field, random);
}

export function lookUp(name: string, { variables }: Scope): JsonValue {
  const value = variables.get(name);
  if (value === undefined) throw expressionError(`nothing was saved as ${name}`);
  return value;
}

function add(left: JsonValue, right: JsonValue): JsonValue {
  const isNumber = (value: JsonValue): value is number | bigint =>
    typeof value === 'number' || typeof value === 'bigint';
  if (!isNumber(left) || !isNumber(right)) throw expressionError('$add needs numbers');
  if (typeof left === 'number' && typeof right === 'number') {
    const sum = left + right;
    if (!Number.isInteger(left) || !Number.isInteger(right) || Number.isSafeInteger(sum)) return sum;
  }
  const exact = BigInt(left) + BigInt(right);
  return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact;
}

function bytesIn(value: JsonValue, operator: string): Uint8Array {
  return Uint8Array.from(listOf(value, operator) as number[]);
}

function listOf(value: JsonValue, operator: string): JsonValue[] {
  if (!Array.isArray(value)) throw expressionError(`${operator} needs a list`);
  return [...(value as readonly JsonValue[])];
}

/** The type of the elements of a sequence or an option. */
export function elementOf(field: Field<unknown> | undefined): Field<unknown> | undefined {
  const shape = field?.shape;
  return shape?.kind === 'sequence' || shape?.kind === 'option' ? shape.element : undefined;
}

/** `${NAME}` in command lines and output strings. */
export function interpolate(text: string, scope: Scope): string {
  return text.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = lookUp(name, scope);
    return typeof value === 'string' ? value : JSON.stringify(typeof value === 'bigint' ? value.toString() : value);
  });
}
