import { portableHash } from '@stratumkit/bitcoin';
import { type HandshakeRole, portableCrypto } from '@stratumkit/noise';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fastCrypto, fastHash, LARGE_PLAINTEXT } from '../src/index.ts';
import { hex, seededRandom } from './support.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Random bytes, or the values around which arithmetic goes wrong. */
const fieldBytes = fc.oneof(
  bytes(32),
  fc.constantFrom(0, 1, 255).map((fill) => new Uint8Array(32).fill(fill)),
  fc.constantFrom(...['fffffc2e', 'fffffc2f', 'fffffc30']).map((end) => edge(`${'ff'.repeat(27)}fe${end}`)),
  fc.nat(300).map((value) => edge(value.toString(16).padStart(64, '0'))),
);
const ORDER_END = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd03641';
const secrets = fc.oneof(
  bytes(32).filter((secret) => hex(secret) < `${ORDER_END}41` && secret.some((byte) => byte !== 0)),
  fc.integer({ min: 1, max: 300 }).map((value) => edge(value.toString(16).padStart(64, '0'))),
  fc.constantFrom('40', '3f', '31', '30', '20').map((end) => edge(ORDER_END + end)),
);

function edge(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

describe('curve operations equal the reference', () => {
  it('decoding', () => {
    fc.assert(
      fc.property(fieldBytes, fieldBytes, (u, t) => {
        const encoded = Uint8Array.of(...u, ...t);
        const [fast, portable] = [fastCrypto, portableCrypto].map(
          (crypto) => crypto.decodePublicKey(encoded).publicKey,
        );
        expect(hex(fast!)).toBe(hex(portable!));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('key pairs, with the same draws', () => {
    fc.assert(
      fc.property(secrets, fc.string(), (secret, seed) => {
        const [one, two] = [seededRandom(seed), seededRandom(seed)];
        expect(fastCrypto.keyPairFromSecret(secret, one)).toEqual(portableCrypto.keyPairFromSecret(secret, two));
        expect(one(8)).toEqual(two(8));
        expect(fastCrypto.createKeyPair(one)).toEqual(portableCrypto.createKeyPair(two));
      }),
      { seed: 2, numRuns: 60 },
    );
  });

  it('draws that are no secret or no field element are passed over', () => {
    const bad = [new Uint8Array(32), edge(`${ORDER_END}41`), edge(`${ORDER_END}40`)];
    const unfit = [new Uint8Array(33), new Uint8Array(33).fill(255), edge(`${'ff'.repeat(27)}fefffffc2f00`)];
    const draws = () => {
      const queue = [...bad, ...unfit];
      const rest = seededRandom('rest');
      return (length: number) => queue.shift() ?? rest(length);
    };
    expect(fastCrypto.createKeyPair(draws())).toEqual(portableCrypto.createKeyPair(draws()));
  });

  it('shared secrets, both kinds and both roles', () => {
    fc.assert(
      fc.property(secrets, fieldBytes, fieldBytes, fc.constantFrom('initiator', 'responder'), (secret, u, t, side) => {
        const role: HandshakeRole = side;
        const own = { secretKey: secret, ellswift: Uint8Array.of(...t, ...u), publicKey: u };
        const encoded = Uint8Array.of(...u, ...t);
        const remote = fastCrypto.decodePublicKey(encoded);
        const reference = portableCrypto.ecdh(own, portableCrypto.decodePublicKey(encoded), role);
        expect(fastCrypto.ecdh(own, remote, role)).toEqual(reference);
        expect(fastCrypto.ecdhStatic(own, remote, role, seededRandom('blind'))).toEqual(reference);
        expect(fastCrypto.ecdh(own, portableCrypto.decodePublicKey(encoded), role)).toEqual(reference);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('signatures', () => {
    fc.assert(
      fc.property(secrets, bytes(32), bytes(32), fc.nat(63), (secret, message, random, position) => {
        const signature = portableCrypto.sign(message, secret, random);
        expect(hex(fastCrypto.sign(message, secret, random))).toBe(hex(signature));
        const { publicKey } = fastCrypto.keyPairFromSecret(secret, seededRandom('key'));
        expect(fastCrypto.verify(signature, message, publicKey)).toBe(true);
        signature[position]! ^= 1;
        expect(fastCrypto.verify(signature, message, publicKey)).toBe(false);
      }),
      { seed: 4, numRuns: 25 },
    );
  });

  it('refuses the same secrets', () => {
    const random = seededRandom('refused');
    const remote = fastCrypto.decodePublicKey(random(64));
    for (const secretKey of [new Uint8Array(32), new Uint8Array(31), edge(`${ORDER_END}41`), new Uint8Array(33)]) {
      const own = { secretKey, ellswift: random(64), publicKey: random(32) };
      for (const action of [
        () => fastCrypto.keyPairFromSecret(secretKey, random),
        () => fastCrypto.ecdh(own, remote, 'initiator'),
        () => fastCrypto.ecdhStatic(own, remote, 'initiator', random),
        () => fastCrypto.sign(random(32), secretKey, random(32)),
      ]) {
        expect(action).toThrow(expect.objectContaining({ name: 'UsageError', code: 'invalid-key' }));
      }
    }
    expect(() => fastCrypto.decodePublicKey(random(63))).toThrow(expect.objectContaining({ code: 'invalid-length' }));
  });
});

describe('AEAD equals the reference', () => {
  const random = seededRandom('aead');
  const lengths = [0, 1, 6, 15, 16, 17, 48, 63, 64, 65, 1_000, 3_071, 3_072, 3_073, 16_384, 65_519];

  it.each(lengths)('%i bytes', (length) => {
    expect(LARGE_PLAINTEXT).toBe(3_072);
    for (const associatedLength of [0, 32, 33, 100]) {
      const [key, nonce, associated, plaintext] = [random(32), random(12), random(associatedLength), random(length)];
      const [fast, portable] = [fastCrypto.createAead(key), portableCrypto.createAead(key)];
      const [sealed, reference] = [new Uint8Array(length + 21), new Uint8Array(length + 21)];
      fast.seal(nonce, associated, plaintext, sealed, 3);
      portable.seal(nonce, associated, plaintext, reference, 3);
      expect(Buffer.compare(sealed, reference)).toBe(0);
      const opened = new Uint8Array(length + 4);
      expect(fast.open(nonce, associated, sealed.subarray(3, -2), opened, 3)).toBe(true);
      expect(Buffer.compare(opened.subarray(3, -1), plaintext)).toBe(0);
      expect([opened[0], opened[1], opened[2], opened[length + 3]]).toEqual([0, 0, 0, 0]);
    }
  });

  it.each(lengths)('shows nothing of %i bytes whose tag is wrong', (length) => {
    const [key, nonce, plaintext] = [random(32), random(12), random(length)];
    for (const crypto of [fastCrypto, portableCrypto]) {
      const aead = crypto.createAead(key);
      const sealed = new Uint8Array(length + 16);
      aead.seal(nonce, new Uint8Array(0), plaintext, sealed, 0);
      for (const position of [0, length >> 1, length, length + 7, length + 15]) {
        const changed = sealed.slice();
        changed[position]! ^= 0x80;
        const target = new Uint8Array(length).fill(0xaa);
        expect(aead.open(nonce, new Uint8Array(0), changed, target, 0)).toBe(false);
        expect(target.every((byte) => byte === 0xaa)).toBe(true);
      }
    }
  });

  it('checks its targets, and keeps its key', () => {
    const key = random(32);
    const aead = fastCrypto.createAead(key);
    const sealed = new Uint8Array(20);
    aead.seal(new Uint8Array(12), new Uint8Array(0), Uint8Array.of(1, 2, 3, 4), sealed, 0);
    key.fill(0);
    expect(aead.open(new Uint8Array(12), new Uint8Array(0), sealed, new Uint8Array(4), 0)).toBe(true);
    const tooSmall = expect.objectContaining({ code: 'out-of-range' });
    expect(() => aead.seal(new Uint8Array(12), new Uint8Array(0), new Uint8Array(5), sealed, 0)).toThrow(tooSmall);
    expect(() => aead.open(new Uint8Array(12), new Uint8Array(0), sealed, new Uint8Array(3), 0)).toThrow(tooSmall);
    expect(() => aead.open(new Uint8Array(12), new Uint8Array(0), new Uint8Array(15), sealed, 0)).toThrow(tooSmall);
    expect(() => fastCrypto.createAead(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'invalid-key' }));
  });
});

describe('hashes equal the reference', () => {
  it('for every length around its blocks and its limits', () => {
    const random = seededRandom('hash');
    for (const length of [...Array.from({ length: 300 }, (_, i) => i), 511, 512, 513, 1_023, 1_024, 1_025, 70_000]) {
      const data = random(length);
      expect(hex(fastHash.sha256(data)), `sha256 of ${length}`).toBe(hex(portableHash.sha256(data)));
      expect(hex(fastHash.sha256d(data)), `sha256d of ${length}`).toBe(hex(portableHash.sha256d(data)));
    }
  });

  it('for pairs, whose results stay as they are', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (left, right) => {
        const first = fastHash.sha256dPair(left, right);
        const copy = first.slice();
        fastHash.sha256(left);
        expect(first).toEqual(copy);
        expect(hex(first)).toBe(hex(portableHash.sha256dPair(left, right)));
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});
