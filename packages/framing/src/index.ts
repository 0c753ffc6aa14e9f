export { type EncodeFrameOptions, encodeFrame, encodeRawFrame, type Frame } from './frame.ts';
export {
  decodeFrameHeader,
  encodeFrameHeaderInto,
  FRAME_HEADER_SIZE,
  type FrameHeader,
  MAX_PAYLOAD_SIZE,
} from './header.ts';
export { FrameSplitter, type FrameSplitterOptions } from './splitter.ts';
export { decodeTlvs, encodeTlvs, type TlvByteOrder, type TlvField, type TlvLimit } from './tlv.ts';
