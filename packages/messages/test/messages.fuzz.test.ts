import { RemoteError } from '@stratumkit/codec';
import { ALL_MESSAGES } from '@stratumkit/messages';
import { arbitraryOf, propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const named = ALL_MESSAGES.map((definition) => [`${definition.spec} ${definition.name}`, definition] as const);

describe.each(named)('%s', (_name, definition) => {
  const values = arbitraryOf(definition);

  it('decodes what it encoded, within its size bounds', () => {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = definition.encode(value);
        expect(encoded.length).toBe(definition.encodedSize(value));
        expect(encoded.length).toBeGreaterThanOrEqual(definition.minSize);
        expect(encoded.length).toBeLessThanOrEqual(definition.maxSize);
        expect(definition.decode(encoded)).toEqual(value);
      }),
      propertyOptions(40),
    );
  });

  it('rejects every strict prefix', () => {
    fc.assert(
      fc.property(values, (value) => {
        const encoded = definition.encode(value);
        // All of a short message; of a long one the first bytes, the last ones, and some between.
        const step = Math.max(1, Math.floor(encoded.length / 200));
        for (let length = encoded.length - 1; length >= 0; length -= length > 64 ? step : 1) {
          expect(() => definition.decode(encoded.subarray(0, length))).toThrow(RemoteError);
        }
      }),
      propertyOptions(4),
    );
  });

  it('hands back the bytes behind the last field', () => {
    fc.assert(
      fc.property(values, fc.uint8Array({ minLength: 1, maxLength: 40 }), (value, trailer) => {
        const encoded = definition.encode(value);
        const longer = new Uint8Array(encoded.length + trailer.length);
        longer.set(encoded);
        longer.set(trailer, encoded.length);
        expect(definition.decodePrefix(longer)).toEqual({ value, rest: Uint8Array.from(trailer) });
        expect(definition.decode(longer)).toEqual(value);
      }),
      propertyOptions(20),
    );
  });

  it('comes back from its JSON form', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(definition.fromJson(definition.toJson(value))).toEqual(value);
      }),
      propertyOptions(20),
    );
  });

  it('takes any bytes without any error but a RemoteError with a path', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          definition.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteError);
          expect((error as RemoteError).context.path).toMatch(
            new RegExp(`^${definition.name.replace('.', '\\.')}\\.\\w+`),
          );
        }
      }),
      propertyOptions(100),
    );
  });
});
