import { encodeFrame } from '@stratumkit/framing';
import { SetupConnection, SetupConnectionError, SetupConnectionSuccess } from '@stratumkit/messages/common';
import { FakeClock } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import type { ClientSetup, ServerSetup } from '../src/index.ts';
import { createClient, createServer, drain, SETUP } from './support.ts';

function serve(setup: Partial<ServerSetup>, request: Partial<SetupConnection>) {
  const clock = new FakeClock();
  const server = createServer(clock, {
    setup: { side: 'server', policy: () => ({ accept: true, flags: 2 }), supportedFlags: 0b101, ...setup },
  });
  server.push(encodeFrame(SetupConnection, { ...SETUP, ...request }), clock.now);
  const events = drain(server);
  return { events, answer: server.takeBytes() };
}

const refused = (cause: string, errorCode: string, flags: number) => ({
  events: [{ type: 'closed', cause, detail: { errorCode, flags } }],
  answer: encodeFrame(SetupConnectionError, { errorCode, flags }),
});

describe('a server', () => {
  it('accepts with the flags of its policy', () => {
    const { events, answer } = serve({}, { flags: 0b100 });
    expect(events).toEqual([{ type: 'ready', setup: { ...SETUP, flags: 0b100 }, flags: 2, extensions: new Set() }]);
    expect(answer).toEqual(encodeFrame(SetupConnectionSuccess, { usedVersion: 2, flags: 2 }));
  });

  it.each([
    ['another protocol', { protocol: 2, flags: 0xff }, refused('unsupported-protocol', 'unsupported-protocol', 0)],
    ['an unknown protocol', { protocol: 9 }, refused('unsupported-protocol', 'unsupported-protocol', 0)],
    [
      'only later versions',
      { minVersion: 3, maxVersion: 9 },
      refused('protocol-version-mismatch', 'protocol-version-mismatch', 0),
    ],
    [
      'only earlier versions',
      { minVersion: 0, maxVersion: 1 },
      refused('protocol-version-mismatch', 'protocol-version-mismatch', 0),
    ],
    [
      'any flag, with the full set of those it lacks',
      { flags: 0xffff_ffff },
      refused('unsupported-feature-flags', 'unsupported-feature-flags', 0xffff_fffa),
    ],
    [
      'a version and flags, with both said',
      { minVersion: 3, maxVersion: 3, flags: 0b11 },
      refused('protocol-version-mismatch', 'protocol-version-mismatch', 0b10),
    ],
  ])('refuses %s, then closes', (_name, request, expected) => {
    expect(serve({}, request)).toEqual(expected);
  });

  it('refuses for reasons of its own, with a code that is fit to be sent', () => {
    const policy = () => ({ accept: false, flags: 0, errorCode: 'not\nhere\u0007 é' }) as const;
    expect(serve({ policy }, {})).toEqual(refused('setup-refused', 'not?here? ?', 0));
  });

  it('leaves flags to its policy without a mask', () => {
    const seen: number[] = [];
    const policy = (request: SetupConnection) => {
      seen.push(request.flags);
      return { accept: false, flags: 0b100, errorCode: 'unsupported-feature-flags' } as const;
    };
    const clock = new FakeClock();
    const server = createServer(clock, { setup: { side: 'server', policy } });
    server.push(encodeFrame(SetupConnection, { ...SETUP, flags: 0b110 }), clock.now);
    expect(drain(server)).toMatchObject([{ type: 'closed', cause: 'unsupported-feature-flags' }]);
    expect(seen).toEqual([0b110]);
  });
});

function ask(setup: Partial<ClientSetup>, answer: Uint8Array) {
  const clock = new FakeClock();
  const client = createClient(clock, { setup: { side: 'client', request: SETUP, ...setup } });
  client.takeBytes();
  client.push(answer, clock.now);
  return drain(client);
}

const success = (usedVersion: number, flags = 0) => encodeFrame(SetupConnectionSuccess, { usedVersion, flags });

describe('a client', () => {
  it('sends its setup first', () => {
    expect(createClient(new FakeClock()).takeBytes()).toEqual(encodeFrame(SetupConnection, SETUP));
  });

  it('is ready with the flags of the server', () => {
    expect(ask({}, success(2, 2))).toEqual([{ type: 'ready', setup: SETUP, flags: 2, extensions: new Set() }]);
  });

  it('refuses a version it did not offer', () => {
    expect(ask({}, success(3))).toMatchObject([{ cause: 'setup-mismatch', detail: { usedVersion: 3 } }]);
  });

  it('refuses a fixed version when it has to roll versions', () => {
    const request = { ...SETUP, flags: 0b100 };
    expect(ask({ request }, success(2, 0b01))).toMatchObject([{ cause: 'setup-mismatch' }]);
    expect(ask({ request }, success(2, 0b10))).toMatchObject([{ type: 'ready' }]);
  });

  it('lets its owner judge the flags', () => {
    const verifyFlags = (flags: number) => (flags === 0b10 ? 'no standard channels' : undefined);
    expect(ask({ verifyFlags }, success(2, 0b10))).toMatchObject([
      { cause: 'setup-mismatch', detail: { reason: 'no standard channels' } },
    ]);
  });

  it('ends with what the server says, whatever that is', () => {
    const answer = { flags: 0b100, errorCode: 'no-such-code\n' };
    expect(ask({}, encodeFrame(SetupConnectionError, answer))).toEqual([
      { type: 'closed', cause: 'setup-error', detail: answer },
    ]);
  });
});
