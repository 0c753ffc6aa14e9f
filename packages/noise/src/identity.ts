import { UsageError } from '@stratumkit/codec';
import { encodeSignatureNoiseMessage, signCertificate } from './certificate.ts';
import { isSecretKey, portableCrypto } from './portableCrypto.ts';
import type { KeyPair, NoiseCrypto, RandomBytes } from './types.ts';

const MAX_U32 = 0xffff_ffff;

/** UsageError `invalid-key` for a bad secret, `out-of-range` for a validity that is no U32 or 0. */
export interface ResponderIdentityOptions {
  readonly crypto?: NoiseCrypto;
  readonly random: RandomBytes;
  /** 32 bytes. */
  readonly authoritySecretKey: Uint8Array;
  /** 1 to 4294967295. A certificate is signed anew after half of it (spec 4.5.3). */
  readonly certificateValiditySeconds: number;
  /** Made from `random` when absent. */
  readonly staticKeyPair?: KeyPair;
}

/** What a server proves itself with: the authority's key, a static key, and a certificate that is signed once and renewed. */
export class ResponderIdentity {
  /** 32 bytes, x-only. */
  readonly authorityPublicKey: Uint8Array;
  readonly #staticKeyPair: KeyPair;
  readonly #crypto: NoiseCrypto;
  readonly #random: RandomBytes;
  readonly #authoritySecretKey: Uint8Array;
  readonly #validitySeconds: number;
  #message: Uint8Array | undefined;
  #validFrom = 0;

  constructor(options: ResponderIdentityOptions) {
    if (!isSecretKey(options.authoritySecretKey)) {
      throw new UsageError('invalid-key', 'an authority secret key is 32 bytes, from 1 to n - 1');
    }
    if (!isU32(options.certificateValiditySeconds) || options.certificateValiditySeconds === 0) {
      throw new UsageError('out-of-range', 'certificateValiditySeconds is a whole number from 1 to 4294967295', {
        context: { certificateValiditySeconds: options.certificateValiditySeconds },
      });
    }
    this.#crypto = options.crypto ?? portableCrypto;
    this.#random = options.random;
    this.#authoritySecretKey = options.authoritySecretKey.slice();
    this.#validitySeconds = options.certificateValiditySeconds;
    const authority = this.#crypto.keyPairFromSecret(this.#authoritySecretKey, options.random);
    this.authorityPublicKey = authority.publicKey;
    this.#staticKeyPair = options.staticKeyPair ?? this.#crypto.createKeyPair(options.random);
  }

  get staticKeyPair(): KeyPair {
    return this.#staticKeyPair;
  }

  /**
   * `SIGNATURE_NOISE_MESSAGE` for a handshake at this time. Signed anew when half of its period is used up, so that a client
   * whose clock runs ahead still accepts it, or when the clock was set back before its beginning. Throws UsageError
   * `out-of-range` for a time that is no U32.
   */
  signatureNoiseMessage(unixSeconds: number): Uint8Array {
    if (!isU32(unixSeconds)) {
      throw new UsageError('out-of-range', 'unixSeconds is no U32', { context: { unixSeconds } });
    }
    const age = unixSeconds - this.#validFrom;
    if (this.#message === undefined || age < 0 || age * 2 >= this.#validitySeconds) {
      const certificate = signCertificate({
        crypto: this.#crypto,
        random: this.#random,
        authoritySecretKey: this.#authoritySecretKey,
        serverPublicKey: this.#staticKeyPair.publicKey,
        validFrom: unixSeconds,
        validitySeconds: this.#validitySeconds,
      });
      this.#message = encodeSignatureNoiseMessage(certificate);
      this.#validFrom = unixSeconds;
    }
    return this.#message;
  }
}

function isU32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_U32;
}
