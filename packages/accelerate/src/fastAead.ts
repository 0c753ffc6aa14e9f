import { createCipheriv, createDecipheriv } from 'node:crypto';
import { newInstance } from '@chainsafe/as-chacha20poly1305';
import { UsageError } from '@stratumkit/codec';
import type { Aead } from '@stratumkit/noise';

/** Plaintexts from this size on go to OpenSSL: its calls cost more to begin with, and less per byte. */
export const LARGE_PLAINTEXT = 3_072;

const TAG_SIZE = 16;
const SMALL_COPY = 64;
/** The module takes associated data of up to 32 bytes: the handshake hash, or none. */
const MAX_SMALL_ASSOCIATED_DATA = 32;
const OPENSSL = { name: 'chacha20-poly1305', options: { authTagLength: TAG_SIZE } } as const;

const wasm = newInstance();
const memory = wasm.memory.buffer;
const wasmKey = new Uint8Array(memory, wasm.cpKey.value, 32);
const wasmNonce = new Uint8Array(memory, wasm.cpNonce.value, 12);
const wasmAssociatedData = new Uint8Array(memory, wasm.cpAssociatedData.value, MAX_SMALL_ASSOCIATED_DATA);
const wasmInput = new Uint8Array(memory, wasm.cpInput.value, LARGE_PLAINTEXT + TAG_SIZE);
const wasmOutput = new Uint8Array(memory, wasm.chacha20Output.value, LARGE_PLAINTEXT);
const wasmTag = new Uint8Array(memory, wasm.poly1305Output.value, TAG_SIZE);

/** ChaCha20-Poly1305 under one key; the key is copied. Throws UsageError `invalid-key` unless it has 32 bytes. */
export function createFastAead(keyBytes: Uint8Array): Aead {
  if (keyBytes.length !== 32) throw new UsageError('invalid-key', 'an AEAD key has 32 bytes');
  const key = keyBytes.slice();
  return {
    seal(nonce, associatedData, plaintext, out, offset) {
      const { length } = plaintext;
      if (offset + length + TAG_SIZE > out.length)
        throw new UsageError('out-of-range', 'target too small to seal into');
      if (length >= LARGE_PLAINTEXT || associatedData.length > MAX_SMALL_ASSOCIATED_DATA) {
        sealLarge(key, nonce, associatedData, plaintext, out, offset);
        return;
      }
      load(key, nonce, associatedData);
      wasmInput.set(plaintext);
      wasm.sealUpdate(true, true, length, length, associatedData.length);
      copyOutput(length, out, offset);
      out.set(wasmTag, offset + length);
    },
    open(nonce, associatedData, ciphertext, out, offset) {
      const length = ciphertext.length - TAG_SIZE;
      if (length < 0 || offset + length > out.length) {
        throw new UsageError('out-of-range', 'target too small to open into');
      }
      if (length >= LARGE_PLAINTEXT || associatedData.length > MAX_SMALL_ASSOCIATED_DATA) {
        return openLarge(key, nonce, associatedData, ciphertext, out, offset);
      }
      load(key, nonce, associatedData);
      wasmInput.set(ciphertext);
      wasm.openUpdate(true, true, length, length, associatedData.length);
      // The module's output holds plaintext by now, whatever the tag says; it leaves this function only after the check.
      if (!hasTag(ciphertext, length)) return false;
      copyOutput(length, out, offset);
      return true;
    },
  };
}

function load(key: Uint8Array, nonce: Uint8Array, associatedData: Uint8Array): void {
  wasmKey.set(key);
  wasmNonce.set(nonce);
  if (associatedData.length > 0) wasmAssociatedData.set(associatedData);
}

/** A view costs more to make than a few bytes to copy. */
function copyOutput(length: number, out: Uint8Array, offset: number): void {
  if (length > SMALL_COPY) out.set(wasmOutput.subarray(0, length), offset);
  else for (let i = 0; i < length; i++) out[offset + i] = wasmOutput[i]!;
}

/** Compares all 16 bytes whatever differs. */
function hasTag(ciphertext: Uint8Array, start: number): boolean {
  let difference = 0;
  for (let i = 0; i < TAG_SIZE; i++) difference |= ciphertext[start + i]! ^ wasmTag[i]!;
  return difference === 0;
}

function sealLarge(
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  plaintext: Uint8Array,
  out: Uint8Array,
  offset: number,
): void {
  const cipher = createCipheriv(OPENSSL.name, key, nonce, OPENSSL.options);
  if (associatedData.length > 0) cipher.setAAD(associatedData, { plaintextLength: plaintext.length });
  out.set(cipher.update(plaintext), offset);
  cipher.final();
  out.set(cipher.getAuthTag(), offset + plaintext.length);
}

function openLarge(
  key: Uint8Array,
  nonce: Uint8Array,
  associatedData: Uint8Array,
  ciphertext: Uint8Array,
  out: Uint8Array,
  offset: number,
): boolean {
  const length = ciphertext.length - TAG_SIZE;
  const decipher = createDecipheriv(OPENSSL.name, key, nonce, OPENSSL.options);
  if (associatedData.length > 0) decipher.setAAD(associatedData, { plaintextLength: length });
  decipher.setAuthTag(ciphertext.subarray(length));
  const plaintext = decipher.update(ciphertext.subarray(0, length));
  try {
    decipher.final();
  } catch {
    return false;
  }
  out.set(plaintext, offset);
  return true;
}
