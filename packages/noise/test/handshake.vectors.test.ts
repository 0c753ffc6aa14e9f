import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { type KeyPair, NoiseInitiator, NoiseResponder, portableCrypto, ResponderIdentity } from '../src/index.ts';
import { type createFailureVectors, createHandshakeVectors } from './createVectors.ts';
import { errorCodeOf, frameOf, hex, patternPayload, readVectorFile, unhex, withKeyPairs } from './support.ts';

type HandshakeVectors = ReturnType<typeof createHandshakeVectors>;
type FailureVectors = ReturnType<typeof createFailureVectors>;
type PairVector = HandshakeVectors['handshakes'][number]['responderStatic'];

const { handshakes }: HandshakeVectors = JSON.parse(readVectorFile('noise/handshake.json'));
const failures: FailureVectors = JSON.parse(readVectorFile('noise/failures.json'));

const unusedRandom = () => {
  throw new Error('everything random is in the vector');
};

function pairFrom(vector: PairVector): KeyPair {
  return {
    secretKey: unhex(vector.secretKey),
    ellswift: unhex(vector.ellswift),
    publicKey: unhex(vector.publicKey),
  };
}

describe.each(handshakes)('handshake $name', (vector) => {
  const identity = new ResponderIdentity({
    crypto: {
      ...portableCrypto,
      keyPairFromSecret: (secretKey) => ({
        secretKey,
        ellswift: new Uint8Array(64),
        publicKey: unhex(vector.authority.publicKey),
      }),
    },
    random: () => unhex(vector.certificate.auxiliaryRandom),
    authoritySecretKey: unhex(vector.authority.secretKey),
    certificateValiditySeconds: vector.certificate.notValidAfter - vector.certificate.validFrom,
    staticKeyPair: pairFrom(vector.responderStatic),
  });

  it('gives the same acts, keys and frames', () => {
    const keys: string[] = [];
    const recording = (pair: PairVector) => {
      const crypto = withKeyPairs([pairFrom(pair)]);
      return {
        ...crypto,
        createAead: (key: Uint8Array) => {
          keys.push(hex(key));
          return crypto.createAead(key);
        },
      };
    };
    const responder = new NoiseResponder({
      crypto: recording(vector.responderEphemeral),
      random: unusedRandom,
      identity,
    });
    const initiator = new NoiseInitiator({
      crypto: recording(vector.initiatorEphemeral),
      random: unusedRandom,
      authorityPublicKey: unhex(vector.authority.publicKey),
    });

    const act1 = initiator.start();
    expect(hex(act1)).toBe(vector.act1);
    const { act2, session } = responder.respond(act1, vector.unixSeconds);
    expect(hex(act2)).toBe(vector.act2);
    expect(keys.slice(-2)).toEqual([vector.responderToInitiator, vector.initiatorToResponder]);
    const initiatorSession = initiator.finish(act2, vector.unixSeconds);
    expect(keys.slice(-2)).toEqual([vector.initiatorToResponder, vector.responderToInitiator]);
    expect(hex(session.handshakeHash)).toBe(vector.handshakeHash);
    expect(hex(initiatorSession.handshakeHash)).toBe(vector.handshakeHash);

    for (const frame of vector.frames) {
      const [from, to] = frame.from === 'initiator' ? [initiatorSession, session] : [session, initiatorSession];
      const plaintext = frameOf(patternPayload(frame.payloadLength));
      const sealed = new Uint8Array(from.sealedSize(plaintext.length));
      expect(from.seal(plaintext, sealed, 0)).toBe(frame.sealedSize);
      expect(hex(sha256(sealed))).toBe(frame.sealedSha256);
      if ('sealed' in frame) expect(hex(sealed)).toBe(frame.sealed);
      expect(hex(to.openHeader(sealed.subarray(0, 22)))).toBe(frame.header);
      const payload = sealed.subarray(22);
      expect(payload.length).toBe(to.payloadCiphertextSize(frame.payloadLength));
      expect(hex(sha256(to.openPayload(payload)))).toBe(hex(sha256(patternPayload(frame.payloadLength))));
    }
  });
});

describe('failures', () => {
  const vector = handshakes.find((handshake) => handshake.name === failures.handshake)!;
  const act2 = unhex(vector.act2);

  const finish = (message: Uint8Array, unixSeconds = vector.unixSeconds, authority = vector.authority.publicKey) => {
    const crypto = withKeyPairs([pairFrom(vector.initiatorEphemeral)]);
    const initiator = new NoiseInitiator({ crypto, random: unusedRandom, authorityPublicKey: unhex(authority) });
    initiator.start();
    return errorCodeOf(() => initiator.finish(message, unixSeconds));
  };

  it('accepts the unchanged act 2', () => {
    expect(finish(act2)).toBe('ok');
  });

  it('refuses each of the 234 bytes changed', () => {
    expect(failures.flips.map(({ byte }) => byte)).toEqual(Array.from({ length: 234 }, (_, i) => i));
    for (const { byte, xor, result } of failures.flips) {
      const changed = act2.slice();
      changed[byte]! ^= unhex(xor)[0]!;
      expect(finish(changed), `byte ${byte}`).toBe(result);
      expect(result).toBe('decryption-failed');
    }
  });

  it.each(failures.lengths)('$length bytes: $result', ({ length, result }) => {
    const changed = new Uint8Array(length);
    changed.set(act2.subarray(0, length));
    expect(finish(changed)).toBe(result);
  });

  it.each(failures.clock)('at $unixSeconds: $result', ({ unixSeconds, result }) => {
    expect(finish(act2, unixSeconds)).toBe(result);
  });

  it.each(failures.authority)('$result', ({ authorityPublicKey, result }) => {
    expect(finish(act2, vector.unixSeconds, authorityPublicKey)).toBe(result);
  });

  it.each(failures.certificates)('certificate $name: $result', ({ act2, unixSeconds, result }) => {
    expect(finish(unhex(act2), unixSeconds)).toBe(result);
  });
});

it('the published files are what the generator gives', () => {
  expect(handshakes[0]).toEqual(JSON.parse(JSON.stringify(createHandshakeVectors().handshakes[0])));
});
