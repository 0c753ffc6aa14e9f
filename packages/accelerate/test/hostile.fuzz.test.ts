import { NoiseInitiator, NoiseResponder, portableCrypto, ResponderIdentity } from '@stratumkit/noise';
import { expect, it } from 'vitest';
import { fastCrypto } from '../src/index.ts';
import { seededRandom } from './support.ts';

const NOW = 1_790_000_000;
const random = seededRandom('hostile');
const identity = new ResponderIdentity({
  crypto: fastCrypto,
  random,
  authoritySecretKey: random(32),
  certificateValiditySeconds: 3_600,
});

/** Act 1 of all kinds: noise, repeated bytes, numbers at the ends of the field and of the group. */
function hostileAct1(round: number): Uint8Array {
  const act1 = random(64);
  const ends = ['00'.repeat(32), 'ff'.repeat(32), `${'ff'.repeat(27)}fefffffc2f`, `${'00'.repeat(31)}01`];
  const end = Buffer.from(ends[(round >> 2) % ends.length]!, 'hex');
  if (round % 4 === 1) act1.set(end, 0);
  if (round % 4 === 2) act1.set(end, 32);
  if (round % 4 === 3) act1.fill(round & 0xff);
  return act1;
}

it('works as on the first day after 10,000 hostile handshakes', () => {
  for (let round = 0; round < 10_000; round++) {
    const responder = new NoiseResponder({ crypto: fastCrypto, random, identity });
    const { act2, session } = responder.respond(hostileAct1(round), NOW);
    expect(() => session.openHeader(act2.subarray(0, 22))).toThrow(
      expect.objectContaining({ code: 'decryption-failed' }),
    );
  }
  expectHonestHandshake();
}, 120_000);

it('verifies 10,000 hostile signatures without an error', () => {
  const message = random(32);
  const ends = ['00', 'ff'].map((byte) => Buffer.from(byte.repeat(32), 'hex'));
  for (let round = 0; round < 10_000; round++) {
    const [signature, publicKey] = [random(64), round % 8 === 0 ? random(32) : identity.authorityPublicKey.slice()];
    if (round % 4 === 1) signature.set(ends[(round >> 2) % 2]!, 0);
    if (round % 4 === 2) signature.set(ends[(round >> 2) % 2]!, 32);
    if (round % 16 === 3) publicKey.fill(round % 32 === 3 ? 0 : 255);
    expect(fastCrypto.verify(signature, message, publicKey)).toBe(false);
  }
  for (const length of [0, 31, 33, 63, 65]) {
    expect(fastCrypto.verify(new Uint8Array(length), message, identity.authorityPublicKey)).toBe(false);
    expect(fastCrypto.verify(new Uint8Array(64), message, new Uint8Array(length))).toBe(false);
    expect(fastCrypto.verify(new Uint8Array(64), new Uint8Array(length), identity.authorityPublicKey)).toBe(false);
  }
  expectHonestHandshake();
}, 120_000);

it('refuses 2,000 servers that answer garbage', () => {
  for (let round = 0; round < 2_000; round++) {
    const initiator = new NoiseInitiator({
      crypto: fastCrypto,
      random,
      authorityPublicKey: identity.authorityPublicKey,
    });
    initiator.start();
    const act2 = random(234);
    act2.set(hostileAct1(round));
    expect(() => initiator.finish(act2, NOW)).toThrow(expect.objectContaining({ code: 'decryption-failed' }));
  }
  expectHonestHandshake();
}, 120_000);

/** Against the reference on the other side. */
function expectHonestHandshake(): void {
  const initiator = new NoiseInitiator({
    crypto: portableCrypto,
    random,
    authorityPublicKey: identity.authorityPublicKey,
  });
  const responder = new NoiseResponder({ crypto: fastCrypto, random, identity });
  const { act2, session } = responder.respond(initiator.start(), NOW);
  const other = initiator.finish(act2, NOW);
  const sealed = new Uint8Array(22);
  other.seal(new Uint8Array(6), sealed, 0);
  expect(session.openHeader(sealed)).toEqual(new Uint8Array(6));
}
