import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  decodeSignatureNoiseMessage,
  NoiseInitiator,
  NoiseResponder,
  portableCrypto,
  ResponderIdentity,
} from '../src/index.ts';
import { errorCodeOf, frameOf, seededRandom } from './support.ts';

const NOW = 1_790_000_000;
const random = seededRandom('handshake.test');
const authority = portableCrypto.createKeyPair(random);

function createIdentity(certificateValiditySeconds = 3_600): ResponderIdentity {
  return new ResponderIdentity({ random, authoritySecretKey: authority.secretKey, certificateValiditySeconds });
}

describe('handshake', () => {
  const identity = createIdentity();

  it('gives two sessions that understand each other', () => {
    const initiator = new NoiseInitiator({ random, authorityPublicKey: identity.authorityPublicKey });
    const { act2, session } = new NoiseResponder({ random, identity }).respond(initiator.start(), NOW);
    const other = initiator.finish(act2, NOW);
    const sealed = new Uint8Array(session.sealedSize(9));
    session.seal(frameOf(Uint8Array.of(1, 2, 3)), sealed, 0);
    other.openHeader(sealed.subarray(0, 22));
    expect(other.openPayload(sealed.subarray(22))).toEqual(Uint8Array.of(1, 2, 3));
    expect(other.handshakeHash).toEqual(session.handshakeHash);
  });

  it('talks to anyone when told so, whatever the certificate says', () => {
    const initiator = new NoiseInitiator({ random, authorityPublicKey: 'unverified' });
    const { act2 } = new NoiseResponder({ random, identity }).respond(initiator.start(), NOW);
    expect(errorCodeOf(() => initiator.finish(act2, 0))).toBe('ok');
  });

  it('answers any 64 bytes, and nothing of another length', () => {
    for (const fill of [0, 1, 0x7f, 0xff]) {
      const responder = new NoiseResponder({ random, identity });
      expect(responder.respond(new Uint8Array(64).fill(fill), NOW).act2.length).toBe(234);
    }
    for (const length of [0, 63, 65]) {
      const responder = new NoiseResponder({ random, identity });
      expect(errorCodeOf(() => responder.respond(new Uint8Array(length), NOW))).toBe('act-length');
    }
  });

  it('runs once', () => {
    const initiator = new NoiseInitiator({ random, authorityPublicKey: 'unverified' });
    expect(errorCodeOf(() => initiator.finish(new Uint8Array(234), NOW))).toBe('wrong-state');
    const act1 = initiator.start();
    expect(errorCodeOf(() => initiator.start())).toBe('wrong-state');
    const responder = new NoiseResponder({ random, identity });
    const { act2 } = responder.respond(act1, NOW);
    expect(errorCodeOf(() => responder.respond(act1, NOW))).toBe('wrong-state');
    initiator.finish(act2, NOW);
    expect(errorCodeOf(() => initiator.finish(act2, NOW))).toBe('wrong-state');
  });

  it('refuses keys of a wrong length', () => {
    expect(errorCodeOf(() => new NoiseInitiator({ random, authorityPublicKey: new Uint8Array(33) }))).toBe(
      'invalid-key',
    );
    for (const authoritySecretKey of [new Uint8Array(32), new Uint8Array(31), new Uint8Array(32).fill(255)]) {
      const options = { random, authoritySecretKey, certificateValiditySeconds: 1 };
      expect(errorCodeOf(() => new ResponderIdentity(options))).toBe('invalid-key');
      expect(errorCodeOf(() => portableCrypto.keyPairFromSecret(authoritySecretKey, random))).toBe('invalid-key');
    }
    for (const seconds of [0, -1, 1.5, Number.NaN, 2 ** 32]) {
      expect(errorCodeOf(() => createIdentity(seconds))).toBe('out-of-range');
    }
  });
});

describe('certificates', () => {
  const period = (message: Uint8Array) => {
    const { validFrom, notValidAfter } = decodeSignatureNoiseMessage(message);
    return [validFrom - NOW, notValidAfter - NOW];
  };

  it('are signed once, and again at half of the period', () => {
    const identity = createIdentity(3_600);
    const first = identity.signatureNoiseMessage(NOW);
    expect(identity.signatureNoiseMessage(NOW + 1_799)).toBe(first);
    expect(period(first)).toEqual([0, 3_600]);
    const second = identity.signatureNoiseMessage(NOW + 1_800);
    expect(period(second)).toEqual([1_800, 5_400]);
  });

  it('are signed again when the clock was set back', () => {
    const identity = createIdentity(3_600);
    identity.signatureNoiseMessage(NOW);
    expect(period(identity.signatureNoiseMessage(NOW - 1))).toEqual([-1, 3_599]);
  });

  it('end at the end of the U32 range', () => {
    const message = createIdentity(3_600).signatureNoiseMessage(0xffff_fff0);
    expect(decodeSignatureNoiseMessage(message).notValidAfter).toBe(0xffff_ffff);
    for (const unixSeconds of [-1, 1.5, 2 ** 32, Number.NaN]) {
      expect(errorCodeOf(() => createIdentity().signatureNoiseMessage(unixSeconds))).toBe('out-of-range');
    }
  });

  it('that fail for the clock name both times and the skew', () => {
    const identity = createIdentity(3_600);
    const initiator = new NoiseInitiator({ random, authorityPublicKey: identity.authorityPublicKey });
    const { act2 } = new NoiseResponder({ random, identity }).respond(initiator.start(), NOW);
    expect(() => initiator.finish(act2, NOW - 60)).toThrow(
      expect.objectContaining({
        name: 'RemoteError',
        code: 'certificate-not-yet-valid',
        message: 'the certificate begins in 60 s; check the clocks of both machines for skew',
        context: { validFrom: NOW, notValidAfter: NOW + 3_600, unixSeconds: NOW - 60 },
      }),
    );
  });
});

it('shows no secret when a machine is printed', () => {
  const identity = createIdentity();
  const initiator = new NoiseInitiator({ random, authorityPublicKey: identity.authorityPublicKey });
  const responder = new NoiseResponder({ random, identity });
  const { session } = responder.respond(initiator.start(), NOW);
  const secrets = [authority.secretKey, identity.staticKeyPair.secretKey].map((key) => key.subarray(0, 6).join(', '));
  for (const machine of [identity, initiator, responder, session]) {
    const printed = inspect(machine, { depth: 9, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: null });
    for (const secret of secrets) expect(printed).not.toContain(secret);
    expect(JSON.stringify(machine)).not.toContain('secret');
  }
});
