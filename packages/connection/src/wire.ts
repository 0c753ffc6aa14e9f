import { decodeFrameHeader, FRAME_HEADER_SIZE, type FrameHeader } from '@stratumkit/framing';
import { type NoiseSession, SEALED_HEADER_SIZE } from '@stratumkit/noise';
import type { InputBuffer } from './inputBuffer.ts';

/** How frames are laid on the wire: as they are, or sealed by Noise. Opening throws `NoiseError` for forged bytes. */
export interface Wire {
  /** The next header, or undefined while it is incomplete. */
  readHeader(input: InputBuffer): FrameHeader | undefined;
  readPayload(input: InputBuffer, length: number): Uint8Array | undefined;
  /** All frames in one buffer. */
  writeFrames(frames: readonly Uint8Array[]): Uint8Array;
}

const EMPTY = new Uint8Array(0);

export const PLAIN_WIRE: Wire = {
  readHeader(input) {
    return input.read(FRAME_HEADER_SIZE, decodeFrameHeader);
  },
  readPayload(input, length) {
    return length === 0 ? EMPTY : input.take(length);
  },
  writeFrames(frames) {
    if (frames.length === 1) return frames[0]!;
    const out = new Uint8Array(frames.reduce((size, frame) => size + frame.length, 0));
    let offset = 0;
    for (const frame of frames) {
      out.set(frame, offset);
      offset += frame.length;
    }
    return out;
  },
};

export function createNoiseWire(session: NoiseSession): Wire {
  return {
    readHeader(input) {
      const sealed = input.take(SEALED_HEADER_SIZE);
      return sealed === undefined ? undefined : decodeFrameHeader(session.openHeader(sealed));
    },
    readPayload(input, length) {
      const sealed = input.take(session.payloadCiphertextSize(length));
      return sealed === undefined ? undefined : session.openPayload(sealed);
    },
    writeFrames(frames) {
      const out = new Uint8Array(frames.reduce((size, frame) => size + session.sealedSize(frame.length), 0));
      let offset = 0;
      for (const frame of frames) offset = session.seal(frame, out, offset);
      return out;
    },
  };
}
