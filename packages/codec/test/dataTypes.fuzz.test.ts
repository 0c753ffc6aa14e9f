import { RemoteError } from '@stratumkit/codec';
import { arbitraryOf, propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIELDS, holding } from './fields.ts';

describe.each(FIELDS.map((field) => [field.typeName, holding(field)] as const))('%s', (_typeName, message) => {
  const values = arbitraryOf(message);

  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = message.encode(value);
        expect(encoded).toHaveLength(message.encodedSize(value));
        expect(message.decode(encoded)).toEqual(value);
        expect(message.encode(message.decode(encoded))).toEqual(encoded);
      }),
      propertyOptions(100),
    );
  });

  it('stays within its size bounds', () => {
    fc.assert(
      fc.property(values, (value) => {
        const size = message.encodedSize(value);
        expect(size).toBeGreaterThanOrEqual(message.minSize);
        expect(size).toBeLessThanOrEqual(message.maxSize);
      }),
      propertyOptions(),
    );
  });

  it('hands back the bytes behind it', () => {
    fc.assert(
      fc.property(values, fc.uint8Array({ maxLength: 40 }), (value, trailer) => {
        const { rest } = message.decodePrefix(Uint8Array.from([...message.encode(value), ...trailer]));
        expect(rest).toEqual(Uint8Array.from(trailer));
      }),
      propertyOptions(50),
    );
  });

  it('comes back from its JSON form', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(message.fromJson(message.toJson(value))).toEqual(value);
      }),
      propertyOptions(50),
    );
  });

  it('shows any value in a log as JSON without control characters', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(JSON.stringify(message.describe(value))).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
      propertyOptions(50),
    );
  });

  it('never fails on any bytes but with a RemoteError that names the field', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          message.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteError);
          expect(error).toMatchObject({ code: 'decode', context: { path: expect.stringMatching(/^Test\.value/) } });
        }
      }),
      propertyOptions(),
    );
  });
});
