import type { FieldMap, MessageDefinition, ValueOf } from '@stratumkit/codec';
import { encodeFrameHeaderInto, FRAME_HEADER_SIZE } from './header.ts';
import { encodeTlvs, type TlvByteOrder, type TlvField } from './tlv.ts';

/** A whole frame. */
export interface Frame {
  /** 0 to 0x7fff, without the channel_msg bit; 0 for the core protocol. */
  readonly extensionType: number;
  readonly channelMessage: boolean;
  readonly messageType: number;
  /** May be a view into what was received: copy what is kept. */
  readonly payload: Uint8Array;
}

/** How TLV fields are written. */
export interface EncodeFrameOptions {
  /** `big`, as in the spec's example, unless the peer reads only `little`. */
  readonly tlvByteOrder?: TlvByteOrder;
}

const NO_TLVS = new Uint8Array(0);

/** Header, payload and TLV fields of a message in one buffer. Throws UsageError for a value that cannot be encoded. */
export function encodeFrame<Fields extends FieldMap>(
  definition: MessageDefinition<string, Fields>,
  value: ValueOf<Fields>,
  tlvs: readonly TlvField[] = [],
  options: EncodeFrameOptions = {},
): Uint8Array {
  const trailer = tlvs.length === 0 ? NO_TLVS : encodeTlvs(tlvs, options.tlvByteOrder);
  const size = definition.encodedSize(value);
  const length = size + trailer.length;
  const out = new Uint8Array(FRAME_HEADER_SIZE + length);
  const { extensionType, channelMessage, messageType } = definition;
  const start = encodeFrameHeaderInto({ extensionType, channelMessage, messageType, length }, out, 0);
  const end = definition.encodeInto(value, out, start);
  if (trailer.length > 0) out.set(trailer, end);
  return out;
}

/** Header and payload of a frame whose payload is already encoded, e.g. one that is passed on. */
export function encodeRawFrame(frame: Frame): Uint8Array {
  const out = new Uint8Array(FRAME_HEADER_SIZE + frame.payload.length);
  out.set(frame.payload, encodeFrameHeaderInto({ ...frame, length: frame.payload.length }, out, 0));
  return out;
}
