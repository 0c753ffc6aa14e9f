export {
  decodeAuthorityPublicKey,
  decodeAuthoritySecretKey,
  encodeAuthorityPublicKey,
  encodeAuthoritySecretKey,
  publicKeyFromSecret,
} from './authorityKey.ts';
export {
  CERTIFICATE_LEEWAY_SECONDS,
  CERTIFICATE_VERSION,
  type Certificate,
  decodeSignatureNoiseMessage,
  encodeSignatureNoiseMessage,
  signCertificate,
  verifyCertificate,
} from './certificate.ts';
export { type CurveTest, decodeEllswift, encodeEllswift, invertXSwiftEc } from './ellswift.ts';
export type { NoiseError, NoiseErrorCode } from './errors.ts';
export { ResponderIdentity, type ResponderIdentityOptions } from './identity.ts';
export { ACT1_SIZE, ACT2_SIZE, NoiseInitiator, type NoiseInitiatorOptions } from './initiator.ts';
export { isSecretKey, portableCrypto } from './portableCrypto.ts';
export { NoiseResponder, type NoiseResponderOptions } from './responder.ts';
export {
  MAX_CHUNK_CIPHERTEXT,
  MAX_CHUNK_PLAINTEXT,
  NoiseSession,
  type NoiseSessionOptions,
  payloadCiphertextSize,
  SEALED_HEADER_SIZE,
} from './session.ts';
export { SHARED_SECRET_TAG, sharedSecretPreimage } from './sharedSecret.ts';
export { formatStratumUrl, parseStratumUrl, type StratumUrl } from './stratumUrl.ts';
export type {
  Aead,
  HandshakeRole,
  KeyPair,
  NoiseCrypto,
  RandomBytes,
  RemotePublicKey,
} from './types.ts';
