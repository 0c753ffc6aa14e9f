import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { share, TestClient } from './support.ts';

/** Descriptors that the server may have, and sockets that want one each. */
const DESCRIPTORS = 64;
const SOCKETS = 200;

let server: ChildProcess;
let port: number;

beforeAll(async () => {
  const script = fileURLToPath(new URL('./hostileServer.ts', import.meta.url));
  const node = [process.execPath, '--conditions=@stratumkit/source', '--expose-gc', script];
  server = spawn('sh', ['-c', `ulimit -n ${DESCRIPTORS} && exec "$0" "$@"`, ...node], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [message] = (await once(server, 'message')) as [{ port: number }];
  port = message.port;
});

afterAll(async () => {
  const exited = once(server, 'exit');
  server.send('stop');
  expect(await exited).toEqual([0, null]);
});

async function counts(): Promise<Record<string, number>> {
  server.send('report');
  const [{ counts }] = (await once(server, 'message')) as [{ counts: Record<string, number> }];
  return counts;
}

it('a server without free descriptors serves those it has, and accepts again later', async () => {
  const client = await TestClient.connect(port);
  expect(await client.event()).toMatchObject({ type: 'ready' });
  const sockets = Array.from({ length: SOCKETS }, (): Socket => {
    const socket = connectSocket(port, '127.0.0.1');
    return socket.on('error', () => {});
  });
  const firstRefused = Promise.race(sockets.map((socket) => once(socket, 'close')));
  await firstRefused;
  expect((await counts())['descriptor-limit']).toBeGreaterThan(0);
  client.link.send(share(7));
  expect(await client.event()).toMatchObject({ message: { value: { lastSequenceNumber: 7 } } });

  const gone = Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
  for (const socket of sockets) socket.destroy();
  await gone;
  // As a device does, that tries again whenever it is refused.
  for (;;) {
    const next = await TestClient.connect(port);
    const event = await next.event();
    next.link.close();
    await next.link.closed;
    if (event.type === 'ready') break;
  }
  client.link.send(share(8));
  expect(await client.event()).toMatchObject({ message: { value: { lastSequenceNumber: 8 } } });
  client.link.close();
  await client.link.closed;
});
