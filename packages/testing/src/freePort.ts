import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A port for a process that starts later. It lies below the ports that systems give out of their own accord, so that nobody
 * else's connection or listener takes it meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
