import { UsageError } from '@stratumkit/codec';
import {
  decodeFrameHeader,
  encodeFrame,
  encodeFrameHeaderInto,
  encodeRawFrame,
  encodeTlvs,
  FRAME_HEADER_SIZE,
  MAX_PAYLOAD_SIZE,
} from '@stratumkit/framing';
import { RequestExtensions } from '@stratumkit/messages/extensions';
import { CloseChannel } from '@stratumkit/messages/mining';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const close = { channelId: 7, reasonCode: 'done' };

describe('headers', () => {
  it('come back as they were written', () => {
    const headers = fc.record({
      extensionType: fc.integer({ min: 0, max: 0x7fff }),
      channelMessage: fc.boolean(),
      messageType: fc.integer({ min: 0, max: 0xff }),
      length: fc.integer({ min: 0, max: MAX_PAYLOAD_SIZE }),
    });
    fc.assert(
      fc.property(headers, fc.nat(8), (header, offset) => {
        const out = new Uint8Array(offset + FRAME_HEADER_SIZE);
        expect(encodeFrameHeaderInto(header, out, offset)).toBe(out.length);
        expect(decodeFrameHeader(out, offset)).toEqual({ ...header });
      }),
      propertyOptions(),
    );
  });

  it.each([
    ['extensionType', { extensionType: 0x8000 }],
    ['messageType', { messageType: 256 }],
    ['length', { length: MAX_PAYLOAD_SIZE + 1 }],
    ['length', { length: 1.5 }],
  ])('are refused with a wrong %s', (field, wrong) => {
    const header = { extensionType: 0, channelMessage: false, messageType: 0, length: 0, ...wrong };
    expect(() => encodeFrameHeaderInto(header, new Uint8Array(6), 0)).toThrow(`${field} must be an integer`);
  });

  it.each([
    [0, 5],
    [1, 6],
    [-1, 6],
    [Number.NaN, 6],
  ])('are not read at offset %d of %d bytes', (offset, size) => {
    expect(() => decodeFrameHeader(new Uint8Array(size), offset)).toThrow(UsageError);
  });
});

describe('encodeFrame', () => {
  it('writes header and payload of a message', () => {
    const frame = encodeFrame(CloseChannel, close);
    expect(decodeFrameHeader(frame)).toEqual({ extensionType: 0, channelMessage: true, messageType: 0x18, length: 9 });
    expect(frame.subarray(FRAME_HEADER_SIZE)).toEqual(CloseChannel.encode(close));
  });

  it('writes the extension type of an extension message', () => {
    const frame = encodeFrame(RequestExtensions, { requestId: 1, requestedExtensions: [2] });
    expect(decodeFrameHeader(frame)).toMatchObject({ extensionType: 1, channelMessage: false, messageType: 0 });
  });

  it.each([undefined, 'big', 'little'] as const)(
    'appends TLV fields and counts them in the length, byte order %s',
    (tlvByteOrder) => {
      const tlvs = [{ extensionType: 2, fieldType: 1, value: Uint8Array.of(0x61) }];
      const frame = encodeFrame(CloseChannel, close, tlvs, tlvByteOrder === undefined ? {} : { tlvByteOrder });
      // The frame stays a core message.
      expect(decodeFrameHeader(frame)).toMatchObject({ extensionType: 0, length: 9 + 6 });
      expect(frame.subarray(FRAME_HEADER_SIZE + 9)).toEqual(encodeTlvs(tlvs, tlvByteOrder));
    },
  );

  it('refuses a payload that no header can announce', () => {
    const payload = new Uint8Array(MAX_PAYLOAD_SIZE + 1);
    expect(() => encodeRawFrame({ extensionType: 0, channelMessage: false, messageType: 0, payload })).toThrow(
      UsageError,
    );
  });
});
