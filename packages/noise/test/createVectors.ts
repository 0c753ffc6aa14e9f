import { writeFileSync } from 'node:fs';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  encodeSignatureNoiseMessage,
  type KeyPair,
  NoiseInitiator,
  NoiseResponder,
  type NoiseSession,
  portableCrypto,
  ResponderIdentity,
  signCertificate,
} from '../src/index.ts';
import { SymmetricState } from '../src/symmetricState.ts';
import { errorCodeOf, frameOf, hex, patternPayload, seededRandom, withKeyPairs } from './support.ts';

const SPEC = 'sv2-spec 04-Protocol-Security';
const ORIGIN = 'stratumkit';
const VALID_FROM = 1_790_000_000;
const VALIDITY_SECONDS = 3_600;
const PAYLOAD_LENGTHS = [0, 1, 48, 1024, 65_519, 65_520, 131_038];

export function createHandshakeVectors() {
  return {
    name: 'noise-nx-handshake',
    spec: SPEC,
    origin: ORIGIN,
    handshakes: ['alpha', 'beta', 'gamma'].map((name) => createHandshake(name).vector),
  };
}

export function createFailureVectors() {
  const { vector, keys, act2, authority } = createHandshake('alpha');
  const finish = (message: Uint8Array, unixSeconds = VALID_FROM, authorityPublicKey = authority.publicKey) => {
    const crypto = withKeyPairs([keys.initiator]);
    const initiator = new NoiseInitiator({ crypto, random: seededRandom('unused'), authorityPublicKey });
    initiator.start();
    return errorCodeOf(() => initiator.finish(message, unixSeconds));
  };
  const random = seededRandom('failures');
  const other = portableCrypto.createKeyPair(random);

  const flips = Array.from({ length: 234 }, (_, byte) => {
    const xor = 1 << (byte % 8);
    const changed = act2.slice();
    changed[byte]! ^= xor;
    return { byte, xor: hex(Uint8Array.of(xor)), result: finish(changed) };
  });
  const lengths = [0, 1, 63, 64, 143, 144, 170, 233, 235].map((length) => {
    const changed = new Uint8Array(length);
    changed.set(act2.subarray(0, length));
    return { length, result: finish(changed) };
  });
  const end = VALID_FROM + VALIDITY_SECONDS;
  const clock = [VALID_FROM - 11, VALID_FROM - 10, VALID_FROM, end, end + 10, end + 11, 0].map((unixSeconds) => ({
    unixSeconds,
    result: finish(act2, unixSeconds),
  }));
  const signed = (name: string, signer: KeyPair, server: KeyPair, validFrom: number, notValidAfter: number) => {
    const certificate = signCertificate({
      crypto: portableCrypto,
      random,
      authoritySecretKey: signer.secretKey,
      serverPublicKey: server.publicKey,
      validFrom,
      validitySeconds: notValidAfter - validFrom,
    });
    const message = respondWith(keys, encodeSignatureNoiseMessage(certificate));
    return { name, act2: hex(message), unixSeconds: VALID_FROM, result: finish(message) };
  };
  const certificates = [
    signed('another authority', other, keys.static, VALID_FROM, end),
    signed('of another static key', authority, other, VALID_FROM, end),
    signed('expired', authority, keys.static, VALID_FROM - 3_600, VALID_FROM - 11),
    signed('not yet valid', authority, keys.static, VALID_FROM + 11, end),
    signed('ends before it begins', authority, keys.static, VALID_FROM + 5, VALID_FROM - 5),
    signed('one second, within the leeway', authority, keys.static, VALID_FROM - 11, VALID_FROM - 10),
  ];
  const zeroSignature = respondWith(keys, new Uint8Array(74));
  return {
    name: 'noise-nx-failures',
    spec: SPEC,
    origin: ORIGIN,
    handshake: vector.name,
    flips,
    lengths,
    clock,
    authority: [{ authorityPublicKey: hex(other.publicKey), result: finish(act2, VALID_FROM, other.publicKey) }],
    certificates: [
      ...certificates,
      { name: 'all zero', act2: hex(zeroSignature), unixSeconds: VALID_FROM, result: finish(zeroSignature) },
    ],
  };
}

interface HandshakeKeys {
  initiator: KeyPair;
  responder: KeyPair;
  static: KeyPair;
}

function createHandshake(name: string) {
  const random = seededRandom(`handshake ${name}`);
  const authority = portableCrypto.createKeyPair(random);
  const keys: HandshakeKeys = {
    initiator: portableCrypto.createKeyPair(random),
    responder: portableCrypto.createKeyPair(random),
    static: portableCrypto.createKeyPair(random),
  };
  const auxiliaryRandom = random(32);
  const identity = new ResponderIdentity({
    random: () => auxiliaryRandom.slice(),
    authoritySecretKey: authority.secretKey,
    certificateValiditySeconds: VALIDITY_SECONDS,
    staticKeyPair: keys.static,
    crypto: { ...portableCrypto, keyPairFromSecret: () => authority },
  });
  const initiator = new NoiseInitiator({
    crypto: withKeyPairs([keys.initiator]),
    random,
    authorityPublicKey: authority.publicKey,
  });
  const responder = new NoiseResponder({ crypto: withKeyPairs([keys.responder]), random, identity });
  const act1 = initiator.start();
  const { act2, session } = responder.respond(act1, VALID_FROM);
  const transportKeys = transportKeysOf(keys, act2);
  const initiatorSession = initiator.finish(act2, VALID_FROM);
  const vector = {
    name,
    authority: { secretKey: hex(authority.secretKey), publicKey: hex(authority.publicKey) },
    initiatorEphemeral: pairVector(keys.initiator),
    responderEphemeral: pairVector(keys.responder),
    responderStatic: pairVector(keys.static),
    certificate: {
      validFrom: VALID_FROM,
      notValidAfter: VALID_FROM + VALIDITY_SECONDS,
      auxiliaryRandom: hex(auxiliaryRandom),
      signatureNoiseMessage: hex(identity.signatureNoiseMessage(VALID_FROM)),
    },
    unixSeconds: VALID_FROM,
    act1: hex(act1),
    act2: hex(act2),
    handshakeHash: hex(session.handshakeHash),
    ...transportKeys,
    frames: [...sealFrames('initiator', initiatorSession), ...sealFrames('responder', session)],
  };
  return { vector, keys, act2, authority };
}

function pairVector(pair: KeyPair) {
  return { secretKey: hex(pair.secretKey), ellswift: hex(pair.ellswift), publicKey: hex(pair.publicKey) };
}

function sealFrames(from: 'initiator' | 'responder', session: NoiseSession) {
  return PAYLOAD_LENGTHS.map((payloadLength) => {
    const frame = frameOf(patternPayload(payloadLength));
    const sealed = new Uint8Array(session.sealedSize(frame.length));
    session.seal(frame, sealed, 0);
    const whole = sealed.length <= 128 ? { sealed: hex(sealed) } : {};
    const header = hex(frame.subarray(0, 6));
    return { from, header, payloadLength, sealedSize: sealed.length, sealedSha256: hex(sha256(sealed)), ...whole };
  });
}

/** The responder's side once more, step by step, to show the keys it ends with. */
function transportKeysOf(keys: HandshakeKeys, act2: Uint8Array) {
  const { state } = replayResponder(keys);
  state.mixHash(act2.subarray(144));
  const [first, second] = state.split();
  return { initiatorToResponder: hex(first), responderToInitiator: hex(second) };
}

/** Act 2 with any 74 bytes in the certificate's place. */
function respondWith(keys: HandshakeKeys, signatureNoiseMessage: Uint8Array): Uint8Array {
  const { state, sealedStatic } = replayResponder(keys);
  const act2 = new Uint8Array(234);
  act2.set(keys.responder.ellswift);
  act2.set(sealedStatic, 64);
  act2.set(state.encryptAndHash(signatureNoiseMessage), 144);
  return act2;
}

function replayResponder(keys: HandshakeKeys) {
  const state = new SymmetricState(portableCrypto);
  const remote = portableCrypto.decodePublicKey(keys.initiator.ellswift);
  state.mixHash(remote.ellswift);
  state.mixHash(new Uint8Array(0));
  state.mixHash(keys.responder.ellswift);
  state.mixKey(portableCrypto.ecdh(keys.responder, remote, 'responder'));
  const sealedStatic = state.encryptAndHash(keys.static.ellswift);
  state.mixKey(portableCrypto.ecdh(keys.static, remote, 'responder'));
  return { state, sealedStatic };
}

// Run by itself, it writes the files.
if (import.meta.main) {
  const files = { 'handshake.json': createHandshakeVectors(), 'failures.json': createFailureVectors() };
  for (const [name, content] of Object.entries(files)) {
    const file = new URL(`../../../vectors/noise/${name}`, import.meta.url);
    writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  }
}
