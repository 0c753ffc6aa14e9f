import { createCipheriv, createDecipheriv } from 'node:crypto';
import { newInstance } from '@chainsafe/as-chacha20poly1305';
import { type NoiseCrypto, NoiseInitiator, NoiseResponder, portableCrypto, ResponderIdentity } from '@stratumkit/noise';
import { fastCrypto } from '../src/index.ts';
import { interleave, ratioOf } from './interleave.ts';
import { seededRandom, sink } from './support.ts';

const NOW = 1_790_000_000;

/** How many times faster than the portable back end, each pair measured in turns. */
export async function run({ timeMs }: { readonly timeMs: number }) {
  const comparisons: Record<string, (crypto: NoiseCrypto) => () => void> = {
    'responder handshake, ephemeral key included': responderHandshake,
    'key pair': (crypto) => {
      const random = seededRandom('pair');
      return () => {
        sink.value ^= crypto.createKeyPair(random).ellswift[5]!;
      };
    },
    'seal and open 6 + 48 bytes': (crypto) => sealAndOpen(crypto, [6, 48]),
    'seal and open 4096 bytes': (crypto) => sealAndOpen(crypto, [4_096]),
  };
  const rows = Object.entries(comparisons).map(([name, create]) => {
    const results = interleave({ portable: create(portableCrypto), fast: create(fastCrypto) }, timeMs);
    const ratio = ratioOf(results.get('portable')!, results.get('fast')!);
    return { name: `portable over fast: ${name}`, unit: 'times', ...ratio };
  });
  return [...rows, ...openSslAgainstWasm(timeMs)];
}

function responderHandshake(crypto: NoiseCrypto): () => void {
  const random = seededRandom('handshake');
  const authoritySecretKey = random(32);
  const identity = new ResponderIdentity({ crypto, random, authoritySecretKey, certificateValiditySeconds: 3_600 });
  const act1 = new NoiseInitiator({ crypto, random, authorityPublicKey: 'unverified' }).start();
  return () => {
    sink.value ^= new NoiseResponder({ crypto, random, identity }).respond(act1, NOW).act2[100]!;
  };
}

function sealAndOpen(crypto: NoiseCrypto, sizes: readonly number[]): () => void {
  const random = seededRandom('frames');
  const aead = crypto.createAead(random(32));
  const [nonce, none] = [new Uint8Array(12), new Uint8Array(0)];
  const plaintexts = sizes.map((size) => random(size));
  const [sealed, opened] = [new Uint8Array(8_192), new Uint8Array(8_192)];
  return () => {
    for (const plaintext of plaintexts) {
      aead.seal(nonce, none, plaintext, sealed, 0);
      if (!aead.open(nonce, none, sealed.subarray(0, plaintext.length + 16), opened, 0)) throw new Error('not opened');
    }
    sink.value ^= opened[3]!;
  };
}

/** Where OpenSSL overtakes the WebAssembly that serves small frames. */
function openSslAgainstWasm(timeMs: number) {
  const random = seededRandom('crossing');
  const [key, nonce] = [random(32), new Uint8Array(12)];
  const wasm = newInstance();
  const at = (offset: number, length: number) => new Uint8Array(wasm.memory.buffer, offset, length);
  return [1_024, 2_048, 3_072, 4_096, 8_192].map((size) => {
    const plaintext = random(size);
    const results = interleave(
      {
        wasm: () => {
          at(wasm.cpKey.value, 32).set(key);
          at(wasm.cpInput.value, size).set(plaintext);
          wasm.sealUpdate(true, true, size, size, 0);
          wasm.openUpdate(true, true, size, size, 0);
        },
        openssl: () => {
          const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
          const sealed = cipher.update(plaintext);
          cipher.final();
          const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
          decipher.setAuthTag(cipher.getAuthTag());
          decipher.update(sealed);
          decipher.final();
        },
      },
      timeMs,
    );
    const ratio = ratioOf(results.get('wasm')!, results.get('openssl')!);
    return { name: `WebAssembly over node:crypto: seal and open ${size} bytes`, unit: 'times', ...ratio };
  });
}
