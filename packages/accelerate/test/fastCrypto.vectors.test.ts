import { type KeyPair, type NoiseCrypto, NoiseInitiator, NoiseResponder, ResponderIdentity } from '@stratumkit/noise';
import { describe, expect, it } from 'vitest';
import { encodePublicKey } from '../src/curveKernel.ts';
import { fastCrypto } from '../src/index.ts';
import { hex, readCsv, readVectorFile, seededRandom, unhex } from './support.ts';

describe('BIP324 vectors', () => {
  it.each(readCsv('bip324/ellswift_decode.csv').map((row) => [row.comment, row]))('decodes %s', (_, row) => {
    expect(hex(fastCrypto.decodePublicKey(unhex(row.ellswift!)).publicKey)).toBe(row.x);
  });

  it.each(readCsv('bip324/xswiftec_inv.csv').map((row, i) => [i, row] as const))('encodes row %i', (_, row) => {
    for (let branch = 0; branch < 8; branch++) {
      const t = row[`case${branch}_t`];
      expect(encodeOnce(row.x!, row.u!, branch)).toBe(t === '' ? undefined : `${row.u}${t}`);
    }
  });

  it.each(readCsv('bip324/shared_secret.csv').map((row, i) => [i, row] as const))('agrees on secret %i', (_, row) => {
    const [own, remote] = [unhex(row.in_ellswift_ours!), unhex(row.in_ellswift_theirs!)];
    const pair = { secretKey: unhex(row.in_priv_ours!), ellswift: own, publicKey: unhex(row.mid_x_ours!) };
    const role = row.in_initiating === '1' ? 'initiator' : 'responder';
    const decoded = fastCrypto.decodePublicKey(remote);
    expect(hex(fastCrypto.ecdh(pair, decoded, role))).toBe(row.mid_shared_secret);
    const blinds = [
      seededRandom('blind'),
      (n: number) => new Uint8Array(n),
      (n: number) => new Uint8Array(n).fill(255),
    ];
    for (const random of blinds) {
      expect(hex(fastCrypto.ecdhStatic(pair, decoded, role, random))).toBe(row.mid_shared_secret);
    }
  });

  /** The encoding from one draw, undefined when it asks for another. */
  function encodeOnce(x: string, u: string, branch: number): string | undefined {
    const draws = [unhex(`${u}0${branch}`)];
    const exhausted = new Error('asked for another draw');
    try {
      const encoded = encodePublicKey(unhex(x), () => {
        const draw = draws.pop();
        if (draw === undefined) throw exhausted;
        return draw;
      });
      return hex(encoded);
    } catch (error) {
      if (error === exhausted) return undefined;
      throw error;
    }
  }
});

describe('BIP340 vectors', () => {
  it.each(readCsv('bip340/schnorr.csv').map((row) => [row.index, row]))('row %s', (_, row) => {
    const [publicKey, message, signature] = [row['public key'], row.message, row.signature].map((text) => unhex(text!));
    if (message!.length !== 32) return; // certificates sign hashes only
    expect(fastCrypto.verify(signature!, message!, publicKey!)).toBe(row['verification result'] === 'TRUE');
    if (row['secret key'] === '') return;
    const made = fastCrypto.sign(message!, unhex(row['secret key']!), unhex(row.aux_rand!));
    expect(hex(made)).toBe(row.signature!.toLowerCase());
  });
});

interface HandshakeVector {
  name: string;
  authority: { secretKey: string; publicKey: string };
  initiatorEphemeral: Record<keyof KeyPair, string>;
  responderEphemeral: Record<keyof KeyPair, string>;
  responderStatic: Record<keyof KeyPair, string>;
  certificate: { validFrom: number; notValidAfter: number; auxiliaryRandom: string };
  unixSeconds: number;
  act1: string;
  act2: string;
  handshakeHash: string;
}

describe('handshake vectors', () => {
  const { handshakes } = JSON.parse(readVectorFile('noise/handshake.json')) as { handshakes: HandshakeVector[] };
  const failures = JSON.parse(readVectorFile('noise/failures.json')) as {
    handshake: string;
    flips: { byte: number; xor: string; result: string }[];
  };

  const withPair = (pair: Record<keyof KeyPair, string>): NoiseCrypto => ({
    ...fastCrypto,
    createKeyPair: () => pairFrom(pair),
  });

  it.each(handshakes)('handshake $name', (vector) => {
    const auxiliaryRandom = unhex(vector.certificate.auxiliaryRandom);
    const identity = new ResponderIdentity({
      crypto: {
        ...fastCrypto,
        keyPairFromSecret: (secretKey) => ({
          secretKey,
          ellswift: secretKey,
          publicKey: unhex(vector.authority.publicKey),
        }),
      },
      random: () => auxiliaryRandom,
      authoritySecretKey: unhex(vector.authority.secretKey),
      certificateValiditySeconds: vector.certificate.notValidAfter - vector.certificate.validFrom,
      staticKeyPair: pairFrom(vector.responderStatic),
    });
    const random = seededRandom('blind');
    const responder = new NoiseResponder({ crypto: withPair(vector.responderEphemeral), random, identity });
    const { act2, session } = responder.respond(unhex(vector.act1), vector.unixSeconds);
    expect(hex(act2)).toBe(vector.act2);
    expect(hex(session.handshakeHash)).toBe(vector.handshakeHash);
    expect(hex(finish(vector, act2).handshakeHash)).toBe(vector.handshakeHash);
  });

  it('refuses each of the 234 bytes changed', () => {
    const vector = handshakes.find(({ name }) => name === failures.handshake)!;
    for (const { byte, xor, result } of failures.flips) {
      const changed = unhex(vector.act2);
      changed[byte]! ^= unhex(xor)[0]!;
      expect(() => finish(vector, changed)).toThrow(expect.objectContaining({ code: result }));
    }
    expect(failures.flips.length).toBe(234);
  });

  function finish(vector: HandshakeVector, act2: Uint8Array) {
    const initiator = new NoiseInitiator({
      crypto: withPair(vector.initiatorEphemeral),
      random: seededRandom('unused'),
      authorityPublicKey: unhex(vector.authority.publicKey),
    });
    initiator.start();
    return initiator.finish(act2, vector.unixSeconds);
  }

  function pairFrom(vector: Record<keyof KeyPair, string>): KeyPair {
    const { secretKey, ellswift, publicKey } = vector;
    return { secretKey: unhex(secretKey), ellswift: unhex(ellswift), publicKey: unhex(publicKey) };
  }
});
