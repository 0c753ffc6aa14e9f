import { UsageError } from '@stratumkit/codec';

/** Size of a frame header in bytes (spec 3.2). */
export const FRAME_HEADER_SIZE = 6;

/** Largest payload a header can announce: U24. */
export const MAX_PAYLOAD_SIZE = 0xff_ffff;

const CHANNEL_BIT = 0x80;

/** A frame header. The channel_msg bit is told apart from the extension type, whose lookup it plays no part in (spec 3.2.1). */
export interface FrameHeader {
  /** 0 to 0x7fff; 0 for the core protocol. */
  readonly extensionType: number;
  readonly channelMessage: boolean;
  readonly messageType: number;
  /** Size of the payload in bytes. */
  readonly length: number;
}

/** Reads the six bytes at `offset`. Throws UsageError `header` where there are fewer. */
export function decodeFrameHeader(bytes: Uint8Array, offset = 0): FrameHeader {
  if (!(offset >= 0) || offset + FRAME_HEADER_SIZE > bytes.length) {
    throw new UsageError(
      'header',
      `a frame header needs ${FRAME_HEADER_SIZE} bytes at offset ${offset} of ${bytes.length}`,
    );
  }
  const high = bytes[offset + 1]!;
  return {
    extensionType: bytes[offset]! | ((high & ~CHANNEL_BIT) << 8),
    channelMessage: (high & CHANNEL_BIT) !== 0,
    messageType: bytes[offset + 2]!,
    length: bytes[offset + 3]! | (bytes[offset + 4]! << 8) | (bytes[offset + 5]! << 16),
  };
}

/** Writes six bytes at `offset` and returns the offset behind them. */
export function encodeFrameHeaderInto(header: FrameHeader, out: Uint8Array, offset: number): number {
  checkRange('extensionType', header.extensionType, 0x7fff);
  checkRange('messageType', header.messageType, 0xff);
  checkRange('length', header.length, MAX_PAYLOAD_SIZE);
  out[offset] = header.extensionType;
  out[offset + 1] = (header.extensionType >> 8) | (header.channelMessage ? CHANNEL_BIT : 0);
  out[offset + 2] = header.messageType;
  out[offset + 3] = header.length;
  out[offset + 4] = header.length >> 8;
  out[offset + 5] = header.length >> 16;
  return offset + FRAME_HEADER_SIZE;
}

function checkRange(field: string, value: number, max: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= max) return;
  throw new UsageError('header', `${field} must be an integer from 0 to ${max}, not ${value}`, {
    context: { field, value, max },
  });
}
