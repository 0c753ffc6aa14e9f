import { once } from 'node:events';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { Connection, ConnectionGate, DEFAULT_CONNECTION_LIMITS } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import { SetupConnection } from '@stratumkit/messages/common';
import { SetGroupChannel, UpdateChannel } from '@stratumkit/messages/mining';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect, type Link, type Listener, type ListenOptions } from '../src/index.ts';
import { type Mining, PLAIN, type ResponderOptions, SETUP, share, startResponder, TestClient } from './support.ts';

const setup = encodeFrame(SetupConnection, SETUP);
const update = encodeFrame(UpdateChannel, { channelId: 1, nominalHashRate: 1, maximumTarget: new Uint8Array(32) });

let links: Link<Mining>[] = [];
let waiting: (() => void)[] = [];
let listener: Listener<Mining>;

beforeEach(() => {
  links = [];
  waiting = [];
});
afterEach(() => listener.close({ drainMs: 0 }));

async function start(options: ResponderOptions = {}): Promise<void> {
  const onLink: ListenOptions<Mining>['onLink'] = (link) => {
    links.push(link);
    for (const wake of waiting.splice(0)) wake();
  };
  listener = await startResponder({ security: PLAIN.server, onLink, ...options });
}

function createSignal(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** The next link that the server accepted. */
async function accepted(): Promise<Link<Mining>> {
  while (links.length === 0) await new Promise<void>((resolve) => waiting.push(resolve));
  return links.shift()!;
}

async function rawPeer(): Promise<Socket> {
  const socket = connectSocket(listener.address.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

describe('a peer that breaks off', () => {
  it.each<[string, (socket: Socket) => void, string]>([
    ['by FIN without a byte', (socket) => socket.end(), 'probe'],
    [
      'by FIN in a frame',
      (socket) => socket.end(Buffer.concat([setup, update.subarray(0, 9)])),
      'peer-closed-mid-frame',
    ],
    ['by FIN after a frame', (socket) => socket.end(Buffer.concat([setup, update])), 'peer-closed'],
    ['by RST without a byte', (socket) => socket.resetAndDestroy(), 'probe'],
  ])('%s releases everything', async (_name, act, cause) => {
    const gate = new ConnectionGate();
    await start({ gate });
    const socket = await rawPeer();
    const link = await accepted();
    expect(gate.connections).toBe(1);
    act(socket);
    expect(await link.closed).toMatchObject({ cause });
    expect([gate.connections, gate.pending, gate.addresses, listener.links.size]).toEqual([0, 0, 0, 0]);
    expect(Object.fromEntries(listener.closeCounts)).toEqual({ [cause]: 1 });
  });

  it('by RST in a frame releases everything', async () => {
    const events: string[] = [];
    const gate = new ConnectionGate();
    const { promise, resolve } = createSignal();
    await start({
      gate,
      onEvent: (event) => {
        events.push(event.type);
        if (event.type === 'ready') resolve();
      },
    });
    const socket = await rawPeer();
    const link = await accepted();
    socket.write(Buffer.concat([setup, update.subarray(0, 9)]));
    await promise;
    socket.resetAndDestroy();
    expect(await link.closed).toMatchObject({ cause: 'peer-reset' });
    expect(events).toEqual(['ready', 'closed']);
    expect(gate.connections).toBe(0);
  });
});

describe('a peer that does not read', () => {
  const big = encodeFrame(SetGroupChannel, {
    groupChannelId: 1,
    channelIds: Array.from({ length: 60_000 }, (_, index) => index),
  });

  it('is closed at the write deadline, when the system takes no more', async () => {
    await start({
      limits: { writeTimeoutMs: 200, maxQueuedBytes: 64 << 20 },
      onEvent: (event, link) => {
        if (event.type === 'ready') for (let count = 0; count < 200; count++) link.send(big);
      },
    });
    const socket = await rawPeer();
    socket.pause();
    socket.write(setup);
    const link = await accepted();
    expect(await link.closed).toMatchObject({ cause: 'write-timeout' });
    socket.destroy();
  });

  it('is closed when its queue overflows', async () => {
    await start({
      onEvent: (event, link) => {
        if (event.type === 'ready') for (let count = 0; count < 200; count++) link.send(big);
      },
    });
    const socket = await rawPeer();
    socket.write(setup);
    expect(await (await accepted()).closed).toMatchObject({ cause: 'send-queue-overflow' });
    expect(DEFAULT_CONNECTION_LIMITS.maxQueuedBytes).toBeLessThan(200 * big.length);
  });

  it('does not hold up the end of the listener', async () => {
    const { promise, resolve } = createSignal();
    await start({
      limits: { maxQueuedBytes: 64 << 20 },
      onEvent: (event, link) => {
        if (event.type !== 'ready') return;
        for (let count = 0; count < 200; count++) link.send(big);
        resolve();
      },
    });
    const socket = await rawPeer();
    socket.pause();
    socket.write(setup);
    const link = await accepted();
    await promise;
    await listener.close({ drainMs: 50 });
    expect(await link.closed).toMatchObject({ cause: 'shutdown' });
    socket.destroy();
  });
});

describe('a peer over its budget', () => {
  it('is read only as fast as the budget allows, and loses nothing', async () => {
    const budgets = {
      ...DEFAULT_CONNECTION_LIMITS.budgets,
      share: { perSecond: 1_000, perChannel: 0, burstSeconds: 0.1 },
    };
    await start({ limits: { budgets } });
    const client = await TestClient.connect(listener.address.port, { security: PLAIN.client });
    expect(await client.event()).toMatchObject({ type: 'ready' });
    for (let sequence = 0; sequence < 400; sequence++) client.link.send(share(sequence));
    for (let sequence = 0; sequence < 400; sequence++) {
      expect(await client.event()).toMatchObject({ message: { value: { lastSequenceNumber: sequence } } });
    }
    client.link.close();
    await client.link.closed;
  });
});

describe('admission', () => {
  it('refuses the connection over the limit, counts it, and admits again after a release', async () => {
    await start({ gate: new ConnectionGate({ maxPerAddress: 1 }) });
    const first = await rawPeer();
    const link = await accepted();
    const second = await rawPeer();
    await once(second, 'close');
    expect(listener.closeCounts.get('address-limit')).toBe(1);
    first.end();
    await link.closed;
    const third = await rawPeer();
    expect((await accepted()).connection.state).toBe('setup');
    third.destroy();
  });

  it('counts a connection as pending until it is set up', async () => {
    const gate = new ConnectionGate();
    await start({ gate });
    const client = await TestClient.connect(listener.address.port, { security: PLAIN.client });
    expect(await client.event()).toMatchObject({ type: 'ready' });
    expect([gate.connections, gate.pending]).toEqual([1, 0]);
    client.link.close();
    await client.link.closed;
  });
});

describe('a bug in a handler', () => {
  it('ends its own link, is logged, and leaves the others alone', async () => {
    const errors: object[] = [];
    const ignore = () => {};
    const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => errors.push(fields) };
    let isFirst = true;
    await start({
      logger,
      onEvent: (event) => {
        if (event.type !== 'message' || !isFirst) return;
        isFirst = false;
        throw new Error('a bug');
      },
    });
    const other = await TestClient.connect(listener.address.port, { security: PLAIN.client });
    await other.event();
    const otherLink = await accepted();
    const socket = await rawPeer();
    socket.write(Buffer.concat([setup, update]));
    expect(await (await accepted()).closed).toMatchObject({ cause: 'internal-error' });
    expect(errors).toMatchObject([{ event: 'message' }, { cause: 'internal-error' }]);
    expect(otherLink.connection.state).toBe('open');
    other.link.close();
  });
});

describe('connect', () => {
  const client = (options: { port: number; signal?: AbortSignal; connectTimeoutMs?: number }) =>
    connect<Mining>({
      host: '127.0.0.1',
      createConnection: (now) =>
        new Connection<Mining>(
          { protocol: 'mining', security: PLAIN.client, setup: { side: 'client', request: SETUP } },
          now,
        ),
      onEvent: () => {},
      ...options,
    });

  it('says why it failed', async () => {
    await start();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    await expect(client({ port })).rejects.toMatchObject({
      code: 'connect-failed',
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('gives up after its time', async () => {
    await start();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const attempt = client({ port: listener.address.port, connectTimeoutMs: 5_000 });
      const refused = expect(attempt).rejects.toMatchObject({ code: 'connect-timeout' });
      vi.advanceTimersByTime(5_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('can be aborted before, while, and after connecting', async () => {
    await start();
    const { port } = listener.address;
    await expect(client({ port, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    const during = new AbortController();
    const attempt = client({ port, signal: during.signal });
    during.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'aborted' });
    const after = new AbortController();
    const link = await client({ port, signal: after.signal });
    after.abort();
    expect(await link.closed).toMatchObject({ cause: 'aborted' });
  });
});

describe('listen', () => {
  it('says that a port is in use', async () => {
    await start();
    await expect(startResponder({ port: listener.address.port })).rejects.toMatchObject({
      name: 'ConfigError',
      code: 'address-in-use',
    });
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    await start({ signal: controller.signal });
    const socket = await rawPeer();
    const link = await accepted();
    controller.abort();
    expect(await link.closed).toMatchObject({ cause: 'shutdown' });
    socket.destroy();
  });
});
