import { RemoteError, UsageError } from '@stratumkit/codec';
import type { Frame } from './frame.ts';
import { decodeFrameHeader, FRAME_HEADER_SIZE, type FrameHeader } from './header.ts';

/** How large a frame may be; asked once for each frame, before any of its payload is kept. */
export interface FrameSplitterOptions {
  /** Largest payload accepted for this header, e.g. the `maxSize` of the message's definition or a lower named limit. */
  maxPayloadSize(header: FrameHeader): number;
}

/** Room a split payload is given at first; it grows with what arrives, never with what the header claims. */
const INITIAL_CAPACITY = 1024;

/**
 * Cuts a byte stream into frames. Call `next` until it returns undefined after each `push`.
 *
 * The payload of a frame that arrived in one chunk is a view into that chunk; copy what must outlive it. The cap is checked on
 * the header, before any of the payload is stored, and what is stored is at most twice what has arrived.
 *
 * Throws RemoteError `frame-too-large` once and is dead from then on.
 */
export class FrameSplitter {
  readonly #maxPayloadSize: (header: FrameHeader) => number;
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of the oldest chunk already taken. */
  #taken = 0;
  readonly #headerBytes = new Uint8Array(FRAME_HEADER_SIZE);
  #headerFilled = 0;
  #header: FrameHeader | undefined;
  #partial = new Uint8Array(0);
  #partialFilled = 0;
  #dead = false;

  constructor(options: FrameSplitterOptions) {
    this.#maxPayloadSize = (header) => options.maxPayloadSize(header);
  }

  /** Bytes taken in that belong to no frame handed out yet. */
  get buffered(): number {
    const queued = this.#chunks.reduce((size, chunk) => size + chunk.length, 0);
    return queued - this.#taken + this.#headerFilled + this.#partialFilled;
  }

  /** The chunk is kept, not copied: it must not change any more. */
  push(chunk: Uint8Array): void {
    this.#assertAlive();
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  next(): Frame | undefined {
    this.#assertAlive();
    const header = this.#header ?? this.#readHeader();
    if (header === undefined) return undefined;
    const payload = this.#readPayload(header.length);
    if (payload === undefined) return undefined;
    this.#header = undefined;
    this.#headerFilled = 0;
    const { extensionType, channelMessage, messageType } = header;
    return { extensionType, channelMessage, messageType, payload };
  }

  #readHeader(): FrameHeader | undefined {
    while (this.#headerFilled < FRAME_HEADER_SIZE) {
      const part = this.#take(FRAME_HEADER_SIZE - this.#headerFilled);
      if (part === undefined) return undefined;
      this.#headerBytes.set(part, this.#headerFilled);
      this.#headerFilled += part.length;
    }
    const header = decodeFrameHeader(this.#headerBytes);
    const limit = this.#maxPayloadSize(header);
    if (header.length > limit) {
      this.#dead = true;
      this.#chunks.length = 0;
      const { extensionType, messageType, length } = header;
      throw new RemoteError(
        'frame-too-large',
        `a frame of type ${messageType} claims ${length} bytes, at most ${limit} are accepted`,
        {
          context: { extensionType, messageType, length, limit },
        },
      );
    }
    this.#header = header;
    return header;
  }

  #readPayload(length: number): Uint8Array | undefined {
    if (this.#partialFilled === 0) {
      const whole = length === 0 ? new Uint8Array(0) : this.#takeWhole(length);
      if (whole !== undefined) return whole;
    }
    while (this.#partialFilled < length) {
      const part = this.#take(length - this.#partialFilled);
      if (part === undefined) return undefined;
      this.#reserve(this.#partialFilled + part.length, length);
      this.#partial.set(part, this.#partialFilled);
      this.#partialFilled += part.length;
    }
    const payload = this.#partial.subarray(0, length);
    this.#partial = new Uint8Array(0);
    this.#partialFilled = 0;
    return payload;
  }

  /** Doubles the room for a split payload as it arrives, up to its length. */
  #reserve(needed: number, length: number): void {
    if (needed <= this.#partial.length) return;
    const grown = new Uint8Array(Math.min(length, Math.max(needed, this.#partial.length * 2, INITIAL_CAPACITY)));
    grown.set(this.#partial.subarray(0, this.#partialFilled));
    this.#partial = grown;
  }

  /** A view of up to `size` bytes from the front of the oldest chunk. */
  #take(size: number): Uint8Array | undefined {
    const chunk = this.#chunks[0];
    if (chunk === undefined) return undefined;
    const start = this.#taken;
    const end = Math.min(start + size, chunk.length);
    if (end === chunk.length) {
      this.#chunks.shift();
      this.#taken = 0;
    } else {
      this.#taken = end;
    }
    return chunk.subarray(start, end);
  }

  #takeWhole(size: number): Uint8Array | undefined {
    const chunk = this.#chunks[0];
    return chunk !== undefined && chunk.length - this.#taken >= size ? this.#take(size) : undefined;
  }

  #assertAlive(): void {
    if (this.#dead) throw new UsageError('dead', 'the splitter has refused a frame and takes no more bytes');
  }
}
