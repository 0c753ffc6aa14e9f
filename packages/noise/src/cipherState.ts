import { noiseError } from './errors.ts';
import type { Aead } from './types.ts';

export const TAG_SIZE = 16;

const NO_DATA = new Uint8Array(0);
const MAX_U32 = 0xffff_ffff;

/** `CipherState` of spec 4.4.1: an AEAD key and its message counter. */
export class CipherState {
  readonly #aead: Aead;
  /** 32 zero bits, then the counter as a little-endian U64. */
  readonly #nonce = new Uint8Array(12);
  readonly #view = new DataView(this.#nonce.buffer);
  #low: number;
  #high: number;

  constructor(aead: Aead, firstNonce = 0n) {
    this.#aead = aead;
    this.#low = Number(firstNonce & 0xffff_ffffn);
    this.#high = Number(firstNonce >> 32n);
  }

  /** Appends the tag; writes `plaintext.length + 16` bytes. */
  seal(plaintext: Uint8Array, out: Uint8Array, offset: number, associatedData: Uint8Array = NO_DATA): void {
    this.#loadNonce();
    this.#aead.seal(this.#nonce, associatedData, plaintext, out, offset);
    this.#advance();
  }

  /** The nonce stays where it is when the tag does not fit; the session must end then. */
  open(ciphertext: Uint8Array, out: Uint8Array, offset: number, associatedData: Uint8Array = NO_DATA): void {
    this.#loadNonce();
    if (!this.#aead.open(this.#nonce, associatedData, ciphertext, out, offset)) {
      throw noiseError('decryption-failed', 'authentication tag does not fit the ciphertext');
    }
    this.#advance();
  }

  #loadNonce(): void {
    // Noise keeps the nonce 2^64 - 1 for rekeying, which SV2 does not have.
    if (this.#high === MAX_U32 && this.#low === MAX_U32) {
      throw noiseError('nonce-exhausted', 'no nonce left under this key; reconnect');
    }
    this.#view.setUint32(4, this.#low, true);
    this.#view.setUint32(8, this.#high, true);
  }

  #advance(): void {
    if (this.#low === MAX_U32) {
      this.#low = 0;
      this.#high += 1;
    } else {
      this.#low += 1;
    }
  }
}
