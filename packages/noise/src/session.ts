import { UsageError } from '@stratumkit/codec';
import { CipherState, TAG_SIZE } from './cipherState.ts';
import { noiseError } from './errors.ts';
import type { Aead } from './types.ts';

/** A frame header of 6 bytes with its tag. */
export const SEALED_HEADER_SIZE = 22;
/** Most ciphertext in one Noise message (spec 4.6). */
export const MAX_CHUNK_CIPHERTEXT = 65_535;
/** Most plaintext in one Noise message: 65,519 bytes (spec 4.6). */
export const MAX_CHUNK_PLAINTEXT = MAX_CHUNK_CIPHERTEXT - TAG_SIZE;

const HEADER_SIZE = 6;

/**
 * Bytes that a payload takes when sealed (spec 4.6): one tag per started 65,519 bytes. An empty payload takes no bytes at
 * all, not even a tag.
 */
export function payloadCiphertextSize(payloadLength: number): number {
  return payloadLength + Math.ceil(payloadLength / MAX_CHUNK_PLAINTEXT) * TAG_SIZE;
}

/** What a handshake leaves: a key for each direction, and its hash. */
export interface NoiseSessionOptions {
  readonly send: Aead;
  readonly receive: Aead;
  /** 32 bytes. */
  readonly handshakeHash: Uint8Array;
  /** First message counter of both directions; other than 0 only to test the end of the range. */
  readonly firstNonce?: bigint;
}

/** The two cipher states after a handshake: seals frames, opens headers and payloads, in order. */
export class NoiseSession {
  /** 32 bytes, the same on both sides: names this session, for channel binding and logs. Not secret. */
  readonly handshakeHash: Uint8Array;
  readonly #send: CipherState;
  readonly #receive: CipherState;
  readonly #header = new Uint8Array(HEADER_SIZE);
  #failed = false;

  constructor(options: NoiseSessionOptions) {
    this.#send = new CipherState(options.send, options.firstNonce);
    this.#receive = new CipherState(options.receive, options.firstNonce);
    this.handshakeHash = options.handshakeHash;
  }

  /** Size of a sealed frame; `frameLength` counts the 6-byte header and the payload. */
  sealedSize(frameLength: number): number {
    return SEALED_HEADER_SIZE + payloadCiphertextSize(frameLength - HEADER_SIZE);
  }

  payloadCiphertextSize(payloadLength: number): number {
    return payloadCiphertextSize(payloadLength);
  }

  /**
   * Writes a plaintext frame sealed to `out` at `offset` and returns the offset behind it. The frame is left as it is. Frames
   * must go out in the order in which they were sealed. Throws UsageError `invalid-frame` for a header with another length,
   * `out-of-range` where `out` is too small.
   */
  seal(frame: Uint8Array, out: Uint8Array, offset: number): number {
    const length = frame.length - HEADER_SIZE;
    if (length < 0 || (frame[3]! | (frame[4]! << 8) | (frame[5]! << 16)) !== length) {
      throw new UsageError('invalid-frame', 'the length in the header is not the length of the payload', {
        context: { frameLength: frame.length },
      });
    }
    const end = offset + this.sealedSize(frame.length);
    if (end > out.length) {
      throw new UsageError('out-of-range', 'target too small for the sealed frame', {
        context: { needed: end, available: out.length },
      });
    }
    this.#send.seal(frame.subarray(0, HEADER_SIZE), out, offset);
    let target = offset + SEALED_HEADER_SIZE;
    for (let start = HEADER_SIZE; start < frame.length; start += MAX_CHUNK_PLAINTEXT) {
      const chunk = frame.subarray(start, Math.min(start + MAX_CHUNK_PLAINTEXT, frame.length));
      this.#send.seal(chunk, out, target);
      target += chunk.length + TAG_SIZE;
    }
    return end;
  }

  /**
   * Opens 22 bytes into the 6 of a frame header. The result is overwritten by the next call. Throws `NoiseError`, and
   * the session opens nothing any more after that.
   */
  openHeader(ciphertext: Uint8Array): Uint8Array {
    if (ciphertext.length !== SEALED_HEADER_SIZE) {
      throw new UsageError('invalid-length', 'a sealed header has 22 bytes', {
        context: { length: ciphertext.length },
      });
    }
    this.#open(ciphertext, this.#header, 0);
    return this.#header;
  }

  /** Opens all of a payload's ciphertext (`payloadCiphertextSize` bytes) into a new array. Throws like `openHeader`. */
  openPayload(ciphertext: Uint8Array): Uint8Array {
    const chunks = Math.ceil(ciphertext.length / MAX_CHUNK_CIPHERTEXT);
    const payload = new Uint8Array(Math.max(0, ciphertext.length - chunks * TAG_SIZE));
    if (payloadCiphertextSize(payload.length) !== ciphertext.length) {
      throw new UsageError('invalid-length', 'no payload has a ciphertext of this length', {
        context: { length: ciphertext.length },
      });
    }
    if (chunks === 1) {
      this.#open(ciphertext, payload, 0);
      return payload;
    }
    let target = 0;
    for (let start = 0; start < ciphertext.length; start += MAX_CHUNK_CIPHERTEXT) {
      const chunk = ciphertext.subarray(start, Math.min(start + MAX_CHUNK_CIPHERTEXT, ciphertext.length));
      this.#open(chunk, payload, target);
      target += MAX_CHUNK_PLAINTEXT;
    }
    return payload;
  }

  #open(ciphertext: Uint8Array, out: Uint8Array, offset: number): void {
    if (this.#failed) throw noiseError('decryption-failed', 'the session ended at an earlier failure');
    try {
      this.#receive.open(ciphertext, out, offset);
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }
}
