import { fastCrypto } from '@stratumkit/accelerate';
import { decodeFrameHeader, encodeFrameHeaderInto, FRAME_HEADER_SIZE, type Frame } from '@stratumkit/framing';
import {
  ACT1_SIZE,
  ACT2_SIZE,
  type Aead,
  type NoiseCrypto,
  NoiseInitiator,
  NoiseResponder,
  type NoiseSession,
  type RandomBytes,
  ResponderIdentity,
  SEALED_HEADER_SIZE,
} from '@stratumkit/noise';
import { ByteBuffer } from './byteBuffer.ts';

/** How a connection is protected. */
export type Security =
  | { readonly type: 'plain' }
  | { readonly type: 'initiator'; readonly authorityPublicKey: Uint8Array | 'unverified' }
  | { readonly type: 'responder'; readonly authoritySecretKey: Uint8Array };

const CERTIFICATE_VALIDITY_SECONDS = 6_000;

/** Random bytes and the time, which handshakes need. */
export interface CodecEdge {
  readonly random: RandomBytes;
  unixSeconds(): number;
}

/**
 * Frames to bytes and back for one connection, encrypted or not. Unlike `connection` it enforces nothing: wrong lengths, unknown
 * types and messages out of turn go through, since sending and seeing them is what tests are for.
 */
export class Sv2Codec {
  readonly #buffer = new ByteBuffer();
  readonly #edge: CodecEdge;
  readonly #initiator: NoiseInitiator | undefined;
  readonly #responder: NoiseResponder | undefined;
  /** Plaintext that the next sealed header is replaced with: how a lying length gets through a correct cipher. */
  #forgedHeader: Uint8Array | undefined;
  #session: NoiseSession | undefined;
  #header: Uint8Array | undefined;
  #ready: boolean;

  constructor(security: Security, edge: CodecEdge) {
    this.#edge = edge;
    const crypto = this.#forgingCrypto();
    const { random } = edge;
    this.#ready = security.type === 'plain';
    if (security.type === 'initiator') {
      this.#initiator = new NoiseInitiator({ crypto, random, authorityPublicKey: security.authorityPublicKey });
    } else if (security.type === 'responder') {
      const { authoritySecretKey } = security;
      const certificateValiditySeconds = CERTIFICATE_VALIDITY_SECONDS;
      const identity = new ResponderIdentity({ crypto, random, authoritySecretKey, certificateValiditySeconds });
      this.#responder = new NoiseResponder({ crypto, random, identity });
    }
  }

  /** Whether the handshake is over, or there is none. */
  get ready(): boolean {
    return this.#ready;
  }

  /** A part of a frame is here and the rest is not. */
  get isWaiting(): boolean {
    return this.#header !== undefined || this.#buffer.length > 0;
  }

  /** What the header says of a payload that is not here yet. */
  get awaitedBytes(): number {
    return this.#header === undefined ? 0 : decodeFrameHeader(this.#header).length;
  }

  /** What to send first, if anything. */
  start(): Uint8Array | undefined {
    return this.#initiator?.start();
  }

  push(chunk: Uint8Array): void {
    this.#buffer.push(chunk);
  }

  /** Carries the handshake on; returns what is to be sent. Throws NoiseError. */
  handshake(): Uint8Array | undefined {
    if (this.#ready) return undefined;
    const act = this.#buffer.take(this.#initiator === undefined ? ACT1_SIZE : ACT2_SIZE);
    if (act === undefined) return undefined;
    const unixSeconds = this.#edge.unixSeconds();
    this.#ready = true;
    if (this.#initiator !== undefined) {
      this.#session = this.#initiator.finish(act, unixSeconds);
      return undefined;
    }
    const answer = this.#responder?.respond(act, unixSeconds);
    this.#session = answer?.session;
    return answer?.act2;
  }

  /** The next frame that is complete. Throws NoiseError. */
  next(): Frame | undefined {
    if (!this.#ready) return undefined;
    const headerSize = this.#session === undefined ? FRAME_HEADER_SIZE : SEALED_HEADER_SIZE;
    if (this.#header === undefined) {
      const bytes = this.#buffer.take(headerSize);
      if (bytes === undefined) return undefined;
      this.#header = (this.#session?.openHeader(bytes) ?? bytes).slice();
    }
    const { extensionType, channelMessage, messageType, length } = decodeFrameHeader(this.#header);
    const size = this.#session?.payloadCiphertextSize(length) ?? length;
    const bytes = this.#buffer.take(size);
    if (bytes === undefined) return undefined;
    this.#header = undefined;
    const payload = (this.#session?.openPayload(bytes) ?? bytes).slice();
    return { extensionType, channelMessage, messageType, payload };
  }

  /** A frame as it goes over the wire. `length` is what its header claims, if that is not the truth. */
  encode(frame: Frame, length: number = frame.payload.length): Uint8Array {
    const plain = new Uint8Array(FRAME_HEADER_SIZE + frame.payload.length);
    encodeFrameHeaderInto({ ...frame, length: frame.payload.length }, plain, 0);
    plain.set(frame.payload, FRAME_HEADER_SIZE);
    const claimed = new Uint8Array(FRAME_HEADER_SIZE);
    encodeFrameHeaderInto({ ...frame, length }, claimed, 0);
    if (this.#session === undefined) {
      plain.set(claimed);
      return plain;
    }
    const sealed = new Uint8Array(this.#session.sealedSize(plain.length));
    this.#forgedHeader = claimed;
    this.#session.seal(plain, sealed, 0);
    return sealed;
  }

  #forgingCrypto(): NoiseCrypto {
    return {
      ...fastCrypto,
      createAead: (key) => {
        const aead = fastCrypto.createAead(key);
        const seal: Aead['seal'] = (nonce, associatedData, plaintext, out, offset) => {
          const forged = plaintext.length === FRAME_HEADER_SIZE ? this.#forgedHeader : undefined;
          if (forged !== undefined) this.#forgedHeader = undefined;
          aead.seal(nonce, associatedData, forged ?? plaintext, out, offset);
        };
        return { seal, open: (...parameters) => aead.open(...parameters) };
      },
    };
  }
}
