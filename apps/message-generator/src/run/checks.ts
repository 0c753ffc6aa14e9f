import type { JsonObject, JsonValue } from '@stratumkit/codec';
import { fieldNamed, groupOf } from '../format/layouts.ts';
import type { Expectation, FieldCheck, FieldSave, ResultPlan } from '../format/model.ts';
import { evaluate, type Scope } from '../values/evaluate.ts';
import { matches } from '../values/match.ts';
import { type DecodedFrame, frameTitle, hexByte } from '../wire/decode.ts';
import { CheckFailure, type FieldComparison } from './failure.ts';
import { show, showBytes } from './show.ts';

/** What a result that reads a frame needs besides the frame. */
export interface CheckContext {
  readonly scope: Scope;
  readonly compat: boolean;
  log(line: string): void;
}

type FrameResult = Extract<
  ResultPlan,
  { readonly kind: 'messageType' | 'matchFields' | 'saveFields' | 'length' | 'extensionType' }
>;

/** Holds a frame against a result. Throws CheckFailure. */
export function checkFrame(result: FrameResult, received: DecodedFrame, context: CheckContext): void {
  const { frame } = received;
  switch (result.kind) {
    case 'messageType':
      if (frame.messageType !== result.messageType) {
        throw differs(received, `message type ${hexByte(result.messageType)}`, hexByte(frame.messageType));
      }
      context.log(`MATCHED MESSAGE TYPE ${frame.messageType}`);
      return;
    case 'length':
      if (frame.payload.length !== result.length) {
        throw differs(received, `a payload of ${result.length} bytes`, `${frame.payload.length} bytes`);
      }
      return;
    case 'extensionType': {
      const value = frame.extensionType | (frame.channelMessage ? 0x8000 : 0);
      if (value !== result.value) throw differs(received, `extension field ${result.value}`, String(value));
      return;
    }
    case 'matchFields':
      checkFields(result, received, context);
      return;
    case 'saveFields':
      saveFields(result, received, context);
      return;
  }
}

function checkFields(
  result: Extract<FrameResult, { readonly kind: 'matchFields' }>,
  received: DecodedFrame,
  { scope, compat }: CheckContext,
): void {
  const json = decodedJson(received);
  const wanted = result.definition;
  if (compat) {
    // A filter, not a check: another message of the same subprotocol is consumed and passes.
    if (
      received.definition !== wanted &&
      received.definition !== undefined &&
      groupOf(received.definition) !== result.group
    ) {
      throw failedFields(received, [], scope, `a message of ${result.group}`);
    }
    if (wanted === undefined || received.definition !== wanted) return;
  } else if (received.definition !== wanted) {
    throw failedFields(received, result.fields, scope, wanted?.name ?? result.typeName);
  }
  compareFields(result.fields, json, received, scope);
}

function saveFields(
  result: Extract<FrameResult, { readonly kind: 'saveFields' }>,
  received: DecodedFrame,
  { scope }: CheckContext,
): void {
  const json = decodedJson(received);
  if (result.definition !== undefined && received.definition !== result.definition) {
    throw failedFields(received, [], scope, result.definition.name);
  }
  save(result.fields, json, received, scope);
}

/** Holds a frame against one expectation, and saves what it names. Throws CheckFailure. */
export function checkExpectation(result: Expectation, received: DecodedFrame, { scope }: CheckContext): void {
  const { frame, definition } = received;
  const { definitions } = result;
  const names = [...new Set(definitions.map(({ name }) => name))].join(' or ');
  if (definitions.length > 0 && (definition === undefined || !definitions.includes(definition))) {
    throw failedFields(received, result.fields, scope, names);
  }
  if (result.messageType !== undefined && frame.messageType !== result.messageType) {
    throw differs(received, `message type ${hexByte(result.messageType)}`, hexByte(frame.messageType));
  }
  if (result.extensionType !== undefined && !matches(result.extensionType, frame.extensionType, scope)) {
    throw differs(received, `extension type ${show(result.extensionType)}`, String(frame.extensionType));
  }
  if (result.channelMessage !== undefined && frame.channelMessage !== result.channelMessage) {
    throw differs(received, `channel_msg bit ${result.channelMessage}`, String(frame.channelMessage));
  }
  if (result.length !== undefined && !matches(result.length, frame.payload.length, scope)) {
    throw differs(received, `a payload of ${show(result.length)} bytes`, `${frame.payload.length} bytes`);
  }
  if (result.rest !== undefined && !matches(result.rest, Array.from(received.rest), scope)) {
    throw differs(received, `${show(result.rest)} behind the last field`, showBytes(received.rest) || 'nothing');
  }
  if (result.payload !== undefined && !matches(result.payload, Array.from(frame.payload), scope)) {
    throw differs(received, `a payload that is ${show(result.payload)}`, showBytes(frame.payload));
  }
  if (definitions.length === 0) return;
  const json = decodedJson(received);
  compareFields(result.fields, json, received, scope);
  save(result.saves, json, received, scope);
}

function compareFields(fields: readonly FieldCheck[], json: JsonObject, received: DecodedFrame, scope: Scope): void {
  const rows = compare(fields, json, received, scope);
  const wrong = rows.filter((row) => row.differs);
  if (wrong.length === 0) return;
  const name = received.definition?.name ?? '';
  throw new CheckFailure(`${name}: ${wrong.map(({ field }) => field).join(', ')} not as expected`, {
    hard: true,
    expected: wrong.map((row) => `${row.field} = ${row.expected}`).join(', '),
    received: `${frameTitle(received)} with ${wrong.map((row) => `${row.field} = ${row.received ?? 'no such field'}`).join(', ')}`,
    comparison: rows,
  });
}

/** Every field of the message, what was expected of it and what came. */
function compare(
  given: readonly FieldCheck[],
  json: JsonObject,
  received: DecodedFrame,
  scope: Scope,
): readonly FieldComparison[] {
  const names = Object.keys(json).filter((name) => name !== 'type');
  const fields = given.map((check) => ({ ...check, field: fieldIn(received, check.field) }));
  const missing = fields.map(({ field }) => field).filter((field) => !names.includes(field));
  return [...names, ...missing].map((name) => {
    const checks = fields.filter(({ field }) => field === name);
    const value = Object.hasOwn(json, name) ? json[name] : undefined;
    const definition = fieldOf(received, name);
    return {
      field: name,
      expected:
        checks.length === 0 ? undefined : checks.map(({ expected }) => showExpected(expected, scope)).join(' and '),
      received: value === undefined ? undefined : show(value),
      differs: checks.some(({ expected }) => value === undefined || !matches(expected, value, scope, definition)),
    };
  });
}

/** A name may stand for a field of two messages, by an alias in one of them: the one that came decides. */
function fieldIn({ definition }: DecodedFrame, name: string): string {
  return (definition && fieldNamed(definition, name)) ?? name;
}

function fieldOf({ definition }: DecodedFrame, specName: string) {
  const key = Object.entries(definition?.specNames ?? {}).find(([, name]) => name === specName)?.[0];
  return key === undefined ? undefined : definition?.fields[key];
}

export function showExpected(expected: JsonValue, scope: Scope): string {
  const { variables } = scope;
  if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
    const object = expected as JsonObject;
    const [key = ''] = Object.keys(object);
    if (key === '$var') return `${show(variables.get(String(object[key])))} (${String(object[key])})`;
    if (key === '$range' && Array.isArray(object[key])) return showRange(object[key], scope);
    if (Object.keys(object).length === 1 && !key.startsWith('$')) return show(object[key]);
  }
  return show(expected);
}

function showRange(bounds: readonly JsonValue[], scope: Scope): string {
  const [from, to] = bounds.map((bound) => (bound === null ? undefined : show(known(bound, scope))));
  if (from === undefined) return to === undefined ? 'anything' : `at most ${to}`;
  return to === undefined ? `at least ${from}` : `from ${from} to ${to}`;
}

/** The value, or the expression where it has none yet. */
function known(bound: JsonValue, scope: Scope): JsonValue {
  try {
    return evaluate(bound, scope);
  } catch {
    return bound;
  }
}

export function save(saves: readonly FieldSave[], json: JsonObject, received: DecodedFrame, scope: Scope): void {
  for (const { field: given, name } of saves) {
    const field = fieldIn(received, given);
    const value = Object.hasOwn(json, field) ? json[field] : undefined;
    if (value === undefined) {
      throw new CheckFailure(`${frameTitle(received)} has no field ${field} to save as ${name}`, { hard: true });
    }
    scope.variables.set(name, value);
  }
}

function decodedJson(received: DecodedFrame): JsonObject {
  if (received.json !== undefined) return received.json;
  const why = received.error ?? 'its type is unknown';
  throw new CheckFailure(`${frameTitle(received)} cannot be decoded: ${why}`, {
    hard: true,
    received: `${frameTitle(received)}, payload ${showBytes(received.frame.payload)}`,
  });
}

function failedFields(
  received: DecodedFrame,
  fields: readonly FieldCheck[],
  scope: Scope,
  wanted: string,
): CheckFailure {
  const json = received.json ?? {};
  return new CheckFailure(`${wanted} expected, ${frameTitle(received)} received`, {
    hard: true,
    expected: [wanted, ...fields.map(({ field, expected }) => `${field} = ${showExpected(expected, scope)}`)].join(
      ', ',
    ),
    received: frameTitle(received),
    comparison: [
      { field: 'type', expected: wanted, received: received.definition?.name ?? frameTitle(received), differs: true },
      ...compare(fields, json, received, scope).map((row) => ({ ...row, differs: false })),
    ],
  });
}

/** A soft failure: the message is not the one, but the test can go on. */
function differs(received: DecodedFrame, expected: string, value: string): CheckFailure {
  const rows = Object.entries(received.json ?? {}).filter(([name]) => name !== 'type');
  return new CheckFailure(`${expected} expected, ${value} received`, {
    expected,
    received: frameTitle(received),
    comparison: rows.map(([field, json]) => ({ field, expected: undefined, received: show(json), differs: false })),
  });
}

/** The fields of a message on one line. */
export function detailOf({ json, frame }: DecodedFrame): string {
  if (json === undefined) return `payload ${showBytes(frame.payload)}`;
  const { type: _type, ...fields } = json;
  return show(fields);
}
