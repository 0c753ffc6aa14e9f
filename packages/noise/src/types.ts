/** A cryptographically secure source of random bytes; a fresh array at every call. */
export type RandomBytes = (length: number) => Uint8Array;

/** A secp256k1 key with both encodings of its public key (spec 4.3.1.1). */
export interface KeyPair {
  /** 32 bytes, big-endian, 1 to n - 1. */
  readonly secretKey: Uint8Array;
  /** 64-byte ElligatorSwift encoding, as sent in the handshake. */
  readonly ellswift: Uint8Array;
  /** 32-byte x-only encoding, as signed in certificates. */
  readonly publicKey: Uint8Array;
}

/** A peer's key after its ElligatorSwift encoding was decoded, once for all operations on it. */
export interface RemotePublicKey {
  /** The 64 bytes as received; the shared secret commits to them. */
  readonly ellswift: Uint8Array;
  /** 32-byte x-only encoding. */
  readonly publicKey: Uint8Array;
}

/** Noise side: the one who sends act 1, or the one who answers it. */
export type HandshakeRole = 'initiator' | 'responder';

/** ChaCha20-Poly1305 (RFC 8439) under one key. Holds no nonce: the cipher state counts. */
export interface Aead {
  /** Writes ciphertext and 16-byte tag to `out` at `offset`. `plaintext` and the target must not overlap. */
  seal(nonce: Uint8Array, associatedData: Uint8Array, plaintext: Uint8Array, out: Uint8Array, offset: number): void;
  /**
   * Writes the plaintext (`ciphertext.length - 16` bytes) to `out` at `offset`; false, with `out` untouched, when the
   * tag does not fit. `ciphertext` has at least 16 bytes and does not overlap the target.
   */
  open(nonce: Uint8Array, associatedData: Uint8Array, ciphertext: Uint8Array, out: Uint8Array, offset: number): boolean;
}

/**
 * The cryptography a handshake and a session stand on. `portableCrypto` is the reference; another back end must give
 * the same bytes for the same input and the same draws from `random`. Only `ecdhStatic` is free in what it draws.
 *
 * Nothing here may throw because of a peer's bytes: every 64-byte string is a valid ElligatorSwift encoding, and a bad
 * signature is `false`.
 */
export interface NoiseCrypto {
  sha256(data: Uint8Array): Uint8Array;
  /** A new key pair. Draws 32 bytes until they are a valid secret, then 33 bytes per encoding attempt. */
  createKeyPair(random: RandomBytes): KeyPair;
  /** The pair of a known secret; `random` chooses among the many encodings. Throws `UsageError` for a bad secret. */
  keyPairFromSecret(secretKey: Uint8Array, random: RandomBytes): KeyPair;
  /** Takes 64 bytes of ElligatorSwift, as a peer sent them. */
  decodePublicKey(ellswift: Uint8Array): RemotePublicKey;
  /** `v2_ecdh` of BIP324 with the hash order of `role`, 32 bytes. For a key pair that is used once. */
  ecdh(own: KeyPair, remote: RemotePublicKey, role: HandshakeRole): Uint8Array;
  /** The same value for a key pair used with many peers: its time must not tell about the secret. */
  ecdhStatic(own: KeyPair, remote: RemotePublicKey, role: HandshakeRole, random: RandomBytes): Uint8Array;
  /** BIP340 signature of a 32-byte message with 32 bytes of auxiliary randomness. */
  sign(message: Uint8Array, secretKey: Uint8Array, auxiliaryRandom: Uint8Array): Uint8Array;
  /** BIP340 verification of a 32-byte message under a 32-byte x-only key. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  /** Takes a key of 32 bytes. */
  createAead(key: Uint8Array): Aead;
}
