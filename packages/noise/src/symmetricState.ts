import { CipherState, TAG_SIZE } from './cipherState.ts';
import type { NoiseCrypto } from './types.ts';

/** Name of the handshake; hashed because it is longer than 32 bytes (spec 4.5.1). */
export const PROTOCOL_NAME = 'Noise_NX_Secp256k1+EllSwift_ChaChaPoly_SHA256';

const EMPTY = new Uint8Array(0);

/** Handshake hash, chaining key and current key of a running handshake (spec 4.4.2), with an empty prologue. */
export class SymmetricState {
  readonly #crypto: NoiseCrypto;
  #chainingKey: Uint8Array;
  #hash: Uint8Array;
  #cipher: CipherState | undefined;

  constructor(crypto: NoiseCrypto) {
    this.#crypto = crypto;
    this.#chainingKey = crypto.sha256(Uint8Array.from(PROTOCOL_NAME, (character) => character.charCodeAt(0)));
    this.#hash = crypto.sha256(this.#chainingKey);
  }

  /** Digest of everything sent and received so far. */
  get handshakeHash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = this.#crypto.sha256(concat(this.#hash, data));
  }

  mixKey(inputKeyMaterial: Uint8Array): void {
    const [chainingKey, key] = this.#hkdf(inputKeyMaterial);
    this.#chainingKey = chainingKey;
    this.#cipher = new CipherState(this.#crypto.createAead(key));
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    if (this.#cipher === undefined) {
      this.mixHash(plaintext);
      return plaintext;
    }
    const ciphertext = new Uint8Array(plaintext.length + TAG_SIZE);
    this.#cipher.seal(plaintext, ciphertext, 0, this.#hash);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    if (this.#cipher === undefined) {
      this.mixHash(ciphertext);
      return ciphertext;
    }
    const plaintext = new Uint8Array(ciphertext.length - TAG_SIZE);
    this.#cipher.open(ciphertext, plaintext, 0, this.#hash);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** Keys of the two directions: initiator to responder first. */
  split(): readonly [Uint8Array, Uint8Array] {
    const keys = this.#hkdf(EMPTY);
    this.#chainingKey.fill(0);
    return keys;
  }

  #hkdf(inputKeyMaterial: Uint8Array): readonly [Uint8Array, Uint8Array] {
    const temporaryKey = this.#hmac(this.#chainingKey, inputKeyMaterial);
    const first = this.#hmac(temporaryKey, Uint8Array.of(1));
    const second = this.#hmac(temporaryKey, concat(first, Uint8Array.of(2)));
    temporaryKey.fill(0);
    return [first, second];
  }

  #hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
    const inner = this.#crypto.sha256(concat(padded(key, 0x36), data));
    return this.#crypto.sha256(concat(padded(key, 0x5c), inner));
  }
}

function padded(key: Uint8Array, pad: number): Uint8Array {
  const block = new Uint8Array(64).fill(pad);
  for (let i = 0; i < key.length; i++) block[i]! ^= key[i]!;
  return block;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
