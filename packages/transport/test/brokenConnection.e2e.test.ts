import { once } from 'node:events';
import { createServer } from 'node:net';
import { ConnectionGate } from '@stratumkit/connection';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../src/index.ts';
import { startResponder, TestClient } from './support.ts';

const fail = (): never => {
  throw new Error('no connection could be made of it');
};

describe('a connection that cannot be made of a socket', () => {
  it('ends the socket of a listener, gives its place back, and leaves others alone', async () => {
    const gate = new ConnectionGate();
    const listener = await startResponder({ gate, createConnection: fail });
    onTestFinished(() => listener.close());
    const client = await TestClient.connect(listener.address.port);
    await client.link.closed;
    expect(gate.connections).toBe(0);
    expect(listener.closeCounts.get('internal-error')).toBe(1);
  });

  it('ends the socket of who connects', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    const { port } = server.address() as { port: number };
    await expect(
      connect({ host: '127.0.0.1', port, createConnection: fail, onEvent: () => undefined }),
    ).rejects.toThrow('no connection could be made of it');
    const [socket] = await accepted;
    await once(socket.on('error', () => undefined).resume(), 'close');
  });
});
