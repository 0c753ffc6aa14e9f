import { createServer } from 'node:net';
import { ConfigError } from '@stratumkit/codec';

/** Below the ports that systems take for outgoing connections: one that is tried again and again might meet itself there. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;
const ATTEMPTS = 100;

/** Where somebody who is started now can listen. */
export async function freeAddress(host = '127.0.0.1'): Promise<{ readonly host: string; readonly port: number }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(host, port)) return { host, port };
  }
  throw new ConfigError('no-port', `no free port from ${FIRST_PORT} to ${FIRST_PORT + PORTS - 1} on ${host}`);
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
