import { createHash } from 'node:crypto';
import type { Field, JsonValue } from '@stratumkit/codec';
import type { RandomBytes } from '@stratumkit/noise';

/** Values of a test that are left to chance: the same seed gives the same values in the same order. */
export interface SeededRandom {
  readonly seed: number;
  readonly bytes: RandomBytes;
  /** Uniform over minimum..maximum. */
  integer(minimum: bigint, maximum: bigint): bigint;
}

export function createRandom(seed: number, name: string): SeededRandom {
  let counter = 0;
  const bytes: RandomBytes = (length) => {
    const hash = createHash('shake256', { outputLength: length });
    return new Uint8Array(hash.update(`${seed} ${name} ${counter++}`).digest());
  };
  return {
    seed,
    bytes,
    integer(minimum, maximum) {
      const span = maximum - minimum + 1n;
      // 64 bits more than the span needs: the bias is out of sight.
      const size = Math.ceil(span.toString(16).length / 2) + 8;
      const drawn = bytes(size).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
      return minimum + (drawn % span);
    },
  };
}

const MAX_ELEMENTS = 4n;
const MAX_BYTES = 64n;

/** A random value of a field, uniform over its type; long byte strings and sequences are kept short. */
export function randomFieldValue(field: Field<unknown>, random: SeededRandom): JsonValue {
  const { shape } = field;
  const bytes = (length: bigint) => Array.from(random.bytes(Number(length)));
  switch (shape.kind) {
    case 'boolean':
      return random.integer(0n, 1n) === 1n;
    case 'integer':
      return Number(random.integer(0n, 2n ** BigInt(shape.bits) - 1n));
    case 'bigint':
      return random.integer(0n, 2n ** 64n - 1n);
    case 'float':
      return Math.fround(Number(random.integer(0n, 1_000_000n)) * 1e9);
    case 'fixedBytes':
      return bytes(BigInt(shape.length));
    case 'bytes':
      return bytes(random.integer(0n, BigInt(Math.min(shape.maxLength, Number(MAX_BYTES)))));
    case 'text':
      return bytes(random.integer(0n, 255n)).map((byte) => 0x20 + (byte % 0x5f));
    case 'option':
      return random.integer(0n, 1n) === 0n ? [] : [randomFieldValue(shape.element, random)];
    case 'sequence':
      return Array.from({ length: Number(random.integer(0n, MAX_ELEMENTS)) }, () =>
        randomFieldValue(shape.element, random),
      );
  }
}
