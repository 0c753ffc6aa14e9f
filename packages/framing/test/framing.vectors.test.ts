import { fromHex, toHex } from '@stratumkit/codec';
import { decodeTlvs, encodeRawFrame, encodeTlvs, FrameSplitter, type TlvByteOrder } from '@stratumkit/framing';
import { loadVectors } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';

interface FrameValue {
  readonly extension_type: number;
  readonly channel_msg: boolean;
  readonly msg_type: number;
  readonly payload: string;
}

interface TlvValue {
  readonly byte_order: TlvByteOrder;
  readonly fields: readonly { readonly extension_type: number; readonly field_type: number; readonly value: string }[];
}

describe('frames (spec 3.2)', () => {
  for (const { name, hex, value } of loadVectors<FrameValue>('frames')) {
    const frame = {
      extensionType: value.extension_type,
      channelMessage: value.channel_msg,
      messageType: value.msg_type,
      payload: fromHex(value.payload),
    };

    it(`encodes ${name}`, () => {
      expect(toHex(encodeRawFrame(frame))).toBe(hex);
    });

    it(`splits ${name}`, () => {
      const splitter = new FrameSplitter({ maxPayloadSize: () => 1000 });
      splitter.push(fromHex(hex));
      expect(splitter.next()).toEqual(frame);
      expect(splitter.next()).toBeUndefined();
    });
  }
});

describe('TLV fields (spec 3.4.3)', () => {
  for (const { name, hex, value } of loadVectors<TlvValue>('tlv')) {
    const fields = value.fields.map((field) => ({
      extensionType: field.extension_type,
      fieldType: field.field_type,
      value: fromHex(field.value),
    }));

    it(`encodes ${name}`, () => {
      expect(toHex(encodeTlvs(fields, value.byte_order))).toBe(hex);
    });

    it(`decodes ${name} without being told the byte order`, () => {
      expect(decodeTlvs(fromHex(hex), new Set(fields.map((field) => field.extensionType)))).toEqual(fields);
    });
  }
});
