import { encodeFrame, encodeRawFrame } from '@stratumkit/framing';
import { SetupConnection } from '@stratumkit/messages/common';
import {
  OpenStandardMiningChannel,
  SetGroupChannel,
  SetTarget,
  SubmitSharesStandard,
} from '@stratumkit/messages/mining';
import { CoinbaseOutputConstraints, RequestTransactionDataSuccess } from '@stratumkit/messages/template-distribution';
import { FakeClock } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONNECTION_LIMITS } from '../src/index.ts';
import { createClient, createOpenPair, createServer, drain, exchange, SETUP } from './support.ts';

const header = (messageType: number, length: number, high = 0) =>
  Uint8Array.of(0, high, messageType, length, length >> 8, length >> 16);
const share = encodeFrame(SubmitSharesStandard, {
  channelId: 1,
  sequenceNumber: 0,
  jobId: 1,
  nonce: 1,
  ntime: 1,
  version: 1,
});
const target = encodeFrame(SetTarget, { channelId: 1, maximumTarget: new Uint8Array(32) });
const unknown = encodeRawFrame({
  extensionType: 0,
  channelMessage: false,
  messageType: 0xee,
  payload: new Uint8Array(3),
});

describe('the cap of a payload', () => {
  it('is judged on the header, by state', () => {
    const clock = new FakeClock();
    const server = createServer(clock);
    server.push(header(SetupConnection.messageType, 0xff_ffff), clock.now);
    expect(drain(server)).toMatchObject([
      { cause: 'frame-too-large', detail: { message: 'SetupConnection', length: 0xff_ffff, maxLength: 1_291 + 1_024 } },
    ]);
  });

  it('is the definition’s, with room for TLV fields', () => {
    const cap = SubmitSharesStandard.maxSize + DEFAULT_CONNECTION_LIMITS.maxTrailingBytes;
    for (const [length, cause] of [
      [cap, undefined],
      [cap + 1, 'frame-too-large'],
    ] as const) {
      const clock = new FakeClock();
      const { server } = createOpenPair(clock);
      server.push(header(SubmitSharesStandard.messageType, length, 0x80), clock.now);
      expect(drain(server).map((event) => event.type === 'closed' && event.cause)).toEqual(cause ? [cause] : []);
    }
  });

  it('lets the largest legal SetGroupChannel through', () => {
    const clock = new FakeClock();
    const { client } = createOpenPair(clock);
    const channelIds = Array.from({ length: 65_535 }, (_, index) => index);
    client.push(encodeFrame(SetGroupChannel, { groupChannelId: 1, channelIds }), clock.now);
    expect(drain(client)).toMatchObject([{ type: 'message', message: { name: 'SetGroupChannel' } }]);
  });

  it('can be lower by name', () => {
    const clock = new FakeClock();
    const request = { ...SETUP, protocol: 2 };
    const client = createClient(clock, { protocol: 'template-distribution', setup: { side: 'client', request } });
    const server = createServer(clock, { protocol: 'template-distribution' });
    exchange(server, client, clock);
    client.push(header(RequestTransactionDataSuccess.messageType, 7 << 20), clock.now);
    expect(drain(client)).toMatchObject([{ cause: 'frame-too-large', detail: { length: 7 << 20 } }]);
  });

  it('holds for unknown messages too', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock);
    server.push(header(0xee, 65_536), clock.now);
    expect(drain(server)).toMatchObject([{ cause: 'frame-too-large', detail: { maxLength: 65_535 } }]);
  });
});

describe('unknown messages', () => {
  it('are reported, counted, and end the connection past a threshold', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock);
    for (let count = 0; count < 100; count++) {
      server.push(unknown, clock.now);
      expect(drain(server)).toEqual([{ type: 'ignored', extensionType: 0, messageType: 0xee }]);
    }
    expect(server.counters.unknownMessages).toBe(100);
    server.push(unknown, clock.now);
    expect(drain(server)).toMatchObject([{ type: 'closed', cause: 'unknown-messages' }]);
  });

  it('are forgiven over time', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock);
    for (let count = 0; count < 500; count++) {
      server.push(unknown, clock.advance(1_000));
      server.setOpenChannels(1);
      expect(drain(server)).toMatchObject([{ type: 'ignored' }]);
    }
  });

  it('include those that only the other side may send', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock);
    server.push(target, clock.now);
    expect(drain(server)).toMatchObject([{ type: 'ignored', messageType: SetTarget.messageType }]);
  });

  it('of an extension are handed to proxies when they are for a channel', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock);
    const frame = {
      extensionType: 0x4001,
      channelMessage: true,
      messageType: 1,
      payload: Uint8Array.of(1, 0, 0, 0, 9),
    };
    server.push(encodeRawFrame(frame), clock.now);
    server.push(encodeRawFrame({ ...frame, channelMessage: false }), clock.now);
    expect(drain(server)).toEqual([
      { type: 'foreign', frame },
      { type: 'ignored', extensionType: 0x4001, messageType: 1 },
    ]);
  });
});

it('a wrong channel bit is accepted and counted', () => {
  const clock = new FakeClock();
  const { server } = createOpenPair(clock);
  const wrong = share.slice();
  wrong[1] = 0;
  server.push(wrong, clock.now);
  expect(drain(server)).toMatchObject([{ type: 'message', message: { name: 'SubmitSharesStandard' } }]);
  expect(server.counters.wrongChannelBit).toBe(1);
});

describe('the message budget', () => {
  const budgets = {
    ...DEFAULT_CONNECTION_LIMITS.budgets,
    share: { perSecond: 10, perChannel: 10, burstSeconds: 1 },
  };
  const limits = { budgets, budgetPatienceMs: 5_000 };

  it('pauses a peer, and goes on when the time has come', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock, { limits });
    server.push(
      new Uint8Array(
        Array(25)
          .fill([...share])
          .flat(),
      ),
      clock.now,
    );
    expect(drain(server)).toHaveLength(10);
    expect([server.paused, server.deadline]).toEqual([true, clock.now.monotonicMs + 100]);
    server.tick(clock.advance(99));
    expect(drain(server)).toEqual([]);
    server.tick(clock.advance(1));
    expect(drain(server)).toHaveLength(1);
    server.tick(clock.advance(500));
    expect(drain(server)).toHaveLength(5);
  });

  it('grows with the open channels', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock, { limits });
    server.setOpenChannels(2);
    server.push(
      new Uint8Array(
        Array(40)
          .fill([...share])
          .flat(),
      ),
      clock.now,
    );
    expect(drain(server)).toHaveLength(30);
  });

  it('closes a peer that is over it for too long, to the millisecond', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock, { limits });
    const flood = new Uint8Array(
      Array(100)
        .fill([...share])
        .flat(),
    );
    server.push(flood, clock.now);
    drain(server);
    for (let elapsed = 100; elapsed < 5_000; elapsed += 100) {
      server.tick(clock.advance(100));
      expect(drain(server).every((event) => event.type === 'message')).toBe(true);
    }
    server.tick(clock.advance(99));
    expect(drain(server).every((event) => event.type === 'message')).toBe(true);
    server.tick(clock.advance(1));
    expect(drain(server)).toMatchObject([{ type: 'closed', cause: 'message-budget' }]);
  });
});

describe('the send queue', () => {
  it('stops reading from a peer that does not take its answers', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock, { limits: { pauseQueuedBytes: 100 } });
    server.push(share, clock.now);
    expect(drain(server)).toHaveLength(1);
    for (let count = 0; count < 3; count++) server.send(target);
    server.push(share, clock.now);
    expect([server.paused, drain(server)]).toEqual([true, []]);
    server.takeBytes();
    expect([server.paused, drain(server).length]).toEqual([false, 1]);
  });

  it('overflows by bytes', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock, { limits: { maxQueuedBytes: 3 * target.length } });
    for (let count = 0; count < 3; count++) server.send(target);
    expect(drain(server)).toEqual([]);
    server.send(target);
    expect(drain(server)).toMatchObject([{ cause: 'send-queue-overflow', detail: { frames: 4 } }]);
    expect(server.takeBytes()).toBeUndefined();
  });

  it('overflows by frames, and lets one large frame wait alone', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock, { limits: { maxQueuedFrames: 2, maxQueuedBytes: 10 } });
    server.send(target);
    expect(server.state).toBe('open');
    server.send(target);
    expect(server.state).toBe('closed');
  });

  it('is taken in pieces', () => {
    const clock = new FakeClock();
    const { server } = createOpenPair(clock, { limits: { maxWriteBytes: 2 * target.length } });
    for (let count = 0; count < 5; count++) server.send(target);
    const sizes = [];
    for (let bytes = server.takeBytes(); bytes !== undefined; bytes = server.takeBytes())
      sizes.push(bytes.length / target.length);
    expect(sizes).toEqual([2, 2, 1]);
  });
});

it('no message after its end reaches anybody', () => {
  const clock = new FakeClock();
  const { server } = createOpenPair(clock);
  server.close('shutdown', clock.now);
  server.push(share, clock.now);
  server.send(target);
  server.tick(clock.advance(1_000_000));
  expect(drain(server)).toEqual([{ type: 'closed', cause: 'shutdown', detail: {} }]);
  expect([server.deadline, server.takeBytes(), server.next()]).toEqual([undefined, undefined, undefined]);
});

it('frames cannot be sent before both sides are ready', () => {
  const clock = new FakeClock();
  expect(() => createServer(clock).send(target)).toThrow(expect.objectContaining({ code: 'wrong-state' }));
  const { server } = createOpenPair(clock);
  expect(() => server.send(target.subarray(0, 20))).toThrow(expect.objectContaining({ code: 'invalid-frame' }));
});

it('an open message with a nonsensical hashrate is a message: values are the role’s business', () => {
  const clock = new FakeClock();
  const { server } = createOpenPair(clock);
  const open = { requestId: 1, userIdentity: '', nominalHashRate: Number.NaN, maxTarget: new Uint8Array(32) };
  server.push(encodeFrame(OpenStandardMiningChannel, open), clock.now);
  expect(drain(server)).toMatchObject([{ type: 'message' }]);
});

it('a template server needs a first message, and no channel', () => {
  const clock = new FakeClock();
  const server = createServer(clock, { protocol: 'template-distribution' });
  const request = { ...SETUP, protocol: 2 };
  const client = createClient(clock, { protocol: 'template-distribution', setup: { side: 'client', request } });
  exchange(server, client, clock);
  expect(server.deadline).toBe(clock.now.monotonicMs + 60_000);
  server.push(
    encodeFrame(CoinbaseOutputConstraints, {
      coinbaseOutputMaxAdditionalSize: 1,
      coinbaseOutputMaxAdditionalSigops: 1,
    }),
    clock.now,
  );
  expect(drain(server)).toMatchObject([{ type: 'message' }]);
  expect(server.deadline).toBeUndefined();
});
