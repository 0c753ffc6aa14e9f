import { describe, expect, it } from 'vitest';
import {
  decodeAuthorityPublicKey,
  decodeAuthoritySecretKey,
  encodeAuthorityPublicKey,
  encodeAuthoritySecretKey,
  publicKeyFromSecret,
} from '../src/index.ts';
import { errorCodeOf, unhex } from './support.ts';

// spec 4.7.1
const SPEC_KEY = Uint8Array.of(
  ...[118, 99, 112, 0, 151, 156, 28, 17, 175, 12, 48, 11, 205, 140, 127, 228],
  ...[134, 16, 252, 233, 185, 193, 30, 61, 174, 227, 90, 224, 176, 138, 116, 85],
);
const SPEC_TEXT = '9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh';
// The pair in the example configurations of the reference implementation.
const SRI_PUBLIC = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
const SRI_SECRET = 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n';

describe('authority keys', () => {
  it('pass the vector of spec 4.7.1', () => {
    expect(encodeAuthorityPublicKey(SPEC_KEY)).toBe(SPEC_TEXT);
    expect(decodeAuthorityPublicKey(SPEC_TEXT)).toEqual(SPEC_KEY);
  });

  it('are those of the reference implementation', () => {
    const secretKey = decodeAuthoritySecretKey(SRI_SECRET);
    expect(encodeAuthorityPublicKey(publicKeyFromSecret(secretKey))).toBe(SRI_PUBLIC);
    expect(encodeAuthoritySecretKey(secretKey)).toBe(SRI_SECRET);
  });

  it.each([
    ['', 'not valid base58check'],
    [`${SPEC_TEXT}1`, 'not valid base58check'],
    [SPEC_TEXT.replace('9bX', '9bY'), 'not valid base58check'],
    ['0OIl', 'not valid base58check'],
    ['1'.repeat(10_000), 'not valid base58check'],
    [SRI_SECRET, 'form of an authority secret key'],
    ['1111111111111111111114oLvT2', 'not of 21'],
  ])('decoding the public key %s tells why not', (text, reason) => {
    expect(() => decodeAuthorityPublicKey(text)).toThrow(reason);
    if (text !== '') expect(() => decodeAuthorityPublicKey(text)).not.toThrow(text);
  });

  it('knows other versions and points off the curve', () => {
    const other = encodeAuthorityPublicKey(new Uint8Array(32)); // x = 0 is on no point
    expect(() => decodeAuthorityPublicKey(other)).toThrow('no point of the curve');
    expect(() => decodeAuthorityPublicKey(encodeAuthorityPublicKey(new Uint8Array(32).fill(255)))).toThrow('no point');
    expect(errorCodeOf(() => encodeAuthorityPublicKey(new Uint8Array(31)))).toBe('invalid-key');
  });

  it.each([
    [SRI_PUBLIC, 'form of an authority public key'],
    [`${SRI_SECRET}x`, 'not valid base58check'],
  ])('never repeats a secret that does not decode', (text, reason) => {
    expect(() => decodeAuthoritySecretKey(text)).toThrow(reason);
    try {
      decodeAuthoritySecretKey(text);
    } catch (error) {
      const { message, context, cause } = error as Error & { context: unknown };
      expect(JSON.stringify([message, context, String(cause)])).not.toContain(text.slice(0, 8));
    }
  });

  it.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
    'ff',
  ])('%s is no secret key', (text) => {
    expect(errorCodeOf(() => encodeAuthoritySecretKey(unhex(text)))).toBe('invalid-key');
    expect(errorCodeOf(() => publicKeyFromSecret(unhex(text)))).toBe('invalid-key');
  });
});
