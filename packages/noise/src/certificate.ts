import { noiseError } from './errors.ts';
import type { NoiseCrypto, RandomBytes } from './types.ts';

/** Bytes of `SIGNATURE_NOISE_MESSAGE` (spec 4.5.2). */
export const SIGNATURE_NOISE_MESSAGE_SIZE = 74;
/** Version of the certificate format that is written. On receipt the signature covers it; its value is not judged. */
export const CERTIFICATE_VERSION = 0;
/** Clock difference allowed at both ends of the period, in seconds. */
export const CERTIFICATE_LEEWAY_SECONDS = 10;

const MAX_U32 = 0xffff_ffff;

/** What the authority vouches for: this static key, in this period (unix seconds, both ends included). */
export interface Certificate {
  /** U16; {@link CERTIFICATE_VERSION}. */
  readonly version: number;
  readonly validFrom: number;
  readonly notValidAfter: number;
  /** 64 bytes, BIP340. */
  readonly signature: Uint8Array;
}

/** Signs a certificate from `validFrom` on for `validitySeconds`, cut at the end of the U32 range. */
export function signCertificate(options: {
  crypto: NoiseCrypto;
  random: RandomBytes;
  authoritySecretKey: Uint8Array;
  serverPublicKey: Uint8Array;
  validFrom: number;
  validitySeconds: number;
}): Certificate {
  const notValidAfter = Math.min(options.validFrom + options.validitySeconds, MAX_U32);
  const fields = { version: CERTIFICATE_VERSION, validFrom: options.validFrom, notValidAfter };
  const message = signedHash(options.crypto, fields, options.serverPublicKey);
  const signature = options.crypto.sign(message, options.authoritySecretKey, options.random(32));
  return { ...fields, signature };
}

/** The 74 bytes that act 2 carries sealed (spec 4.5.2). */
export function encodeSignatureNoiseMessage(certificate: Certificate): Uint8Array {
  const bytes = new Uint8Array(SIGNATURE_NOISE_MESSAGE_SIZE);
  writePeriod(bytes, certificate);
  bytes.set(certificate.signature, 10);
  return bytes;
}

/** Any 74 bytes decode. */
export function decodeSignatureNoiseMessage(bytes: Uint8Array): Certificate {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    version: view.getUint16(0, true),
    validFrom: view.getUint32(2, true),
    notValidAfter: view.getUint32(6, true),
    signature: bytes.slice(10, SIGNATURE_NOISE_MESSAGE_SIZE),
  };
}

/** Throws `NoiseError` unless the authority signed this certificate for this key and it is valid now (spec 4.5.3). */
export function verifyCertificate(options: {
  crypto: NoiseCrypto;
  certificate: Certificate;
  serverPublicKey: Uint8Array;
  authorityPublicKey: Uint8Array;
  unixSeconds: number;
}): void {
  const { certificate, unixSeconds } = options;
  const { validFrom, notValidAfter, signature } = certificate;
  const message = signedHash(options.crypto, certificate, options.serverPublicKey);
  if (!options.crypto.verify(signature, message, options.authorityPublicKey)) {
    throw noiseError('wrong-authority', 'the certificate is not signed by the configured authority key');
  }
  const context = { validFrom, notValidAfter, unixSeconds };
  if (notValidAfter < validFrom) {
    throw noiseError('certificate-invalid', 'the certificate ends before it begins', context);
  }
  if (unixSeconds + CERTIFICATE_LEEWAY_SECONDS < validFrom) {
    const seconds = validFrom - unixSeconds;
    throw noiseError('certificate-not-yet-valid', `the certificate begins in ${seconds} s; ${CLOCK_HINT}`, context);
  }
  if (unixSeconds - CERTIFICATE_LEEWAY_SECONDS > notValidAfter) {
    const seconds = unixSeconds - notValidAfter;
    throw noiseError('certificate-expired', `the certificate ended ${seconds} s ago; ${CLOCK_HINT}`, context);
  }
}

const CLOCK_HINT = 'check the clocks of both machines for skew';

type Period = Pick<Certificate, 'version' | 'validFrom' | 'notValidAfter'>;

/** SHA-256 of version || valid_from || not_valid_after || server_public_key (spec 4.5.3.1). */
function signedHash(crypto: NoiseCrypto, period: Period, serverPublicKey: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(42);
  writePeriod(bytes, period);
  bytes.set(serverPublicKey, 10);
  return crypto.sha256(bytes);
}

function writePeriod(bytes: Uint8Array, period: Period): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint16(0, period.version, true);
  view.setUint32(2, period.validFrom, true);
  view.setUint32(6, period.notValidAfter, true);
}
