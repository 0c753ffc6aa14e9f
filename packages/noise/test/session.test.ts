import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { NoiseSession, payloadCiphertextSize, portableCrypto } from '../src/index.ts';
import { errorCodeOf, frameOf, patternPayload, seededRandom } from './support.ts';

const random = seededRandom('session');
let alice: NoiseSession;
let bob: NoiseSession;

function createPair(firstNonce = 0n): [NoiseSession, NoiseSession] {
  const [there, back] = [portableCrypto.createAead(random(32)), portableCrypto.createAead(random(32))];
  const handshakeHash = random(32);
  return [
    new NoiseSession({ send: there, receive: back, handshakeHash, firstNonce }),
    new NoiseSession({ send: back, receive: there, handshakeHash, firstNonce }),
  ];
}

function sealed(session: NoiseSession, payload: Uint8Array): Uint8Array {
  const frame = frameOf(payload);
  const out = new Uint8Array(session.sealedSize(frame.length));
  session.seal(frame, out, 0);
  return out;
}

beforeEach(() => {
  [alice, bob] = createPair();
});

describe('sizes', () => {
  it.each([
    [0, 0],
    [1, 17],
    [65_518, 65_534],
    [65_519, 65_535],
    [65_520, 65_552],
    [131_038, 131_070],
    [131_039, 131_087],
    [16_777_215, 16_777_215 + 257 * 16],
  ])('a payload of %i takes %i bytes', (payload, ciphertext) => {
    expect(payloadCiphertextSize(payload)).toBe(ciphertext);
    expect(specSize(payload)).toBe(ciphertext);
    expect(alice.sealedSize(payload + 6)).toBe(22 + ciphertext);
  });

  it('follows the formula of spec 4.6 everywhere', () => {
    fc.assert(
      fc.property(fc.nat(0xff_ffff), (length) => payloadCiphertextSize(length) === specSize(length)),
      { seed: 46 },
    );
  });

  /** `pt_len_to_ct_len` of spec 4.6. */
  function specSize(length: number): number {
    const rest = length % 65_519;
    return Math.floor(length / 65_519) * 65_535 + (rest > 0 ? rest + 16 : 0);
  }
});

describe('frames', () => {
  it.each([0, 1, 65_519, 65_520, 131_038])('carries a payload of %i bytes', (length) => {
    const bytes = sealed(alice, patternPayload(length));
    const frame = frameOf(patternPayload(length));
    expect(bob.openHeader(bytes.subarray(0, 22))).toEqual(frame.slice(0, 6));
    expect(Buffer.compare(bob.openPayload(bytes.subarray(22)), frame.subarray(6))).toBe(0);
  });

  it('goes both ways, many times, without touching the frame', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 200 })), { maxLength: 20 }), (turns) => {
        [alice, bob] = createPair();
        for (const [forward, payload] of turns) {
          const [from, to] = forward ? [alice, bob] : [bob, alice];
          const frame = Object.freeze(Array.from(frameOf(payload)));
          const copy = Uint8Array.from(frame);
          const out = new Uint8Array(from.sealedSize(copy.length) + 7);
          expect(from.seal(copy, out, 3)).toBe(out.length - 4);
          expect([...copy]).toEqual(frame);
          expect([...out.subarray(0, 3), ...out.subarray(-4)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
          to.openHeader(out.subarray(3, 25));
          expect(to.openPayload(out.subarray(25, -4))).toEqual(payload);
        }
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('refuses a changed byte, a replay, a swap and a skipped frame, and opens nothing more', () => {
    const [first, second] = [sealed(alice, patternPayload(5)), sealed(alice, patternPayload(5))];
    const attacks: [string, (session: NoiseSession) => unknown][] = [
      ['header', (session) => session.openHeader(flipped(first.subarray(0, 22)))],
      [
        'payload',
        (session) => {
          session.openHeader(first.subarray(0, 22));
          session.openPayload(flipped(first.subarray(22)));
        },
      ],
      [
        'replay',
        (session) => {
          session.openHeader(first.subarray(0, 22));
          session.openPayload(first.subarray(22));
          session.openHeader(first.subarray(0, 22));
        },
      ],
      ['skip', (session) => session.openHeader(second.subarray(0, 22))],
    ];
    for (const [name, attack] of attacks) {
      [alice, bob] = createPair();
      const mine = [sealed(alice, patternPayload(5)), sealed(alice, patternPayload(5))];
      first.set(mine[0]!);
      second.set(mine[1]!);
      expect(
        errorCodeOf(() => attack(bob)),
        name,
      ).toBe('decryption-failed');
      expect(
        errorCodeOf(() => bob.openHeader(first.subarray(0, 22))),
        name,
      ).toBe('decryption-failed');
    }
  });

  it('refuses a frame whose header tells another length, and a target that is too small', () => {
    const frame = frameOf(patternPayload(5));
    frame[3] = 6;
    expect(errorCodeOf(() => alice.seal(frame, new Uint8Array(100), 0))).toBe('invalid-frame');
    expect(errorCodeOf(() => alice.seal(frame.subarray(0, 3), new Uint8Array(100), 0))).toBe('invalid-frame');
    frame[3] = 5;
    expect(errorCodeOf(() => alice.seal(frame, new Uint8Array(42), 0))).toBe('out-of-range');
    expect(alice.seal(frame, new Uint8Array(43), 0)).toBe(43);
  });

  it.each([1, 15, 16, 65_536, 65_551])('no payload has a ciphertext of %i bytes', (length) => {
    expect(errorCodeOf(() => bob.openPayload(new Uint8Array(length)))).toBe('invalid-length');
    expect(errorCodeOf(() => bob.openHeader(new Uint8Array(21)))).toBe('invalid-length');
  });
});

describe('nonces', () => {
  it('counts over the end of 32 bits', () => {
    [alice, bob] = createPair(0xffff_ffffn);
    for (let i = 0; i < 3; i++) {
      const bytes = sealed(alice, patternPayload(1));
      bob.openHeader(bytes.subarray(0, 22));
      expect(bob.openPayload(bytes.subarray(22))).toEqual(patternPayload(1));
    }
    const other = createPair(0x1_0000_0000n);
    expect(sealed(other[0], patternPayload(1))).not.toEqual(sealed(createPair(0n)[0], patternPayload(1)));
  });

  it('ends before the last value of 64 bits, on both sides', () => {
    [alice, bob] = createPair(2n ** 64n - 3n);
    const bytes = sealed(alice, patternPayload(1));
    bob.openHeader(bytes.subarray(0, 22));
    bob.openPayload(bytes.subarray(22));
    expect(errorCodeOf(() => sealed(alice, patternPayload(0)))).toBe('nonce-exhausted');
    expect(errorCodeOf(() => bob.openHeader(bytes.subarray(0, 22)))).toBe('nonce-exhausted');
  });
});

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}
