import { encodeFrame } from '@stratumkit/framing';
import { SetupConnectionSuccess } from '@stratumkit/messages/common';
import { FakeClock } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import { type CloseCause, SilentServers } from '../src/index.ts';
import { createClient, drain, SETUP } from './support.ts';

const WANTED = { requested: [2] };

describe('a server that keeps silent about extensions', () => {
  it('is asked on two connections, the second time with more patience, and then no more', () => {
    const clock = new FakeClock();
    const servers = new SilentServers();
    const ends: [number, CloseCause | 'ready'][] = [];
    for (let attempt = 0; attempt < 4; attempt++) {
      const extensions = servers.extensionsFor('pool:1', WANTED, clock.now.monotonicMs);
      const setup = { side: 'client', request: SETUP, ...(extensions && { extensions }) } as const;
      const client = createClient(clock, { setup });
      const setUp = clock.advance(400);
      client.push(encodeFrame(SetupConnectionSuccess, { usedVersion: 2, flags: 0 }), setUp);
      let events = drain(client);
      if (events.length === 0) {
        clock.advance(client.deadline! - clock.now.monotonicMs);
        client.tick(clock.now);
        events = drain(client);
      }
      const waited = clock.now.monotonicMs - setUp.monotonicMs;
      const [event] = events;
      if (event?.type === 'closed') {
        servers.keptSilent('pool:1', clock.now.monotonicMs);
        ends.push([waited, event.cause]);
      } else ends.push([waited, 'ready']);
    }
    // At least a second; five times 400 ms.
    expect(ends).toEqual([
      [1_000, 'extension-timeout'],
      [2_000, 'extension-timeout'],
      [0, 'ready'],
      [0, 'ready'],
    ]);
  });

  it('is asked again after an hour, and when it has answered meanwhile', () => {
    const servers = new SilentServers();
    const isAsked = (server: string, nowMs: number) => servers.extensionsFor(server, WANTED, nowMs) !== undefined;
    for (const server of ['a', 'b', 'a', 'b']) servers.keptSilent(server, 0);
    expect(isAsked('a', 3_599_999)).toBe(false);
    expect(isAsked('a', 3_600_000)).toBe(true);
    servers.answered('b');
    expect(isAsked('b', 1)).toBe(true);
  });

  it('is always asked for what is required', () => {
    const servers = new SilentServers();
    for (let count = 0; count < 5; count++) servers.keptSilent('a', 0);
    const wanted = { requested: [2], required: [2] };
    expect(servers.extensionsFor('a', wanted, 1)).toEqual({ ...wanted, onSilence: 'close', patience: 5 });
  });

  it('is one of a bounded number', () => {
    const servers = new SilentServers({ maxServers: 2 });
    for (const server of ['a', 'b', 'c']) for (let count = 0; count < 2; count++) servers.keptSilent(server, 0);
    const asked = ['a', 'b', 'c'].map((server) => servers.extensionsFor(server, WANTED, 1) !== undefined);
    expect(asked).toEqual([true, false, false]);
  });
});
