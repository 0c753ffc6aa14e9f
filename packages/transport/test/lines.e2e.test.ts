import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ConnectionGate } from '@stratumkit/connection';
import type { LineEvent } from '@stratumkit/sv1';
import { afterEach, describe, expect, it } from 'vitest';
import { connectLines, type LineLink, type LineListener, type LineListenOptions, listenLines } from '../src/index.ts';
import { TEST_TLS } from './testCertificate.ts';

const HOST = '127.0.0.1';
const text = (line: Uint8Array) => new TextDecoder().decode(line);
const bytes = (line: string) => new TextEncoder().encode(line);

let listener: LineListener;
let onCount: () => void = () => undefined;
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listener.close({ drainMs: 0 });
});

/** Sends every line back. */
async function startEcho(options: Partial<LineListenOptions> = {}): Promise<void> {
  listener = await listenLines({
    host: HOST,
    port: 0,
    onEvent: (event, link) => {
      if (event.type === 'line') link.send(bytes(`${text(event.line)}\n`));
      else onCount();
    },
    onLink: () => onCount(),
    ...options,
  });
}

function plug(): Socket {
  const socket = connectSocket(listener.address);
  sockets.push(socket.on('error', () => undefined));
  return socket;
}

async function plugTls(): Promise<TLSSocket> {
  const socket = connectTls({ ...listener.address, rejectUnauthorized: false });
  sockets.push(socket.on('error', () => undefined));
  await once(socket, 'secureConnect');
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

/** Until the listener has counted so many closes of a cause. */
async function counted(cause: string, count = 1): Promise<void> {
  while ((listener.closeCounts.get(cause as never) ?? 0) < count) {
    await new Promise<void>((resolve) => {
      const timer = setInterval(resolve, 5);
      onCount = resolve;
      void timer.unref();
    });
  }
}

describe('lines over TCP', () => {
  it('go both ways, whatever the chunks', async () => {
    await startEcho();
    const socket = plug();
    for (const part of ['{"a"', ':1}\r', '\n{"b":2}\n{"c']) socket.write(part);
    const lines: string[] = [];
    while (lines.length < 2) lines.push(...(await answerOf(socket)).trim().split('\n'));
    expect(lines).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('reach a client of ours', async () => {
    await startEcho();
    const events: LineEvent[] = [];
    const link: LineLink = await connectLines({
      ...listener.address,
      onEvent: (event, self) => {
        events.push(event);
        if (event.type === 'line') self.close('shutdown');
      },
    });
    link.send(bytes('{"x":1}\n'));
    await link.closed;
    expect(events.map(({ type }) => type)).toEqual(['line', 'closed']);
    expect(events.at(-1)).toMatchObject({ cause: 'shutdown' });
  });

  it('end at a client whose handler throws, which is logged', async () => {
    await startEcho();
    const lines: object[] = [];
    const ignore = () => undefined;
    const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => lines.push(fields) };
    const link = await connectLines({
      ...listener.address,
      logger,
      onEvent: (event) => {
        if (event.type === 'line') throw new Error('bug');
      },
    });
    link.send(bytes('{"x":1}\n'));
    expect(await link.closed).toMatchObject({ cause: 'internal-error' });
    expect(lines).toMatchObject([{ event: 'line' }, { cause: 'internal-error', host: HOST }]);
  });

  it('are no HTTP, no Stratum V2 and no endless line', async () => {
    await startEcho({ limits: { maxLineBytes: 1_000 } });
    for (const garbage of ['GET / HTTP/1.1\r\n\r\n', '\u0016\u0003\u0001']) {
      const socket = plug();
      socket.write(garbage);
      await once(socket, 'close');
    }
    const socket = plug();
    socket.write(`{"a":"${'x'.repeat(2_000)}`);
    await once(socket, 'close');
    expect(Object.fromEntries(listener.closeCounts)).toEqual({ 'not-json': 2, 'line-too-long': 1 });
  });

  it('stay within the gate, and a probe is no fault', async () => {
    await startEcho({ gate: new ConnectionGate({ maxConnections: 1 }) });
    const first = plug();
    first.write('{}\n');
    await answerOf(first);
    await once(plug(), 'close');
    expect(listener.closeCounts.get('connection-limit')).toBe(1);
    const [link] = listener.links;
    first.end();
    await link!.closed;
    plug().end();
    await counted('probe');
    expect(listener.closeCounts.get('peer-closed')).toBe(1);
  });

  it('survive a handler that throws: its own link ends', async () => {
    const errors: unknown[] = [];
    const logger = { error: (fields: object) => errors.push(fields) } as never;
    await startEcho({
      logger,
      onEvent: (event) => {
        if (event.type === 'line') throw new Error('bug');
      },
    });
    const socket = plug();
    socket.write('{}\n');
    await once(socket, 'close');
    // What was thrown, and that the link ended for it.
    expect(errors.length).toBe(2);
    expect(listener.closeCounts.get('internal-error')).toBe(1);
  });

  it('say goodbye at the end, and send what was queued', async () => {
    await startEcho();
    const socket = plug();
    socket.write('{"a":1}\n');
    await answerOf(socket);
    const [link] = listener.links;
    link!.send(bytes('{"last":1}\n'));
    const closing = listener.close();
    expect(await answerOf(socket)).toBe('{"last":1}\n');
    socket.end();
    await closing;
    expect(listener.links.size).toBe(0);
  });

  it('cannot be had on a port in use', async () => {
    await startEcho();
    const again = listenLines({ ...listener.address, onEvent: () => undefined });
    await expect(again).rejects.toMatchObject({ code: 'address-in-use' });
  });
});

describe('lines over TLS', () => {
  it('are the same lines', async () => {
    await startEcho({ tls: TEST_TLS });
    const socket = await plugTls();
    socket.write('{"a":1}\n');
    expect(await answerOf(socket)).toBe('{"a":1}\n');
    socket.end();
    await counted('peer-closed');
  });

  it('are not spoken to whoever speaks plain, and the others do not mind', async () => {
    await startEcho({ tls: TEST_TLS });
    const good = await plugTls();
    const plain = plug();
    plain.write('{"id":1,"method":"mining.subscribe","params":[]}\n');
    await once(plain, 'close');
    const silent = plug();
    await once(silent, 'connect');
    silent.resetAndDestroy();
    await counted('tls-handshake', 2);
    good.write('{"a":1}\n');
    expect(await answerOf(good)).toBe('{"a":1}\n');
  });

  it('cost no cryptography beyond the gate, and a handshake takes up room in it', async () => {
    await startEcho({ tls: TEST_TLS, gate: new ConnectionGate({ maxConnections: 1 }) });
    const handshaking = plug();
    await once(handshaking, 'connect');
    // Accepted in order: this one is beyond the limit.
    await once(plug(), 'close');
    expect(listener.closeCounts.get('connection-limit')).toBe(1);
    handshaking.resetAndDestroy();
    await counted('tls-handshake');
    const socket = await plugTls();
    socket.write('{"a":1}\n');
    expect(await answerOf(socket)).toBe('{"a":1}\n');
  });

  it('end with the listener, handshakes too', async () => {
    await startEcho({ tls: TEST_TLS });
    const handshaking = plug();
    await once(handshaking, 'connect');
    const socket = await plugTls();
    socket.resume();
    const closing = listener.close();
    await Promise.all([once(socket, 'close'), once(handshaking, 'close')]);
    await closing;
  });

  it('need a key that fits', async () => {
    await startEcho();
    const wrong = listenLines({ host: HOST, port: 0, tls: { key: 'x', cert: 'y' }, onEvent: () => undefined });
    await expect(wrong).rejects.toMatchObject({ code: 'tls-key' });
  });
});
