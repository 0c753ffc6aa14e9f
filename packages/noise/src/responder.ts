import { UsageError } from '@stratumkit/codec';
import { noiseError } from './errors.ts';
import type { ResponderIdentity } from './identity.ts';
import { ACT1_SIZE, ACT2_SIZE } from './initiator.ts';
import { portableCrypto } from './portableCrypto.ts';
import { NoiseSession } from './session.ts';
import { SymmetricState } from './symmetricState.ts';
import type { NoiseCrypto, RandomBytes } from './types.ts';

/** What one handshake of a server takes; `identity` is shared by all. */
export interface NoiseResponderOptions {
  readonly crypto?: NoiseCrypto;
  readonly random: RandomBytes;
  readonly identity: ResponderIdentity;
}

/** The listening side of one handshake. */
export class NoiseResponder {
  readonly #crypto: NoiseCrypto;
  readonly #random: RandomBytes;
  readonly #identity: ResponderIdentity;
  #answered = false;

  constructor(options: NoiseResponderOptions) {
    this.#crypto = options.crypto ?? portableCrypto;
    this.#random = options.random;
    this.#identity = options.identity;
  }

  /**
   * Takes act 1, returns act 2 (234 bytes to send) and the session, which is the initiator's to accept or not: whether it does
   * shows in the first frame that opens. Any 64 bytes are a valid act 1. Throws NoiseError `act-length` for any other length,
   * UsageError `wrong-state` the second time.
   */
  respond(act1: Uint8Array, unixSeconds: number): { act2: Uint8Array; session: NoiseSession } {
    if (this.#answered) throw new UsageError('wrong-state', 'this handshake was answered before');
    this.#answered = true;
    if (act1.length !== ACT1_SIZE) {
      throw noiseError('act-length', `act 1 has ${ACT1_SIZE} bytes`, { length: act1.length });
    }
    const crypto = this.#crypto;
    const state = new SymmetricState(crypto);
    const remote = crypto.decodePublicKey(act1.slice());
    state.mixHash(remote.ellswift);
    state.decryptAndHash(new Uint8Array(0));

    const act2 = new Uint8Array(ACT2_SIZE);
    const ephemeral = crypto.createKeyPair(this.#random);
    act2.set(ephemeral.ellswift, 0);
    state.mixHash(ephemeral.ellswift);
    state.mixKey(crypto.ecdh(ephemeral, remote, 'responder'));
    ephemeral.secretKey.fill(0);

    const { staticKeyPair } = this.#identity;
    act2.set(state.encryptAndHash(staticKeyPair.ellswift), 64);
    state.mixKey(crypto.ecdhStatic(staticKeyPair, remote, 'responder', this.#random));
    act2.set(state.encryptAndHash(this.#identity.signatureNoiseMessage(unixSeconds)), 144);

    const [toResponder, toInitiator] = state.split();
    const session = new NoiseSession({
      send: crypto.createAead(toInitiator),
      receive: crypto.createAead(toResponder),
      handshakeHash: state.handshakeHash,
    });
    return { act2, session };
  }
}
