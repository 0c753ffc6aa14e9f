import type { CloseCause } from '@stratumkit/connection';
import { encodeFrame, encodeRawFrame } from '@stratumkit/framing';
import { SetupConnection } from '@stratumkit/messages/common';
import {
  OpenExtendedMiningChannel,
  OpenStandardMiningChannel,
  SubmitSharesStandard,
  UpdateChannel,
} from '@stratumkit/messages/mining';
import type { NoiseSession } from '@stratumkit/noise';
import { HostileSocket, type HostileTarget, seal } from './hostileSocket.ts';

/** One way to misbehave on a mining server's port that wants Noise. */
export interface Attack {
  readonly name: string;
  /** Names under which the server counts the end of it. */
  readonly causes: readonly CloseCause[];
  /** Attacks once, and settles when the connection is gone. */
  readonly run: (target: HostileTarget) => Promise<void>;
}

const SETUP: SetupConnection = {
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: 'pool.example',
  endpointPort: 3333,
  vendor: 'hostile',
  hardwareVersion: '',
  firmware: '',
  deviceId: '',
};

const SHARE = encodeFrame(SubmitSharesStandard, {
  channelId: 1,
  sequenceNumber: 0,
  jobId: 1,
  nonce: 1,
  ntime: 1_790_000_000,
  version: 0x2000_0000,
});

/** However a flood is met, one of these ends it. */
const FLOOD_CAUSES: readonly CloseCause[] = ['message-budget', 'first-channel-timeout', 'write-timeout'];
const PAD = new Uint8Array(16);
const UPDATE = { channelId: 0xffff_fff0, nominalHashRate: 1e12, maximumTarget: new Uint8Array(32).fill(0xff) };
const OPEN = encodeFrame(OpenStandardMiningChannel, {
  requestId: 1,
  userIdentity: 'hostile',
  nominalHashRate: 1e12,
  maxTarget: new Uint8Array(32).fill(0xff),
});
const TRUNCATED_SHARE = { extensionType: 0, channelMessage: true, messageType: 0x1a, payload: SHARE.subarray(6, 20) };
const LYING_OPEN = lyingOpen();

/** A channel open whose user identity claims more bytes than there are. */
function lyingOpen(): Uint8Array {
  const frame = encodeFrame(OpenExtendedMiningChannel, {
    requestId: 1,
    userIdentity: 'x',
    nominalHashRate: 1,
    maxTarget: new Uint8Array(32).fill(0xff),
    minExtranonceSize: 4,
  });
  frame[10] = 0xff;
  return frame;
}

/** A header of the given message whose payload is said to have `length` bytes, and none of it. */
function claim(messageType: number, length: number, channelMessage = false): Uint8Array {
  return Uint8Array.of(0, channelMessage ? 0x80 : 0, messageType, length, length >> 8, length >> 16);
}

/** Attacks with bytes instead of a handshake. */
function raw(name: string, cause: CloseCause, bytes: (socket: HostileSocket) => Uint8Array): Attack {
  return {
    name,
    causes: [cause],
    async run(target) {
      const socket = await HostileSocket.connect(target);
      await socket.write(bytes(socket));
      await socket.closed;
    },
  };
}

type Misuse = (socket: HostileSocket, session: NoiseSession) => Promise<void>;

/** Attacks behind a good handshake. */
function shaken(name: string, causes: readonly CloseCause[], misuse: Misuse): Attack {
  return {
    name,
    causes,
    async run(target) {
      const socket = await HostileSocket.connect(target);
      const session = await socket.handshake();
      if (session !== undefined) await misuse(socket, session);
      await socket.closed;
    },
  };
}

/** Attacks behind a good setup. */
function setUp(name: string, causes: readonly CloseCause[], misuse: Misuse): Attack {
  return shaken(name, causes, async (socket, session) => {
    await socket.write(seal(session, encodeFrame(SetupConnection, SETUP)));
    await misuse(socket, session);
  });
}

/** The same frame again and again, many in one write, until the other side has had enough. */
async function flood(socket: HostileSocket, session: NoiseSession, frame: Uint8Array): Promise<void> {
  const batch = 200;
  const size = session.sealedSize(frame.length);
  while (!socket.isClosed) {
    const out = new Uint8Array(batch * size);
    for (let offset = 0; offset < out.length; ) offset = session.seal(frame, out, offset);
    await socket.write(out);
    // A write that the system takes at once gives nobody else a turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const text = (content: string) => new TextEncoder().encode(content);

const BEFORE_HANDSHAKE: readonly Attack[] = [
  {
    name: 'connects and goes',
    causes: ['probe'],
    async run(target) {
      const socket = await HostileSocket.connect(target);
      socket.end();
      await socket.closed;
    },
  },
  raw('speaks HTTP', 'http-greeting', () => text('GET /metrics HTTP/1.1\r\nHost: pool\r\n\r\n')),
  raw('speaks TLS', 'tls-greeting', () => Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)),
  raw('speaks SV1', 'sv1-greeting', () => text('{"id": 1, "method": "mining.subscribe", "params": []}\n')),
  raw('speaks Stratum V2 without Noise', 'plain-greeting', () => encodeFrame(SetupConnection, SETUP)),
  raw('spoofs a PROXY header', 'proxy-protocol-greeting', () => text('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n')),
  raw('sends text', 'text-greeting', () => text('a'.repeat(4_096))),
  raw('sends garbage', 'decryption-failed', (socket) => socket.random(4_096)),
  raw('stops in the middle of the handshake', 'handshake-timeout', (socket) => socket.random(33)),
  raw('sends nothing', 'handshake-timeout', () => new Uint8Array(0)),
  {
    name: 'resets in the middle of the handshake',
    // A reset that comes before the server looks takes the bytes with it.
    causes: ['peer-reset', 'probe'],
    async run(target) {
      const socket = await HostileSocket.connect(target);
      await socket.write(socket.random(33));
      socket.reset();
      await socket.closed;
    },
  },
];

const DURING_SETUP: readonly Attack[] = [
  shaken('is silent after the handshake', ['setup-timeout'], async () => {}),
  shaken('dribbles its setup', ['setup-timeout'], async (socket, session) => {
    const bytes = seal(session, encodeFrame(SetupConnection, SETUP));
    for (let index = 0; index < bytes.length - 1; index++) await socket.write(bytes.subarray(index, index + 1));
  }),
  shaken('claims a setup of 1 MiB', ['frame-too-large'], (socket, session) =>
    socket.write(sealHeader(session, claim(0, 1 << 20))),
  ),
  shaken('begins with a share', ['unexpected-message'], (socket, session) => socket.write(seal(session, SHARE))),
  shaken('wants version 3', ['protocol-version-mismatch'], (socket, session) =>
    socket.write(seal(session, encodeFrame(SetupConnection, { ...SETUP, minVersion: 3, maxVersion: 3 }))),
  ),
  shaken('wants another protocol', ['unsupported-protocol'], (socket, session) =>
    socket.write(seal(session, encodeFrame(SetupConnection, { ...SETUP, protocol: 9 }))),
  ),
  shaken('wants flags nobody knows', ['unsupported-feature-flags'], (socket, session) =>
    socket.write(seal(session, encodeFrame(SetupConnection, { ...SETUP, flags: 0xffff_ff00 }))),
  ),
  shaken('flips a bit', ['decryption-failed'], (socket, session) => {
    const bytes = seal(session, encodeFrame(SetupConnection, SETUP));
    bytes[30]! ^= 1;
    return socket.write(bytes);
  }),
  shaken('sends an empty setup', ['malformed-message'], (socket, session) => socket.write(seal(session, claim(0, 0)))),
];

const WHEN_OPEN: readonly Attack[] = [
  setUp('opens no channel', ['first-channel-timeout'], async () => {}),
  setUp('sets up twice', ['unexpected-message'], (socket, session) =>
    socket.write(seal(session, encodeFrame(SetupConnection, SETUP))),
  ),
  setUp('claims a share of 1 MiB', ['frame-too-large'], (socket, session) =>
    socket.write(sealHeader(session, claim(0x1b, 1 << 20, true))),
  ),
  setUp('cuts a share short', ['malformed-message'], (socket, session) =>
    socket.write(seal(session, encodeRawFrame({ ...TRUNCATED_SHARE }))),
  ),
  setUp('sends lengths that lie', ['malformed-message'], (socket, session) => socket.write(seal(session, LYING_OPEN))),
  setUp('repeats a frame as it was sealed', ['decryption-failed'], async (socket, session) => {
    const bytes = seal(session, encodeFrame(UpdateChannel, UPDATE));
    await socket.write(bytes);
    await socket.write(bytes);
  }),
  setUp('closes in the middle of a frame', ['peer-closed-mid-frame'], async (socket, session) => {
    await socket.write(seal(session, SHARE).subarray(0, 40));
    socket.end();
  }),
  setUp('resets in the middle of a frame', ['peer-reset'], async (socket, session) => {
    await socket.write(seal(session, SHARE).subarray(0, 40));
    socket.reset();
  }),
  setUp('floods with unknown messages', ['unknown-messages'], (socket, session) =>
    flood(
      socket,
      session,
      encodeRawFrame({ extensionType: 0, channelMessage: false, messageType: 0xee, payload: PAD }),
    ),
  ),
  setUp('floods with frames of a foreign extension', ['unknown-messages'], (socket, session) =>
    flood(
      socket,
      session,
      encodeRawFrame({ extensionType: 0x4001, channelMessage: true, messageType: 1, payload: PAD }),
    ),
  ),
  setUp('opens a channel and floods it with shares', ['message-budget'], async (socket, session) => {
    await socket.write(seal(session, OPEN));
    await flood(socket, session, SHARE);
  }),
  setUp('floods with channel opens', ['message-budget'], (socket, session) => flood(socket, session, OPEN)),
  setUp('floods with shares of no channel', FLOOD_CAUSES, (socket, session) => flood(socket, session, SHARE)),
  setUp('floods with requests and reads no answer', FLOOD_CAUSES, (socket, session) => {
    socket.stopReading();
    return flood(socket, session, encodeFrame(UpdateChannel, UPDATE));
  }),
];

/** The sealed header alone of a frame that will never come whole. */
function sealHeader(session: NoiseSession, header: Uint8Array): Uint8Array {
  const frame = new Uint8Array(6 + (header[3]! | (header[4]! << 8) | (header[5]! << 16)));
  frame.set(header);
  return seal(session, frame).subarray(0, 22);
}

/** Every attack of this package, mildest first. */
export const ATTACKS: readonly Attack[] = [...BEFORE_HANDSHAKE, ...DURING_SETUP, ...WHEN_OPEN];
