import { encodeFrame } from '@stratumkit/framing';
import { OpenStandardMiningChannel, SetTarget } from '@stratumkit/messages/mining';
import { FakeClock, seededRandom } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import type { ConnectionSecurity } from '../src/index.ts';
import { createClient, createIdentity, createServer, exchange, PLAIN } from './support.ts';

const identity = createIdentity();
const noise: { server: ConnectionSecurity; client: ConnectionSecurity } = {
  server: { type: 'noise-responder', identity, random: seededRandom(1) },
  client: { type: 'noise-initiator', authorityPublicKey: identity.authorityPublicKey, random: seededRandom(2) },
};
const open = {
  requestId: 1,
  userIdentity: 'alice.rig1',
  nominalHashRate: 1e12,
  maxTarget: new Uint8Array(32).fill(0xff),
};

describe.each([
  ['plain', { server: PLAIN, client: PLAIN }],
  ['noise', noise],
])('a linked pair, %s', (_name, security) => {
  const connected = (clock: FakeClock, cut?: () => number) => {
    const server = createServer(clock, { security: security.server });
    const client = createClient(clock, { security: security.client });
    return { server, client, turn: exchange(server, client, clock, cut) };
  };

  it('sets up, and carries messages both ways', () => {
    const clock = new FakeClock();
    const { server, client, turn } = connected(clock);
    expect(turn.server.map((event) => event.type)).toEqual(['ready']);
    expect(turn.client.map((event) => event.type)).toEqual(['ready']);
    expect([server.state, client.state]).toEqual(['open', 'open']);

    client.send(encodeFrame(OpenStandardMiningChannel, open));
    server.send(encodeFrame(SetTarget, { channelId: 3, maximumTarget: open.maxTarget }));
    const { server: atServer, client: atClient } = exchange(server, client, clock);
    expect(atServer).toEqual([
      {
        type: 'message',
        message: { name: 'OpenStandardMiningChannel', value: { ...open, nominalHashRate: Math.fround(1e12) } },
        tlvs: [],
      },
    ]);
    expect(atClient).toEqual([
      {
        type: 'message',
        message: { name: 'SetTarget', value: { channelId: 3, maximumTarget: open.maxTarget } },
        tlvs: [],
      },
    ]);
  });

  it('writes all frames of a turn in one buffer', () => {
    const clock = new FakeClock();
    const { server, client } = connected(clock);
    for (let requestId = 0; requestId < 5; requestId++) {
      client.send(encodeFrame(OpenStandardMiningChannel, { ...open, requestId }));
    }
    const bytes = client.takeBytes();
    expect(client.takeBytes()).toBeUndefined();
    server.push(bytes!, clock.now);
    for (let requestId = 0; requestId < 5; requestId++) {
      expect(server.next()).toMatchObject({ type: 'message', message: { value: { requestId } } });
    }
  });

  it('ends on both sides after a local close', () => {
    const clock = new FakeClock();
    const { server, client } = connected(clock);
    server.send(encodeFrame(SetTarget, { channelId: 3, maximumTarget: open.maxTarget }));
    server.close('shutdown', clock.now);
    const turn = exchange(server, client, clock);
    expect(turn.server).toEqual([{ type: 'closed', cause: 'shutdown', detail: {} }]);
    expect(turn.client.map((event) => event.type)).toEqual(['message']);
    client.end('fin', clock.now);
    expect(client.next()).toEqual({ type: 'closed', cause: 'peer-closed', detail: { state: 'open' } });
    expect(client.next()).toBeUndefined();
  });
});
