import { encodeFrame } from '@stratumkit/framing';
import {
  CloseChannel,
  OpenExtendedMiningChannel,
  OpenStandardMiningChannel,
  SubmitSharesExtended,
  SubmitSharesStandard,
  UpdateChannel,
} from '@stratumkit/messages/mining';
import type { Prng } from '../core/prng.ts';
import type { Misbehaviour } from '../topology.ts';

const KEPT_FRAMES = 64;
const HELD_FRAMES = 4;
/** Frames of a flood at once, ten times a second: five times what a connection with one channel may send. */
const FLOOD_FRAMES = 110;
const HEADER_SIZE = 6;
/** Behind channel id and sequence number. */
const SHARE_BODY_AT = HEADER_SIZE + 8;

/** Turns what an honest client sends into what a hostile one does. Frames are plaintext; `raw` bypasses the connection. */
export class Hostility {
  readonly kind: Misbehaviour;
  readonly #random: Prng;
  readonly #kept: Uint8Array[] = [];
  #held: Uint8Array[] = [];
  /** While false the client behaves. */
  isActive = false;

  constructor(kind: Misbehaviour, random: Prng) {
    this.kind = kind;
    this.#random = random;
  }

  /** What goes out instead of a frame. */
  mangle(frame: Uint8Array): readonly Uint8Array[] {
    if (!isShare(frame)) return [frame];
    this.#kept.push(frame);
    if (this.#kept.length > KEPT_FRAMES) this.#kept.shift();
    if (!this.isActive) return this.#release(frame);
    switch (this.kind) {
      case 'duplicate':
        return [frame, frame, frame];
      case 'replay':
        return [frame, this.#random.pick(this.#kept), this.#onOtherChannel(this.#random.pick(this.#kept))];
      case 'reorder':
        this.#held.push(frame);
        return this.#held.length < HELD_FRAMES ? [] : this.#held.splice(0).reverse();
      case 'lie':
        return [this.#corrupt(frame), frame, this.#corrupt(frame), ...this.#lies()];
      default:
        return [frame];
    }
  }

  /** What goes out on its own, ten times a second. */
  burst(): readonly Uint8Array[] {
    if (!this.isActive) return [];
    if (this.kind === 'flood') {
      const frame = this.#kept.length > 0 ? this.#random.pick(this.#kept) : this.#openRequest();
      return new Array<Uint8Array>(FLOOD_FRAMES).fill(this.#random.chance(0.1) ? this.#openRequest() : frame);
    }
    if (this.kind === 'lie' && this.#random.chance(0.05)) return this.#lies();
    return [];
  }

  /** Bytes that go onto the wire past the connection. */
  raw(): Uint8Array | undefined {
    if (!this.isActive || this.kind !== 'garbage' || !this.#random.chance(0.05)) return undefined;
    const shape = this.#random.below(3);
    if (shape === 0) return ascii('GET / HTTP/1.1\r\nHost: pool\r\n\r\n');
    // The header of a frame that claims the most it can.
    if (shape === 1) return Uint8Array.of(0, 0x80, 0x1b, 0xff, 0xff, 0xff, ...this.#random.bytes(20));
    return this.#random.bytes(this.#random.between(1, 400));
  }

  #release(frame: Uint8Array): readonly Uint8Array[] {
    return this.#held.length === 0 ? [frame] : [...this.#held.splice(0), frame];
  }

  #corrupt(frame: Uint8Array): Uint8Array {
    const copy = frame.slice();
    const at = this.#random.between(SHARE_BODY_AT, copy.length - 1);
    copy[at] = copy[at]! ^ (1 << this.#random.below(8));
    return copy;
  }

  #onOtherChannel(frame: Uint8Array): Uint8Array {
    const copy = frame.slice();
    new DataView(copy.buffer).setUint32(HEADER_SIZE, this.#random.between(1, 4), true);
    return copy;
  }

  #lies(): readonly Uint8Array[] {
    const channelId = this.#random.between(0, 5);
    const nominalHashRate = this.#random.pick([Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e38]);
    const maximumTarget = this.#random.pick([
      new Uint8Array(32),
      new Uint8Array(32).fill(0xff),
      this.#random.bytes(32),
    ]);
    return [
      this.#random.pick([
        encodeFrame(UpdateChannel, { channelId, nominalHashRate, maximumTarget }),
        encodeFrame(CloseChannel, { channelId: this.#random.uint32(), reasonCode: 'lie' }),
        encodeFrame(OpenExtendedMiningChannel, {
          requestId: this.#random.below(4),
          userIdentity: '\u001b[2J',
          nominalHashRate,
          maxTarget: maximumTarget,
          minExtranonceSize: this.#random.pick([0, 16, 17, 0xffff]),
        }),
        encodeFrame(SubmitSharesStandard, {
          channelId,
          sequenceNumber: this.#random.uint32(),
          jobId: this.#random.below(200),
          nonce: this.#random.uint32(),
          ntime: this.#random.uint32(),
          version: this.#random.uint32(),
        }),
      ]),
    ];
  }

  #openRequest(): Uint8Array {
    return encodeFrame(OpenStandardMiningChannel, {
      requestId: this.#random.uint32(),
      userIdentity: 'flood',
      nominalHashRate: 0,
      maxTarget: new Uint8Array(32),
    });
  }
}

function isShare(frame: Uint8Array): boolean {
  return frame[2] === SubmitSharesStandard.messageType || frame[2] === SubmitSharesExtended.messageType;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
