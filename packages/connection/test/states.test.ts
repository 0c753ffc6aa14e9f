import { encodeFrame, encodeRawFrame } from '@stratumkit/framing';
import { SetupConnection, SetupConnectionSuccess } from '@stratumkit/messages/common';
import { RequestExtensions } from '@stratumkit/messages/extensions';
import { SubmitSharesStandard, UpdateChannel } from '@stratumkit/messages/mining';
import { FakeClock, seededRandom } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionSecurity } from '../src/index.ts';
import { createClient, createIdentity, createServer, drain, exchange, PLAIN, SETUP } from './support.ts';

const identity = createIdentity();
const NOISE: ConnectionSecurity = { type: 'noise-responder', identity, random: seededRandom(1) };
const client = (): ConnectionSecurity => ({
  type: 'noise-initiator',
  authorityPublicKey: identity.authorityPublicKey,
  random: seededRandom(2),
});
const share = encodeFrame(SubmitSharesStandard, {
  channelId: 1,
  sequenceNumber: 0,
  jobId: 1,
  nonce: 1,
  ntime: 1,
  version: 1,
});

/** Servers in each of their states, on plain wires: what comes in is a frame. */
const STATES: Record<string, (clock: FakeClock) => Connection> = {
  setup: (clock) => createServer(clock),
  negotiating: (clock) => {
    const policy = () => ({ accept: true, flags: 0 }) as const;
    const server = createServer(clock, { setup: { side: 'server', policy, extensions: { supported: [2] } } });
    server.push(encodeFrame(SetupConnection, SETUP), clock.now);
    return server;
  },
  open: (clock) => {
    const server = createServer(clock);
    server.push(encodeFrame(SetupConnection, SETUP), clock.now);
    return server;
  },
  closed: (clock) => {
    const server = createServer(clock);
    server.close('shutdown');
    return server;
  },
};

const INPUTS: Record<string, (server: Connection, clock: FakeClock) => void> = {
  SetupConnection: (server, clock) => server.push(encodeFrame(SetupConnection, SETUP), clock.now),
  'SetupConnection.Success': (server, clock) =>
    server.push(encodeFrame(SetupConnectionSuccess, { usedVersion: 2, flags: 0 }), clock.now),
  RequestExtensions: (server, clock) =>
    server.push(encodeFrame(RequestExtensions, { requestId: 1, requestedExtensions: [2] }), clock.now),
  share: (server, clock) => server.push(share, clock.now),
  'cut share': (server, clock) =>
    server.push(
      encodeRawFrame({ extensionType: 0, channelMessage: true, messageType: 0x1a, payload: share.subarray(6, 20) }),
      clock.now,
    ),
  'unknown message': (server, clock) => server.push(Uint8Array.of(0, 0, 0xee, 0, 0, 0), clock.now),
  'half a header': (server, clock) => server.push(Uint8Array.of(0, 0, 0), clock.now),
  fin: (server, clock) => server.end('fin', clock.now),
  'half a header, fin': (server, clock) => {
    server.push(Uint8Array.of(0, 0, 0), clock.now);
    server.end('fin', clock.now);
  },
  reset: (server, clock) => server.end('reset', clock.now),
  '10 s of silence': (server, clock) => server.tick(clock.advance(10_000)),
  '60 s of silence': (server, clock) => server.tick(clock.advance(60_000)),
  'a close of our own': (server, clock) => server.close('role-decision', clock.now),
};

/** Types of the events, the cause in place of `closed`. */
const EXPECTED: Record<string, Record<keyof typeof INPUTS, string[]>> = {
  setup: {
    SetupConnection: ['ready'],
    'SetupConnection.Success': ['unexpected-message'],
    RequestExtensions: ['unexpected-message'],
    share: ['unexpected-message'],
    'cut share': ['unexpected-message'],
    'unknown message': ['unexpected-message'],
    'half a header': [],
    fin: ['probe'],
    'half a header, fin': ['peer-closed-mid-frame'],
    reset: ['probe'],
    '10 s of silence': ['setup-timeout'],
    '60 s of silence': ['setup-timeout'],
    'a close of our own': ['role-decision'],
  },
  negotiating: {
    SetupConnection: ['unexpected-message'],
    'SetupConnection.Success': ['ready', 'ignored'],
    RequestExtensions: ['ready'],
    share: ['ready', 'message'],
    'cut share': ['malformed-message'],
    'unknown message': ['ready', 'ignored'],
    'half a header': [],
    fin: ['peer-closed'],
    'half a header, fin': ['peer-closed-mid-frame'],
    reset: ['peer-reset'],
    '10 s of silence': [],
    '60 s of silence': ['first-channel-timeout'],
    'a close of our own': ['role-decision'],
  },
  open: {
    SetupConnection: ['unexpected-message'],
    'SetupConnection.Success': ['ignored'],
    RequestExtensions: [],
    share: ['message'],
    'cut share': ['malformed-message'],
    'unknown message': ['ignored'],
    'half a header': [],
    fin: ['peer-closed'],
    'half a header, fin': ['peer-closed-mid-frame'],
    reset: ['peer-reset'],
    '10 s of silence': [],
    '60 s of silence': ['first-channel-timeout'],
    'a close of our own': ['role-decision'],
  },
  closed: Object.fromEntries(Object.keys(INPUTS).map((input) => [input, []])),
};

const outcome = (connection: Connection) =>
  drain(connection).map((event) => (event.type === 'closed' ? event.cause : event.type));

describe.each(Object.keys(STATES))('a server in the state %s', (state) => {
  it.each(Object.keys(INPUTS))('meets %s', (input) => {
    const clock = new FakeClock();
    const server = STATES[state]!(clock);
    drain(server);
    INPUTS[input]!(server, clock);
    expect(outcome(server)).toEqual(EXPECTED[state]![input]);
    expect(drain(server)).toEqual([]);
  });
});

describe('a client that waits for the answer to its setup', () => {
  const frame = (extensionType: number, channelMessage: boolean, messageType: number) =>
    encodeRawFrame({ extensionType, channelMessage, messageType, payload: Uint8Array.of(1, 0, 0, 0) });

  it.each([
    ['a message of an unknown extension', frame(0x5abc, false, 0x33)],
    ['a channel message of an unknown extension', frame(0x5abc, true, 0x33)],
  ])('discards %s', (_name, bytes) => {
    const clock = new FakeClock();
    const client = createClient(clock);
    client.push(bytes, clock.now);
    expect(outcome(client)).toEqual(['ignored']);
    client.push(encodeFrame(SetupConnectionSuccess, { usedVersion: 2, flags: 0 }), clock.now);
    expect(outcome(client)).toEqual(['ready']);
  });

  it('takes no other core message, and not endlessly many of unknown extensions', () => {
    const clock = new FakeClock();
    const closes = createClient(clock);
    closes.push(frame(0, false, 0xee), clock.now);
    expect(outcome(closes)).toEqual(['unexpected-message']);
    const floods = createClient(clock);
    for (let count = 0; count < 10_000; count++) floods.push(frame(0x5abc, false, 0x33), clock.now);
    expect(outcome(floods).at(-1)).toBe('unknown-messages');
  });
});

describe('a handshake', () => {
  const act1 = () => createClient(new FakeClock(), { security: client() }).takeBytes()!;

  it.each<[string, (server: Connection, clock: FakeClock) => void, string[]]>([
    ['nothing, fin', (server, clock) => server.end('fin', clock.now), ['probe']],
    ['nothing, reset', (server, clock) => server.end('reset', clock.now), ['probe']],
    ['10 s of silence', (server, clock) => server.tick(clock.advance(10_000)), ['handshake-timeout']],
    ['9,999 ms of silence', (server, clock) => server.tick(clock.advance(9_999)), []],
    [
      'half an act, fin',
      (server, clock) => {
        server.push(act1().subarray(0, 30), clock.now);
        server.end('fin', clock.now);
      },
      ['peer-closed-mid-frame'],
    ],
    [
      'an act dribbled for 10 s',
      (server, clock) => {
        for (const byte of act1().subarray(0, 20)) server.push(Uint8Array.of(byte), clock.advance(500));
      },
      ['handshake-timeout'],
    ],
    ['an act', (server, clock) => server.push(act1(), clock.now), []],
    [
      'SV1',
      (server, clock) => server.push(new TextEncoder().encode('{"id":1,"method":"mining'), clock.now),
      ['sv1-greeting'],
    ],
  ])('meets %s', (_name, input, expected) => {
    const clock = new FakeClock();
    const server = createServer(clock, { security: NOISE });
    input(server, clock);
    expect(outcome(server)).toEqual(expected);
  });

  it('is followed by the deadline of setup', () => {
    const clock = new FakeClock();
    const server = createServer(clock, { security: NOISE });
    server.push(act1(), clock.advance(4_000));
    expect(outcome(server)).toEqual([]);
    expect([server.state, server.deadline]).toEqual(['setup', clock.now.monotonicMs + 10_000]);
    expect(server.takeBytes()?.length).toBe(234);
  });

  it.each([
    ['another authority', new Uint8Array(32).fill(9), 0, 'wrong-authority'],
    ['an expired certificate', identity.authorityPublicKey, 3_600 + 11, 'certificate-expired'],
    ['a certificate of the future', identity.authorityPublicKey, -11, 'certificate-not-yet-valid'],
  ])('shows a client %s', (_name, authorityPublicKey, ahead, cause) => {
    const clock = new FakeClock();
    const security = { ...client(), authorityPublicKey } as ConnectionSecurity;
    const initiator = createClient(clock, { security });
    const server = createServer(clock, { security: { ...NOISE, identity: createIdentity() } as ConnectionSecurity });
    server.push(initiator.takeBytes()!, clock.now);
    drain(server);
    const now = { ...clock.now, unixSeconds: clock.now.unixSeconds + ahead };
    initiator.push(server.takeBytes()!, now);
    expect(outcome(initiator)).toEqual([cause]);
    expect(initiator.takeBytes()).toBeUndefined();
  });

  it('ends at any flipped bit of act 2, without an answer', () => {
    const server = createServer(new FakeClock(), { security: NOISE });
    const clock = new FakeClock();
    server.push(act1(), clock.now);
    drain(server);
    const act2 = server.takeBytes()!;
    for (const index of [0, 63, 64, 143, 144, 200, 233]) {
      const initiator = createClient(clock, { security: client() });
      initiator.takeBytes();
      const damaged = act2.slice();
      damaged[index]! ^= 0x80;
      initiator.push(damaged, clock.now);
      expect(outcome(initiator)).toEqual(['handshake-failed']);
      expect(initiator.takeBytes()).toBeUndefined();
    }
  });

  it.each(['fin', 'reset'] as const)('that a server ends by %s before act 2 was not answered', (how) => {
    const clock = new FakeClock();
    const initiator = createClient(clock, { security: client() });
    initiator.takeBytes();
    initiator.end(how, clock.now);
    expect(drain(initiator)).toEqual([
      { type: 'closed', cause: 'handshake-unanswered', detail: { state: 'handshake' } },
    ]);
  });

  it.each([
    ['fin', 'peer-closed-mid-frame'],
    ['reset', 'peer-reset'],
  ] as const)('that a server ends by %s within act 2 was cut', (how, cause) => {
    const clock = new FakeClock();
    const initiator = createClient(clock, { security: client() });
    initiator.push(new Uint8Array(30).fill(1), clock.now);
    initiator.end(how, clock.now);
    expect(outcome(initiator)).toEqual([cause]);
  });

  it('names an HTTP server to a client that expected Stratum', () => {
    const clock = new FakeClock();
    const initiator = createClient(clock, { security: client() });
    initiator.push(new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n'), clock.now);
    expect(outcome(initiator)).toEqual(['http-greeting']);
  });
});

describe('sealed frames', () => {
  const open = () => {
    const clock = new FakeClock();
    const server = createServer(clock, { security: NOISE });
    const initiator = createClient(clock, { security: client() });
    exchange(server, initiator, clock);
    initiator.send(encodeFrame(UpdateChannel, { channelId: 1, nominalHashRate: 1, maximumTarget: new Uint8Array(32) }));
    return { clock, server, bytes: initiator.takeBytes()! };
  };

  it.each([0, 5, 21, 22, 40])('end the connection without an answer when byte %i is damaged', (index) => {
    const { clock, server, bytes } = open();
    const damaged = bytes.slice();
    damaged[index]! ^= 1;
    server.send(share);
    server.push(damaged, clock.now);
    expect(outcome(server)).toEqual(['decryption-failed']);
    expect(server.takeBytes()).toBeUndefined();
  });

  it('cannot be replayed', () => {
    const { clock, server, bytes } = open();
    server.push(bytes, clock.now);
    server.push(bytes, clock.now);
    expect(outcome(server)).toEqual(['message', 'decryption-failed']);
  });
});

describe('deadlines of an open mining connection', () => {
  const open = () => {
    const clock = new FakeClock();
    const server = createServer(clock, { security: PLAIN });
    server.push(encodeFrame(SetupConnection, SETUP), clock.now);
    drain(server);
    return { clock, server };
  };

  it('wants a first channel within 60 s, messages or not', () => {
    const { clock, server } = open();
    server.push(share, clock.advance(59_999));
    expect(outcome(server)).toEqual(['message']);
    server.push(share, clock.advance(1));
    expect(outcome(server)).toEqual(['first-channel-timeout']);
  });

  it('has none while a channel is open', () => {
    const { clock, server } = open();
    server.setOpenChannels(1);
    expect(server.deadline).toBeUndefined();
    server.tick(clock.advance(1e9));
    expect(outcome(server)).toEqual([]);
  });

  it('allows silence without a channel for a while, counted from the last message', () => {
    const { clock, server } = open();
    server.setOpenChannels(1);
    server.setOpenChannels(0);
    server.push(share, clock.advance(500_000));
    expect(outcome(server)).toEqual(['message']);
    server.tick(clock.advance(599_999));
    expect(outcome(server)).toEqual([]);
    server.tick(clock.advance(1));
    expect(outcome(server)).toEqual(['idle-timeout']);
  });

  it('wants its bytes to be taken within 30 s', () => {
    const { clock, server } = open();
    server.setOpenChannels(1);
    server.setWritable(false, clock.now);
    server.send(share);
    expect(server.takeBytes()).toBeUndefined();
    server.setWritable(false, clock.advance(29_999));
    expect(outcome(server)).toEqual([]);
    server.tick(clock.advance(1));
    expect(outcome(server)).toEqual(['write-timeout']);
  });

  it('starts the write deadline anew when bytes could be taken', () => {
    const { clock, server } = open();
    server.setOpenChannels(1);
    server.setWritable(false, clock.now);
    server.setWritable(true, clock.advance(29_000));
    expect(server.deadline).toBeUndefined();
    expect(server.takeBytes()?.length).toBe(12);
  });
});
