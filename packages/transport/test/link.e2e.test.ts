import { encodeFrame, encodeRawFrame } from '@stratumkit/framing';
import { OpenStandardMiningChannel, SetTarget } from '@stratumkit/messages/mining';
import { afterEach, describe, expect, it } from 'vitest';
import type { Listener } from '../src/index.ts';
import { type Mining, NOISE, PLAIN, share, startResponder, TestClient } from './support.ts';

const open = encodeFrame(OpenStandardMiningChannel, {
  requestId: 9,
  userIdentity: 'alice',
  nominalHashRate: 1e12,
  maxTarget: new Uint8Array(32).fill(0xff),
});

const target = encodeFrame(SetTarget, { channelId: 1, maximumTarget: new Uint8Array(32).fill(0xff) });

let listener: Listener<Mining>;
afterEach(() => listener.close());

describe.each([
  ['plain', PLAIN],
  ['noise', NOISE],
])('a link, %s', (_name, security) => {
  it('carries requests and answers in order', async () => {
    listener = await startResponder({ security: security.server });
    const client = await TestClient.connect(listener.address.port, { security: security.client });
    expect(await client.event()).toMatchObject({ type: 'ready', flags: 0 });
    client.link.send(open);
    expect(await client.event()).toMatchObject({ message: { name: 'OpenStandardMiningChannel.Success' } });
    for (let sequence = 0; sequence < 500; sequence++) client.link.send(share(sequence));
    for (let sequence = 0; sequence < 500; sequence++) {
      expect(await client.event()).toMatchObject({ message: { value: { lastSequenceNumber: sequence } } });
    }
    client.link.close();
    expect(await client.link.closed).toMatchObject({ cause: 'role-decision' });
  });

  it('hands on bytes that slicing copies', async () => {
    let received: Uint8Array | undefined;
    listener = await startResponder({
      security: security.server,
      onEvent: (event, link) => {
        if (event.type !== 'foreign') return;
        received = event.frame.payload;
        link.close('shutdown');
      },
    });
    const client = await TestClient.connect(listener.address.port, { security: security.client });
    await client.event();
    const payload = Uint8Array.of(1, 0, 0, 0, 9);
    client.link.send(encodeRawFrame({ messageType: 0x33, extensionType: 0x5abc, channelMessage: true, payload }));
    await client.link.closed;
    expect(received).toEqual(payload);
    expect(received?.slice().buffer).not.toBe(received?.buffer);
  });

  it('drains on close: what was queued arrives, then the end', async () => {
    listener = await startResponder({
      security: security.server,
      onEvent: (event, link) => {
        if (event.type !== 'ready') return;
        for (let sequence = 0; sequence < 5_000; sequence++) link.send(target);
        link.close('shutdown');
      },
    });
    const client = await TestClient.connect(listener.address.port, { security: security.client });
    expect(await client.event()).toMatchObject({ type: 'ready' });
    let frames = 0;
    for (let event = await client.event(); event.type !== 'closed'; event = await client.event()) frames++;
    expect(frames).toBe(5_000);
    expect(await client.link.closed).toMatchObject({ cause: 'peer-closed' });
  });
});
