import { describe, expect, it } from 'vitest';
import { bigintToBytes32, bytesToBigint, FIELD_PRIME, invert, isCurveX, squareRoot } from '../src/field.ts';
import { decodeEllswift, encodeEllswift, invertXSwiftEc, portableCrypto } from '../src/index.ts';
import { hex, readCsv, seededRandom, unhex } from './support.ts';

describe('BIP324 vectors', () => {
  it.each(readCsv('bip324/ellswift_decode.csv').map((row) => [row.comment, row]))('decodes %s', (_, row) => {
    expect(hex(bigintToBytes32(decodeEllswift(unhex(row.ellswift!))))).toBe(row.x);
    expect(hex(portableCrypto.decodePublicKey(unhex(row.ellswift!)).publicKey)).toBe(row.x);
  });

  it.each(readCsv('bip324/xswiftec_inv.csv').map((row, i) => [i, row] as const))('inverts row %i', (_, row) => {
    for (let branch = 0; branch < 8; branch++) {
      const t = invertXSwiftEc(BigInt(`0x${row.x}`), BigInt(`0x${row.u}`), branch);
      expect(t === undefined ? '' : hex(bigintToBytes32(t))).toBe(row[`case${branch}_t`]);
    }
  });

  it.each(readCsv('bip324/shared_secret.csv').map((row, i) => [i, row] as const))('agrees on secret %i', (_, row) => {
    const [own, remote] = [unhex(row.in_ellswift_ours!), unhex(row.in_ellswift_theirs!)];
    const pair = { secretKey: unhex(row.in_priv_ours!), ellswift: own, publicKey: unhex(row.mid_x_ours!) };
    expect(portableCrypto.decodePublicKey(own).publicKey).toEqual(pair.publicKey);
    const role = row.in_initiating === '1' ? 'initiator' : 'responder';
    const decoded = portableCrypto.decodePublicKey(remote);
    expect(hex(portableCrypto.ecdh(pair, decoded, role))).toBe(row.mid_shared_secret);
    expect(hex(portableCrypto.ecdhStatic(pair, decoded, role, seededRandom('blind')))).toBe(row.mid_shared_secret);
  });
});

describe('BIP340 vectors', () => {
  it.each(readCsv('bip340/schnorr.csv').map((row) => [row.index, row]))('row %s', (_, row) => {
    const [publicKey, message, signature] = [row['public key'], row.message, row.signature].map((text) => unhex(text!));
    const valid = row['verification result'] === 'TRUE';
    expect(portableCrypto.verify(signature!, message!, publicKey!)).toBe(valid);
    if (row['secret key'] === '') return;
    const made = portableCrypto.sign(message!, unhex(row['secret key']!), unhex(row.aux_rand!));
    expect(hex(made)).toBe(row.signature!.toLowerCase());
  });
});

describe('field', () => {
  it('inverts, takes roots, and keeps bytes', () => {
    const random = seededRandom('field');
    for (let i = 0; i < 50; i++) {
      const value = bytesToBigint(random(32)) % FIELD_PRIME;
      expect((invert(value) * value) % FIELD_PRIME).toBe(1n);
      const square = (value * value) % FIELD_PRIME;
      const root = squareRoot(square)!;
      expect([value, FIELD_PRIME - value]).toContain(root);
      expect(bytesToBigint(bigintToBytes32(value))).toBe(value);
    }
    expect(invert(0n)).toBe(0n);
    expect(squareRoot(0n)).toBe(0n);
    expect(isCurveX(0n)).toBe(false);
  });
});

describe('encodeEllswift', () => {
  it('gives random encodings that decode to the key', () => {
    const random = seededRandom('encode');
    const seen = new Set<string>();
    for (let i = 0; i < 30; i++) {
      const pair = portableCrypto.createKeyPair(random);
      expect(portableCrypto.decodePublicKey(pair.ellswift).publicKey).toEqual(pair.publicKey);
      const again = encodeEllswift(bytesToBigint(pair.publicKey), random);
      expect(decodeEllswift(again)).toBe(bytesToBigint(pair.publicKey));
      seen.add(hex(pair.ellswift)).add(hex(again));
    }
    expect(seen.size).toBe(60);
  });
});
