import { NoiseInitiator, NoiseResponder, portableCrypto, ResponderIdentity } from '@stratumkit/noise';
import type { Bench } from 'tinybench';
import { fastCrypto, KeyPool } from '../src/index.ts';
import { BATCH, repeat, seededRandom, sink } from './support.ts';

const NOW = 1_790_000_000;
const BACK_ENDS = { portable: portableCrypto, fast: fastCrypto };
const PAYLOAD_SIZES = [256, 1_024, 3_071, 3_072, 16_384, 65_519];

export function register(bench: Bench): void {
  registerHandshakes(bench);
  registerFrames(bench);
}

function registerHandshakes(bench: Bench): void {
  const random = seededRandom('bench');
  for (const [name, crypto] of Object.entries(BACK_ENDS)) {
    const identity = new ResponderIdentity({
      crypto,
      random,
      authoritySecretKey: random(32),
      certificateValiditySeconds: 3_600,
    });
    const act1 = new NoiseInitiator({ crypto, random, authorityPublicKey: 'unverified' }).start();
    const pair = crypto.createKeyPair(random);
    const remote = crypto.decodePublicKey(act1);
    const message = act1.slice(0, 32);
    const signature = crypto.sign(message, pair.secretKey, random(32));
    const respond = (other = crypto) => {
      sink.value ^= new NoiseResponder({ crypto: other, random, identity }).respond(act1, NOW).act2[100]!;
    };
    bench.add(`${name}: responder handshake, ephemeral key included`, () => respond());
    if (name === 'fast') {
      const pool = new KeyPool({ crypto, random, size: 1 });
      bench.add('ahead: responder handshake, ephemeral key included', () => respond(pool.crypto), {
        beforeEach: () => void pool.refill(),
      });
    }
    bench.add(`${name}: key pair`, () => {
      sink.value ^= crypto.createKeyPair(random).ellswift[5]!;
    });
    bench.add(`${name}: decode a public key`, () => {
      sink.value ^= crypto.decodePublicKey(act1).publicKey[5]!;
    });
    bench.add(`${name}: shared secret, ephemeral`, () => {
      sink.value ^= crypto.ecdh(pair, remote, 'responder')[5]!;
    });
    bench.add(`${name}: shared secret, static`, () => {
      sink.value ^= crypto.ecdhStatic(pair, remote, 'responder', random)[5]!;
    });
    bench.add(`${name}: verify a signature`, () => {
      sink.value ^= Number(crypto.verify(signature, message, pair.publicKey));
    });
  }
}

function registerFrames(bench: Bench): void {
  const random = seededRandom('frames');
  const [nonce, none] = [new Uint8Array(12), new Uint8Array(0)];
  for (const [name, crypto] of Object.entries(BACK_ENDS)) {
    const aead = crypto.createAead(random(32));
    const [sealed, opened] = [new Uint8Array(65_535), new Uint8Array(65_535)];
    const roundTrip = (plaintext: Uint8Array) => {
      aead.seal(nonce, none, plaintext, sealed, 0);
      const isOpen = aead.open(nonce, none, sealed.subarray(0, plaintext.length + 16), opened, 0);
      sink.value ^= isOpen ? opened[3]! : 1;
    };
    const [header, payload] = [random(6), random(48)];
    repeat(bench, `${name}: seal and open 6 + 48, ${BATCH} times`, () => {
      roundTrip(header);
      roundTrip(payload);
    });
    for (const size of PAYLOAD_SIZES) {
      const plaintext = random(size);
      bench.add(`${name}: seal and open ${size}`, () => roundTrip(plaintext));
    }
  }
}
