import { schnorr } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createBase58check } from '@scure/base';
import { ConfigError, UsageError } from '@stratumkit/codec';
import { bytesToBigint, FIELD_PRIME, isCurveX } from './field.ts';
import { isSecretKey } from './portableCrypto.ts';

const base58check = createBase58check(sha256);
const VERSION = [1, 0] as const;

/** Base58check of the version 1, 0 and the 32-byte x-only key (spec 4.7). Throws UsageError `invalid-key` for another length. */
export function encodeAuthorityPublicKey(publicKey: Uint8Array): string {
  if (publicKey.length !== 32) throw new UsageError('invalid-key', 'an authority public key has 32 bytes');
  return base58check.encode(Uint8Array.of(...VERSION, ...publicKey));
}

/** The 32-byte x-only key. Throws `ConfigError`, whose text never repeats what was given. */
export function decodeAuthorityPublicKey(text: string): Uint8Array {
  const bytes = decodeBase58check(text, 'authority public key');
  if (bytes.length === 32) {
    throw new ConfigError('invalid-key', 'this has the form of an authority secret key, where a public key belongs');
  }
  if (bytes.length !== 34) {
    throw new ConfigError('invalid-key', `an authority public key is base58check of 34 bytes, not of ${bytes.length}`);
  }
  if (bytes[0] !== VERSION[0] || bytes[1] !== VERSION[1]) {
    throw new ConfigError('invalid-key', `authority public key of unknown version ${bytes[0]}, ${bytes[1]}`);
  }
  const publicKey = bytes.slice(2);
  const x = bytesToBigint(publicKey);
  if (x >= FIELD_PRIME || !isCurveX(x)) {
    throw new ConfigError('invalid-key', 'the authority public key is no point of the curve');
  }
  return publicKey;
}

/**
 * Base58check of the bare 32 bytes, as SRI's configuration files have it. Throws UsageError `invalid-key` unless they lie within
 * 1 and n - 1.
 */
export function encodeAuthoritySecretKey(secretKey: Uint8Array): string {
  if (!isSecretKey(secretKey)) {
    throw new UsageError('invalid-key', 'an authority secret key is 32 bytes, from 1 to n - 1');
  }
  return base58check.encode(secretKey);
}

/** The 32-byte secret. Throws `ConfigError`, whose text never repeats what was given. */
export function decodeAuthoritySecretKey(text: string): Uint8Array {
  const bytes = decodeBase58check(text, 'authority secret key');
  if (bytes.length === 34) {
    throw new ConfigError('invalid-key', 'this has the form of an authority public key, where the secret key belongs');
  }
  if (!isSecretKey(bytes)) {
    throw new ConfigError('invalid-key', 'an authority secret key is base58check of 32 bytes, from 1 to n - 1');
  }
  return bytes;
}

/** The 32-byte x-only public key of a 32-byte secret. Throws UsageError `invalid-key` unless that lies within 1 and n - 1. */
export function publicKeyFromSecret(secretKey: Uint8Array): Uint8Array {
  if (!isSecretKey(secretKey)) {
    throw new UsageError('invalid-key', 'an authority secret key is 32 bytes, from 1 to n - 1');
  }
  return schnorr.getPublicKey(secretKey);
}

function decodeBase58check(text: string, what: string): Uint8Array {
  // A longer text is no key; base58 takes quadratic time.
  if (text.length <= 100) {
    try {
      return base58check.decode(text);
    } catch {
      // The library's message may quote the input: it is dropped on purpose.
    }
  }
  throw new ConfigError('invalid-key', `the ${what} is not valid base58check; was it copied whole?`);
}
