import type { JsonObject, JsonValue } from '@stratumkit/codec';
import type { FieldCheck, FieldSave, ResultPlan, Sv1Expectation } from '../format/model.ts';
import { isObject } from '../format/reader.ts';
import type { Scope } from '../values/evaluate.ts';
import { matches } from '../values/match.ts';
import type { DecodedLine } from '../wire/peer.ts';
import type { CheckContext } from './checks.ts';
import { showExpected } from './checks.ts';
import { CheckFailure, type FieldComparison } from './failure.ts';
import { show } from './show.ts';

type LineResult = Extract<ResultPlan, { readonly kind: 'sv1Id' | 'sv1Fields' | 'sv1Any' }>;

/** Holds a line against a result. False: the line does not count, the next one is to be read. Throws CheckFailure. */
export function checkLine(result: LineResult, received: DecodedLine, context: CheckContext): boolean {
  const message = objectOf(received);
  const { scope, compat } = context;
  const isCall = typeof message.method === 'string';
  if (isCall) {
    context.log(`call of the peer: ${String(message.method)}`);
    // In the original a notification uses up the result and passes.
    return compat;
  }
  if (result.kind === 'sv1Any') {
    if (compat) throw new CheckFailure('"none" met a response', { hard: true, received: received.text });
    return true;
  }
  if (compat) checkResponse(message, received);
  if (result.kind === 'sv1Id') {
    if (matches(result.id, message.id ?? null, scope)) return true;
    throw new CheckFailure(`a response to ${show(result.id)} expected, one to ${show(message.id)} received`, {
      expected: `id ${show(result.id)}`,
      received: received.text,
      comparison: compare([{ field: '/id', expected: result.id, file: '', line: 0 }], message, scope),
    });
  }
  checkMembers(result.fields, message, scope);
  return true;
}

/** The original reads a response only in this shape. */
function checkResponse(message: JsonObject, { text }: DecodedLine): void {
  const { error = null } = message;
  const readableError = error === null || typeof error === 'object';
  if (Object.hasOwn(message, 'result') && readableError && typeof message.id === 'number') return;
  throw new CheckFailure('a response without a result, or with an id that is no number', {
    hard: true,
    received: text,
  });
}

/** Holds a line against one expectation, and saves what it names. Throws CheckFailure. */
export function checkSv1Expectation(result: Sv1Expectation, received: DecodedLine, scope: Scope): void {
  const message = objectOf(received);
  const method: FieldCheck[] =
    result.method === undefined
      ? []
      : [{ field: '/method', expected: result.method, file: result.file, line: result.line }];
  checkMembers([...method, ...result.fields], message, scope);
  savePointers(result.saves, message, scope);
}

export function savePointers(saves: readonly FieldSave[], message: JsonValue, scope: Scope): void {
  for (const { field, name } of saves) {
    const value = atPointer(message, field);
    if (value === undefined) {
      throw new CheckFailure(`nothing at ${field}`, {
        hard: true,
        expected: `a value at ${field}, ${name}`,
        received: show(message),
      });
    }
    scope.variables.set(name, value);
  }
}

function checkMembers(fields: readonly FieldCheck[], message: JsonObject, scope: Scope): void {
  const rows = compare(fields, message, scope);
  const wrong = rows.filter((row) => row.differs);
  if (wrong.length === 0) return;
  throw new CheckFailure(`${wrong.map(({ field }) => field).join(', ')} not as expected`, {
    hard: true,
    expected: wrong.map((row) => `${row.field} = ${row.expected}`).join(', '),
    received: wrong.map((row) => `${row.field} = ${row.received ?? 'absent'}`).join(', '),
    comparison: rows,
  });
}

function compare(fields: readonly FieldCheck[], message: JsonObject, scope: Scope): readonly FieldComparison[] {
  const names = [...new Set([...Object.keys(message), ...fields.map(({ field }) => field.slice(1))])];
  return names.map((name) => {
    const check = fields.find(({ field }) => field === `/${name}`);
    const value = Object.hasOwn(message, name) ? message[name] : undefined;
    return {
      field: name,
      expected: check === undefined ? undefined : showExpected(check.expected, scope),
      received: value === undefined ? undefined : show(value),
      // An absent error is as good as a null one.
      differs: check !== undefined && !matches(check.expected, value ?? null, scope),
    };
  });
}

/** The value at a JSON pointer. */
export function atPointer(json: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = json;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = (value as readonly JsonValue[])[Number(key)];
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

function objectOf(received: DecodedLine): JsonObject {
  if (isObject(received.json)) return received.json;
  throw new CheckFailure(received.error ?? 'not an object', { hard: true, received: show(received.text) });
}
