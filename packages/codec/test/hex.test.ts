import { fromHex, toHex, UsageError } from '@stratumkit/codec';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('hexadecimal', () => {
  it.each([0, 1, 15, 16, 17, 4_095, 4_096, 4_097, 10_000])('of %i bytes is that of the platform', (length) => {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 7) & 0xff);
    expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
    expect(fromHex(toHex(bytes))).toEqual(bytes);
  });

  it('goes there and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(Uint8Array.from(bytes));
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(Uint8Array.from(bytes));
      }),
      propertyOptions(),
    );
  });

  it.each(['0', '0g', ' 00', '0x00', '00\n'])('%j is none', (text) => {
    expect(() => fromHex(text)).toThrow(UsageError);
  });
});
