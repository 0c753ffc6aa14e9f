import { decodeText, type Field, type FieldMap, type MessageDefinition, type ValueOf } from '@stratumkit/codec';
import fc from 'fast-check';

/** Longest byte string and sequence generated; limits are reached by tests that say so, not by chance. */
const MAX_BYTES = 300;
const MAX_ELEMENTS = 12;

/** Values of a message, every field over its whole range, edges favoured. */
export function arbitraryOf<Fields extends FieldMap>(
  definition: MessageDefinition<string, Fields>,
): fc.Arbitrary<ValueOf<Fields>> {
  const entries = Object.entries(definition.fields).map(([name, field]) => [name, arbitraryOfField(field)] as const);
  return fc.record(Object.fromEntries(entries), { noNullPrototype: true }) as fc.Arbitrary<ValueOf<Fields>>;
}

/** Values of one field. */
export function arbitraryOfField<T>(field: Field<T>): fc.Arbitrary<T> {
  return ofShape(field) as fc.Arbitrary<T>;
}

function ofShape({ shape }: Field<unknown>): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'boolean':
      return fc.boolean();
    case 'integer': {
      const max = 2 ** shape.bits - 1;
      return edges([0, 1, max - 1, max], fc.integer({ min: 0, max }));
    }
    case 'bigint': {
      const max = 2n ** BigInt(shape.bits) - 1n;
      return edges([0n, 1n, 2n ** 53n + 1n, max], fc.bigInt({ min: 0n, max }));
    }
    case 'float':
      return edges([0, -0, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY], fc.float());
    case 'fixedBytes':
      return bytes(shape.length, shape.length);
    case 'bytes':
      return bytes(0, Math.min(shape.maxLength, MAX_BYTES));
    case 'text':
      return bytes(0, shape.maxLength).map((value) => decodeText(value));
    case 'option':
      return fc.option(ofShape(shape.element), { nil: undefined });
    case 'sequence':
      return fc.array(ofShape(shape.element), { maxLength: Math.min(shape.maxLength, MAX_ELEMENTS) });
  }
}

/** Any bytes cut in any way; joined again they are the same bytes. */
export function arbitraryChunks(whole: Uint8Array): fc.Arbitrary<readonly Uint8Array[]> {
  return fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 24 }).map((cuts) =>
    cutAt(
      whole,
      [...cuts].sort((left, right) => left - right),
    ),
  );
}

function cutAt(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const bounds = [0, ...cuts, whole.length];
  return bounds.slice(1).map((end, index) => whole.slice(bounds[index], end));
}

function bytes(minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> {
  // A copy: fast-check reuses nothing, but its arrays may be longer than what they show.
  return fc.uint8Array({ minLength, maxLength, size: 'max' }).map((value) => value.slice());
}

function edges<T>(values: readonly T[], rest: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: fc.constantFrom(...values), weight: 1 }, { arbitrary: rest, weight: 3 });
}
