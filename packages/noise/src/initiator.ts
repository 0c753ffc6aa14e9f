import { UsageError } from '@stratumkit/codec';
import { decodeSignatureNoiseMessage, verifyCertificate } from './certificate.ts';
import { noiseError } from './errors.ts';
import { portableCrypto } from './portableCrypto.ts';
import { NoiseSession } from './session.ts';
import { SymmetricState } from './symmetricState.ts';
import type { KeyPair, NoiseCrypto, RandomBytes } from './types.ts';

/** Bytes of act 1: the initiator's ephemeral key. */
export const ACT1_SIZE = 64;
/** Bytes of act 2: key 64, sealed static key 80, sealed certificate 90. (Spec 4.5.2 says 170, from before ElligatorSwift.) */
export const ACT2_SIZE = 234;

/** UsageError `invalid-key` for an authority key that has not 32 bytes. */
export interface NoiseInitiatorOptions {
  readonly crypto?: NoiseCrypto;
  readonly random: RandomBytes;
  /** 32-byte x-only key of the authority that must have signed; `'unverified'` talks to whoever answers. */
  readonly authorityPublicKey: Uint8Array | 'unverified';
}

/** The connecting side of one handshake: `start`, then `finish`. */
export class NoiseInitiator {
  readonly #crypto: NoiseCrypto;
  readonly #random: RandomBytes;
  readonly #authorityPublicKey: Uint8Array | 'unverified';
  readonly #state: SymmetricState;
  #ephemeral: KeyPair | undefined;
  #started = false;

  constructor(options: NoiseInitiatorOptions) {
    const key = options.authorityPublicKey;
    if (key !== 'unverified' && key.length !== 32) {
      throw new UsageError('invalid-key', 'an authority public key has 32 bytes', { context: { length: key.length } });
    }
    this.#crypto = options.crypto ?? portableCrypto;
    this.#random = options.random;
    this.#authorityPublicKey = key;
    this.#state = new SymmetricState(this.#crypto);
  }

  /** Act 1, 64 bytes to send. Throws UsageError `wrong-state` the second time. */
  start(): Uint8Array {
    if (this.#started) throw new UsageError('wrong-state', 'this handshake was started before');
    this.#started = true;
    this.#ephemeral = this.#crypto.createKeyPair(this.#random);
    const act1 = this.#ephemeral.ellswift.slice();
    this.#state.mixHash(act1);
    this.#state.encryptAndHash(new Uint8Array(0));
    return act1;
  }

  /** Takes act 2 and the time of the check of the certificate. Throws `NoiseError`; the handshake is over either way. */
  finish(act2: Uint8Array, unixSeconds: number): NoiseSession {
    const ephemeral = this.#ephemeral;
    if (ephemeral === undefined) throw new UsageError('wrong-state', 'no handshake waits for act 2');
    this.#ephemeral = undefined;
    try {
      return this.#finish(ephemeral, act2, unixSeconds);
    } finally {
      ephemeral.secretKey.fill(0);
    }
  }

  #finish(ephemeral: KeyPair, act2: Uint8Array, unixSeconds: number): NoiseSession {
    if (act2.length !== ACT2_SIZE) {
      throw noiseError('act-length', `act 2 has ${ACT2_SIZE} bytes`, { length: act2.length });
    }
    const crypto = this.#crypto;
    const state = this.#state;

    const remoteEphemeral = crypto.decodePublicKey(act2.slice(0, 64));
    state.mixHash(remoteEphemeral.ellswift);
    state.mixKey(crypto.ecdh(ephemeral, remoteEphemeral, 'initiator'));

    const remoteStatic = crypto.decodePublicKey(state.decryptAndHash(act2.subarray(64, 144)));
    state.mixKey(crypto.ecdh(ephemeral, remoteStatic, 'initiator'));

    const certificate = decodeSignatureNoiseMessage(state.decryptAndHash(act2.subarray(144)));
    if (this.#authorityPublicKey !== 'unverified') {
      verifyCertificate({
        crypto,
        certificate,
        serverPublicKey: remoteStatic.publicKey,
        authorityPublicKey: this.#authorityPublicKey,
        unixSeconds,
      });
    }
    const [toResponder, toInitiator] = state.split();
    return new NoiseSession({
      send: crypto.createAead(toResponder),
      receive: crypto.createAead(toInitiator),
      handshakeHash: state.handshakeHash,
    });
  }
}
