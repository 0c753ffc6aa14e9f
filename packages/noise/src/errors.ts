import { RemoteError } from '@stratumkit/codec';

/** Why a peer's handshake or ciphertext was refused. The session is over in every case (spec 4.5). */
export type NoiseErrorCode =
  /** A handshake message of another length than 64 (act 1) or 234 (act 2). */
  | 'act-length'
  /** An authentication tag did not fit: damaged, replayed, reordered or forged bytes. */
  | 'decryption-failed'
  /** The certificate's period ends before it begins. */
  | 'certificate-invalid'
  /** The certificate is not signed by the configured authority key. */
  | 'wrong-authority'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  /** 2^64 - 1 messages under one key (spec 4.4.1 knows no rekeying). */
  | 'nonce-exhausted';

/** The peer broke the Noise protocol, or is not who it should be. */
export type NoiseError = RemoteError<NoiseErrorCode>;

export function noiseError(
  code: NoiseErrorCode,
  message: string,
  context: Readonly<Record<string, unknown>> = {},
): NoiseError {
  return new RemoteError(code, message, { context });
}
