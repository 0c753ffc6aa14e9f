import { RemoteError, UsageError } from '@stratumkit/codec';
import { decodeTlvs, encodeTlvs, type TlvField } from '@stratumkit/framing';
import { TLV_DEFINITIONS } from '@stratumkit/messages/extensions';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const user = (value: Uint8Array): TlvField => ({ extensionType: 2, fieldType: 1, value });
const worker = user(Uint8Array.of(0x61, 0x62));
const other: TlvField = { extensionType: 0x0300, fieldType: 9, value: Uint8Array.of(1, 2, 3) };

describe('encodeTlvs', () => {
  it('orders by extension and keeps the order within one', () => {
    const second = { ...worker, fieldType: 0 };
    expect(encodeTlvs([other, worker, second])).toEqual(encodeTlvs([worker, second, other]));
    expect(encodeTlvs([worker, second])).not.toEqual(encodeTlvs([second, worker]));
  });

  it.each([
    ['the channel bit', { ...worker, extensionType: 0x8002 }],
    ['a field type above U8', { ...worker, fieldType: 256 }],
    ['a value above U16', user(new Uint8Array(0x1_0000))],
  ])('refuses %s', (_name, field) => {
    expect(() => encodeTlvs([field])).toThrow(UsageError);
  });
});

describe.each(['big', 'little'] as const)('decodeTlvs, %s-endian', (byteOrder) => {
  const bytes = encodeTlvs([worker, other], byteOrder);

  it('finds the fields of negotiated extensions only', () => {
    expect(decodeTlvs(bytes, new Set([2]))).toEqual([worker]);
    expect(decodeTlvs(bytes, new Set([0x0300]))).toEqual([other]);
    expect(decodeTlvs(bytes, new Set([2, 0x0300]))).toEqual([worker, other]);
  });

  it('ignores everything when nothing was negotiated', () => {
    expect(decodeTlvs(bytes, new Set())).toEqual([]);
    expect(decodeTlvs(bytes, new Set([5]))).toEqual([]);
  });

  it('comes back for any fields', () => {
    const field = fc.record({
      extensionType: fc.constantFrom(2, 5, 0x4001),
      fieldType: fc.integer({ min: 0, max: 255 }),
      value: fc.uint8Array({ maxLength: 300, size: 'max' }),
    });
    fc.assert(
      fc.property(fc.array(field, { maxLength: 5 }), (fields) => {
        const sorted = [...fields].sort((left, right) => left.extensionType - right.extensionType);
        const decoded = decodeTlvs(encodeTlvs(fields, byteOrder), new Set([2, 5, 0x4001]));
        expect(decoded.map((one) => ({ ...one, value: [...one.value] }))).toEqual(
          sorted.map((one) => ({ ...one, value: [...one.value] })),
        );
      }),
      propertyOptions(),
    );
  });

  it('rejects a negotiated field that is cut off', () => {
    const whole = encodeTlvs([worker], byteOrder);
    for (let length = 2; length < whole.length; length++) {
      expect(() => decodeTlvs(whole.subarray(0, length), new Set([2]))).toThrow(RemoteError);
    }
  });

  it('rejects a value over the length its extension allows', () => {
    const limits = TLV_DEFINITIONS;
    expect(decodeTlvs(encodeTlvs([user(new Uint8Array(32))], byteOrder), new Set([2]), limits)).toHaveLength(1);
    expect(() => decodeTlvs(encodeTlvs([user(new Uint8Array(33))], byteOrder), new Set([2]), limits)).toThrow(
      'TLV field 2:1 has 33 bytes, at most 32 are allowed',
    );
  });
});

describe('bytes behind a message that are no TLV fields', () => {
  it.each([
    ['too few for a field', Uint8Array.of(9)],
    ['of a newer layout', Uint8Array.of(7, 7, 7, 7, 7, 7, 7)],
    ['a field that was not negotiated, cut off', Uint8Array.of(0, 3, 1, 0, 9, 1)],
  ])('are ignored: %s', (_name, rest) => {
    expect(decodeTlvs(rest, new Set([2]))).toEqual([]);
  });

  it('never make it fail but with a RemoteError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (rest) => {
        try {
          decodeTlvs(rest, new Set([2, 5]), TLV_DEFINITIONS);
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteError);
        }
      }),
      propertyOptions(1000),
    );
  });
});
