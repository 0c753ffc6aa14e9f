import { fromHex, type JsonValue, RemoteError, toHex } from '@stratumkit/codec';
import { loadVectors } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import { fieldOfType, holding } from './fields.ts';

interface TypedValue {
  readonly type: string;
  readonly value: JsonValue;
}

describe('data types (spec 3.1)', () => {
  for (const { name, hex, value } of loadVectors<TypedValue>('data-types')) {
    const message = holding(fieldOfType(value.type));

    it(`encodes ${name}`, () => {
      expect(toHex(message.encode(message.fromJson({ value: value.value })))).toBe(hex);
    });

    it(`decodes ${name}`, () => {
      const decoded = message.decodePrefix(fromHex(hex));
      expect(decoded.rest).toHaveLength(0);
      expect(message.toJson(decoded.value).value).toEqual(
        message.toJson(message.fromJson({ value: value.value })).value,
      );
    });
  }

  for (const { name, hex, value } of loadVectors<TypedValue>('data-types-invalid')) {
    it(`refuses ${name}`, () => {
      expect(() => holding(fieldOfType(value.type)).decode(fromHex(hex))).toThrow(RemoteError);
    });
  }
});
