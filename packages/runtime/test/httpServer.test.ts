import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Counter,
  createHttpServer,
  createMetrics,
  type HttpOptions,
  type HttpServer,
  Resources,
} from '../src/index.ts';

const LARGE = 16 * 1024 * 1024;

let server: HttpServer;
let resources: Resources;
let healthy: boolean;
let height: number;
const errors: unknown[] = [];

beforeEach(async () => {
  resources = new Resources();
  healthy = true;
  height = 120;
  errors.length = 0;
  const metrics = createMetrics(resources);
  new Counter({ name: 'sv2_pool_shares_total', help: 'Shares.', labelNames: ['outcome'], registers: [metrics] }).inc(
    { outcome: 'accepted' },
    3,
  );
  server = await createHttpServer({
    metrics,
    allowedHosts: ['Pool.Example'],
    health: () => ({ healthy, height: 7 }),
    routes: {
      '/api/v1/echo': ({ query }) => ({ body: { limit: query.get('limit') } }),
      '/api/v1/clients/{id}/channels': ({ params }) => ({ body: params }),
      '/api/v1/broken': () => {
        throw new Error('secret detail');
      },
      '/api/v1/no-json': () => ({ body: { height: 7n } }),
    },
    actions: { '/api/v1/blocks': () => ({ body: { height: ++height } }) },
    onError: (error, path) => errors.push([path, (error as Error).message]),
  });
  resources.add('http', () => server.close());
});

afterEach(() => resources.close());

function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; body: string; headers: IncomingMessage['headers'] }>((resolve, reject) => {
    const { host, port } = server.address;
    request({ host, port, path, headers, method, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode!, body, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}

/** A server of its own, so that no other test is under its limits. */
async function limited(limits: NonNullable<HttpOptions['limits']>): Promise<HttpServer> {
  const large = { body: 'x'.repeat(LARGE), contentType: 'text/plain' };
  const other = await createHttpServer({ routes: { '/large': () => large }, limits });
  resources.add('other http', () => other.close());
  return other;
}

function connection({ address: { host, port } }: HttpServer) {
  return connect({ host, port }).on('error', () => undefined);
}

describe('createHttpServer', () => {
  it.each([
    ['/api/v1/clients/7/channels', 200, { id: '7' }],
    ['/api/v1/clients/a%2Fb%20c/channels', 200, { id: 'a/b c' }],
    ['/api/v1/clients//channels', 404, undefined],
    ['/api/v1/clients/%zz/channels', 404, undefined],
    ['/api/v1/clients/7/channels/', 404, undefined],
  ])('takes parameters from the path: %s', async (path, status, body) => {
    const reply = await ask(path);
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toEqual(
      status === 404 ? { error: 'no such path', paths: expect.arrayContaining(['/metrics', '/api/v1/health']) } : body,
    );
  });

  it('listens on this machine only, unless told otherwise', () => {
    expect(server.address.host).toBe('127.0.0.1');
  });

  it('answers about its health', async () => {
    expect(await ask('/api/v1/health')).toMatchObject({ status: 200, body: '{"healthy":true,"height":7}' });
    healthy = false;
    expect((await ask('/api/v1/health')).status).toBe(503);
  });

  it('serves metrics of its own registry', async () => {
    const { body, headers } = await ask('/metrics');
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toContain('sv2_pool_shares_total{outcome="accepted"} 3');
    expect(body).toMatch(/sv2_uptime_seconds \d/);
    expect(body).toMatch(/sv2_process_resident_memory_bytes \d/);
    expect(body).toMatch(/sv2_event_loop_delay_seconds\{quantile="0.99"\} \d/);
  });

  it('serves routes, and hides what goes wrong in them', async () => {
    expect((await ask('/api/v1/echo?limit=3')).body).toBe('{"limit":"3"}');
    expect(await ask('/api/v1/broken')).toMatchObject({ status: 500, body: '{"error":"internal error"}' });
    expect(errors).toEqual([['/api/v1/broken', 'secret detail']]);
    expect((await ask('/toString')).status).toBe(404);
  });

  it('lives on when a route gives what cannot be sent', async () => {
    expect(await ask('/api/v1/no-json')).toMatchObject({ status: 500, body: '{"error":"internal error"}' });
    expect(errors).toEqual([['/api/v1/no-json', expect.stringContaining('BigInt')]]);
    expect((await ask('/api/v1/health')).status).toBe(200);
  });

  it('ends a reader that stopped, and one that says nothing', async () => {
    const impatient = await limited({ idleTimeoutMs: 50 });
    const stopped = connection(impatient);
    stopped.write('GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n');
    stopped.pause();
    // Silent for longer than three times the limit: the first looks only see how much is still to be written.
    for (let silences = 0; silences < 8; silences++) await once(connection(impatient), 'close');
    let received = 0;
    stopped.on('data', (chunk) => {
      received += chunk.length;
    });
    await once(stopped.resume(), 'close');
    expect(received).toBeLessThan(LARGE);
  });

  it('refuses more connections than it has places for', async () => {
    const small = await limited({ connections: 2 });
    const places = [connection(small), connection(small)];
    await Promise.all(places.map((socket) => once(socket, 'connect')));
    await once(connection(small), 'close');
    for (const socket of places) socket.destroy();
  });

  it('only reads, but for its actions', async () => {
    expect(await ask('/metrics', {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(await ask('/api/v1/health', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(await ask('/api/v1/blocks')).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await ask('/api/v1/blocks', {}, 'POST')).toMatchObject({ status: 200, body: '{"height":121}' });
  });

  it.each(['http://evil.example', 'null', ''])('does nothing for a web page of %j', async (origin) => {
    expect((await ask('/api/v1/blocks', { origin }, 'POST')).status).toBe(403);
    expect(height).toBe(120);
  });

  it.each([
    ['evil.example', 421],
    ['evil.example:80', 421],
    ['localhost', 200],
    ['LOCALHOST:9090', 200],
    ['pool.example', 200],
    ['192.168.1.5:9090', 200],
    ['[::1]:9090', 200],
    ['127.0.0.1.evil.example', 421],
  ])('Host %s gives %i', async (host, status) => {
    expect((await ask('/api/v1/health', { host })).status).toBe(status);
  });

  it('says that a port is in use', async () => {
    const second = createHttpServer({ address: server.address });
    await expect(second).rejects.toMatchObject({ name: 'ConfigError', code: 'listen-failed' });
    await expect(second).rejects.toThrow('the port is in use');
  });
});
