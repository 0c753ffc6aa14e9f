import { encodeFrame, encodeRawFrame } from '@stratumkit/framing';
import type { Protocol } from '@stratumkit/messages';
import { ChannelEndpointChanged, SetupConnection, SetupConnectionSuccess } from '@stratumkit/messages/common';
import { RequestExtensions, RequestExtensionsError, RequestExtensionsSuccess } from '@stratumkit/messages/extensions';
import { SetTarget, SubmitSharesExtended, UpdateChannel } from '@stratumkit/messages/mining';
import { FakeClock } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import type { ClientExtensions, Connection, ServerSetup } from '../src/index.ts';
import { createClient, createServer, drain, exchange, SETUP } from './support.ts';

function createPair(offer: ServerSetup['extensions'], wanted: ClientExtensions | undefined) {
  const clock = new FakeClock();
  const policy = () => ({ accept: true, flags: 0 }) as const;
  const server = createServer(clock, { setup: { side: 'server', policy, ...(offer && { extensions: offer }) } });
  const client = createClient(clock, {
    setup: { side: 'client', request: SETUP, ...(wanted && { extensions: wanted }) },
  });
  return { clock, server, client };
}

const share = {
  channelId: 1,
  sequenceNumber: 2,
  jobId: 3,
  nonce: 4,
  ntime: 5,
  version: 6,
  extranonce: Uint8Array.of(1, 2, 3, 4),
};
const worker = { extensionType: 2, fieldType: 1, value: new TextEncoder().encode('rig1') };
const update = { channelId: 1, nominalHashRate: 1, maximumTarget: new Uint8Array(32) };
const request = (...requestedExtensions: number[]) =>
  encodeFrame(RequestExtensions, { requestId: 5, requestedExtensions });

describe('a negotiation', () => {
  it.each([
    ['what both have', { supported: [2, 3] }, { requested: [2, 4] }, [2]],
    ['nothing when the server has none of it', { supported: [3] }, { requested: [2] }, []],
    ['nothing when the server offers nothing', undefined, { requested: [2] }, []],
    ['what the server requires', { supported: [], required: [2] }, { requested: [2] }, [2]],
  ])('agrees on %s', (_name, offer, wanted, agreed) => {
    const { clock, server, client } = createPair(offer, wanted);
    const turn = exchange(server, client, clock);
    expect(turn.client).toMatchObject([{ type: 'ready', extensions: new Set(agreed) }]);
    client.send(encodeFrame(UpdateChannel, update));
    const ready = [...turn.server, ...exchange(server, client, clock).server].find((event) => event.type === 'ready');
    expect(ready).toMatchObject({ extensions: new Set(agreed) });
  });

  it('is an error if the server has nothing of what is asked for', () => {
    const { clock, server } = createPair({ supported: [3] }, undefined);
    server.push(encodeFrame(SetupConnection, SETUP), clock.now);
    drain(server);
    server.takeBytes();
    server.push(request(2), clock.now);
    drain(server);
    const error = { requestId: 5, unsupportedExtensions: [2], requiredExtensions: [] };
    expect(server.takeBytes()).toEqual(encodeFrame(RequestExtensionsError, error));
    server.push(encodeFrame(UpdateChannel, update), clock.now);
    expect(drain(server)).toMatchObject([{ type: 'ready', extensions: new Set() }, { type: 'message' }]);
  });

  it('ends when the server lacks what the client requires', () => {
    const { clock, server, client } = createPair({ supported: [3] }, { requested: [2, 3], required: [2] });
    expect(exchange(server, client, clock).client).toEqual([
      { type: 'closed', cause: 'required-extension-missing', detail: { extensions: [2] } },
    ]);
  });

  it('ends when the client does not have what the server requires', () => {
    const { clock, server, client } = createPair({ supported: [2], required: [5] }, { requested: [2] });
    expect(exchange(server, client, clock).client).toEqual([
      { type: 'closed', cause: 'required-extension-missing', detail: { extensions: [5] } },
    ]);
  });
});

describe('a server that requires an extension', () => {
  const open = () => {
    const { clock, server } = createPair({ supported: [2], required: [5] }, undefined);
    server.push(encodeFrame(SetupConnection, SETUP), clock.now);
    expect(drain(server)).toEqual([]);
    server.takeBytes();
    return { clock, server };
  };
  const missing = { type: 'closed', cause: 'required-extension-missing', detail: { extensions: [5] } };

  it('names what is unsupported and what is missing, and lets the client ask once more', () => {
    const { clock, server } = open();
    server.push(request(2, 3), clock.now);
    expect(drain(server)).toEqual([]);
    const error = { requestId: 5, unsupportedExtensions: [3], requiredExtensions: [5] };
    expect(server.takeBytes()).toEqual(encodeFrame(RequestExtensionsError, error));
    server.push(request(2, 5), clock.now);
    expect(drain(server)).toMatchObject([{ type: 'ready', extensions: new Set([2, 5]) }]);
  });

  it('answers a second request without it, and closes', () => {
    const { clock, server } = open();
    server.push(request(2), clock.now);
    server.push(request(2), clock.now);
    expect(drain(server)).toEqual([missing]);
    const error = { requestId: 5, unsupportedExtensions: [], requiredExtensions: [5] };
    expect(server.takeBytes()?.length).toBe(2 * encodeFrame(RequestExtensionsError, error).length);
  });

  it('closes on any other message', () => {
    const { clock, server } = open();
    server.push(encodeFrame(UpdateChannel, update), clock.now);
    expect(drain(server)).toEqual([missing]);
  });

  it('closes on silence after the time of a setup', () => {
    const { clock, server } = open();
    server.tick(clock.advance(9_999));
    expect(drain(server)).toEqual([]);
    server.tick(clock.advance(1));
    expect(drain(server)).toMatchObject([{ cause: 'required-extension-missing' }]);
  });
});

describe('a server that offers extensions', () => {
  it('is ready at the first message of a client that does not negotiate', () => {
    const { clock, server } = createPair({ supported: [2] }, undefined);
    server.push(encodeFrame(SetupConnection, SETUP), clock.now);
    expect(drain(server)).toEqual([]);
    server.push(encodeFrame(UpdateChannel, update), clock.now);
    expect(drain(server)).toMatchObject([{ type: 'ready', extensions: new Set() }, { type: 'message' }]);
  });

  it('negotiates again when asked again', () => {
    const { clock, server, client } = createPair({ supported: [2, 3] }, { requested: [2] });
    exchange(server, client, clock);
    server.push(request(3), clock.now);
    expect(drain(server)).toEqual([{ type: 'extensions', extensions: new Set([3]) }]);
  });
});

describe('a client whose server does not answer', () => {
  const silent = (extensions: ClientExtensions, setupMs = 0): { clock: FakeClock; client: Connection<Protocol> } => {
    const clock = new FakeClock();
    const client = createClient(clock, { setup: { side: 'client', request: SETUP, extensions } });
    client.push(encodeFrame(SetupConnectionSuccess, { usedVersion: 2, flags: 0 }), clock.advance(setupMs));
    expect(drain(client)).toEqual([]);
    expect(client.state).toBe('negotiating');
    return { clock, client };
  };

  it('says nothing before the answer', () => {
    const { clock, client } = silent({ requested: [2] });
    client.takeBytes();
    const frame = encodeFrame(UpdateChannel, update);
    expect(() => client.send(frame)).toThrow(expect.objectContaining({ code: 'wrong-state' }));
    expect(client.takeBytes()).toBeUndefined();
    client.push(encodeFrame(RequestExtensionsSuccess, { requestId: 1, supportedExtensions: [2] }), clock.now);
    drain(client);
    client.send(frame);
    expect(client.takeBytes()).toEqual(frame);
  });

  it('goes on without extensions at its deadline and not a millisecond earlier', () => {
    const { clock, client } = silent({ requested: [2] });
    client.tick(clock.advance(999));
    expect(drain(client)).toEqual([]);
    client.tick(clock.advance(1));
    expect(drain(client)).toMatchObject([{ type: 'ready', extensions: new Set() }]);
    expect(client.deadline).toBeUndefined();
  });

  it('waits twice as long as the connection took when that was long', () => {
    const { clock, client } = silent({ requested: [2] }, 2_000);
    client.tick(clock.advance(3_999));
    expect(drain(client)).toEqual([]);
    client.tick(clock.advance(1));
    expect(drain(client)).toMatchObject([{ type: 'ready' }]);
  });

  it('closes if its policy says so, or if it requires an extension', () => {
    for (const extensions of [
      { requested: [2], onSilence: 'close' as const },
      { requested: [2], required: [2] },
    ]) {
      const { clock, client } = silent(extensions);
      client.tick(clock.advance(1_000));
      expect(drain(client)).toMatchObject([{ type: 'closed', cause: 'extension-timeout' }]);
    }
  });

  it('takes another message for a no', () => {
    const { clock, client } = silent({ requested: [2] });
    client.push(encodeFrame(SetTarget, { channelId: 1, maximumTarget: new Uint8Array(32) }), clock.now);
    expect(drain(client)).toMatchObject([{ type: 'ready', extensions: new Set() }, { type: 'message' }]);
  });

  it('ignores an answer that comes too late, or to another request', () => {
    const { clock, client } = silent({ requested: [2] });
    client.push(encodeFrame(RequestExtensionsSuccess, { requestId: 77, supportedExtensions: [2] }), clock.now);
    expect(drain(client)).toEqual([]);
    client.tick(clock.advance(1_000));
    client.push(encodeFrame(RequestExtensionsSuccess, { requestId: 1, supportedExtensions: [2] }), clock.now);
    expect(drain(client)).toMatchObject([{ type: 'ready', extensions: new Set() }]);
  });

  it('uses no extension it did not ask for', () => {
    const { clock, client } = silent({ requested: [2] });
    client.push(encodeFrame(RequestExtensionsSuccess, { requestId: 1, supportedExtensions: [2, 9] }), clock.now);
    expect(drain(client)).toMatchObject([{ type: 'ready', extensions: new Set([2]) }]);
  });
});

describe('a client that is told of a changed endpoint', () => {
  const changed = encodeFrame(ChannelEndpointChanged, { channelId: 3 });
  const told = (extensions: ClientExtensions | undefined) => {
    const { clock, server, client } = createPair({ supported: [2, 3] }, extensions);
    exchange(server, client, clock);
    client.push(changed, clock.advance(1_000));
    return { clock, server, client };
  };

  it('uses no extension until they are agreed again', () => {
    const { clock, server, client } = told({ requested: [2] });
    expect(drain(client)).toMatchObject([
      { type: 'extensions', extensions: new Set() },
      { type: 'message', message: { name: 'ChannelEndpointChanged', value: { channelId: 3 } } },
    ]);
    client.push(changed, clock.now);
    expect(drain(client)).toMatchObject([{ type: 'message' }]);
    const turn = exchange(server, client, clock);
    expect(turn.server).toMatchObject([{ type: 'extensions', extensions: new Set([2]) }]);
    expect(turn.client).toEqual([{ type: 'extensions', extensions: new Set([2]) }]);
    expect(client.deadline).toBeUndefined();
  });

  it('goes on without them when there is no answer, and ends if it requires one', () => {
    const { clock, client } = told({ requested: [2] });
    drain(client);
    client.tick(clock.advance(10_000));
    expect(drain(client)).toEqual([]);
    expect(client.state).toBe('open');
    client.push(encodeFrame(RequestExtensionsSuccess, { requestId: 2, supportedExtensions: [2] }), clock.now);
    expect(drain(client)).toEqual([]);

    const other = told({ requested: [2], required: [2] });
    drain(other.client);
    other.client.tick(other.clock.advance(9_999));
    expect(drain(other.client)).toEqual([]);
    other.client.tick(other.clock.advance(1));
    expect(drain(other.client)).toMatchObject([{ type: 'closed', cause: 'extension-timeout' }]);
  });

  it('has nothing to agree on if it wanted none', () => {
    const { client } = told(undefined);
    expect(drain(client)).toMatchObject([{ type: 'message', message: { name: 'ChannelEndpointChanged' } }]);
    expect(client.takeBytes()).toBeUndefined();
  });
});

describe('bytes behind the last field', () => {
  const receive = (offer: number[], frame: Uint8Array) => {
    const { clock, server, client } = createPair({ supported: offer }, { requested: [2] });
    exchange(server, client, clock);
    server.push(frame, clock.now);
    return { events: drain(server).filter((event) => event.type !== 'ready'), counters: server.counters };
  };

  it.each(['big', 'little'] as const)('are TLV fields of a negotiated extension, %s-endian', (tlvByteOrder) => {
    const { events } = receive([2], encodeFrame(SubmitSharesExtended, share, [worker], { tlvByteOrder }));
    expect(events).toEqual([
      { type: 'message', message: { name: 'SubmitSharesExtended', value: share }, tlvs: [worker] },
    ]);
  });

  it('are ignored and counted when the extension was not negotiated', () => {
    const { events, counters } = receive([3], encodeFrame(SubmitSharesExtended, share, [worker]));
    expect(events).toMatchObject([{ type: 'message', tlvs: [] }]);
    expect(counters.unexplainedTrailingBytes).toBe(1);
  });

  it('are ignored when they are no TLV field at all', () => {
    const plain = encodeFrame(SubmitSharesExtended, share);
    const payload = Uint8Array.of(...plain.subarray(6), 0xff, 0xff, 0xff);
    const frame = encodeRawFrame({ extensionType: 0, channelMessage: true, messageType: plain[2]!, payload });
    expect(receive([2], frame).events).toMatchObject([{ type: 'message', tlvs: [] }]);
  });

  it('end the connection when a field is longer than its extension allows', () => {
    const tooLong = { ...worker, value: new Uint8Array(33) };
    const { events } = receive([2], encodeFrame(SubmitSharesExtended, share, [tooLong]));
    expect(events).toMatchObject([{ type: 'closed', cause: 'malformed-message', detail: { code: 'tlv-too-long' } }]);
  });
});
