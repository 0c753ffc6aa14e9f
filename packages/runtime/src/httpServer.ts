import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { ConfigError } from '@stratumkit/codec';
import type { Registry } from 'prom-client';
import type { SocketAddress } from './socketAddress.ts';

/** What a route answers; status 200 unless it says otherwise. */
export interface HttpReply {
  readonly status?: number;
  /** Sent as JSON unless it is text of the given type. */
  readonly body: unknown;
  readonly contentType?: string;
}

/** What a route is told of a request; a body is not read. */
export interface HttpRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  /** What stands where the route has `{name}`, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** Answers one path. What it throws becomes a 500 without details. */
export type HttpRoute = (request: HttpRequest) => HttpReply | Promise<HttpReply>;

/** What is served: metrics, health, and routes of the role's own. */
export interface HttpOptions {
  /** `{ host: '127.0.0.1', port: 0 }` by default: this machine only, any free port. */
  readonly address?: SocketAddress;
  /** Host names besides `localhost` under which the server may be asked; addresses are always fine. */
  readonly allowedHosts?: readonly string[];
  readonly metrics?: Registry;
  /** Body of `/api/v1/health`; status 503 when `healthy` is false. */
  health?(): { readonly healthy: boolean } & Readonly<Record<string, unknown>>;
  /** Further paths; `{name}` stands for one segment. */
  readonly routes?: Readonly<Record<string, HttpRoute>>;
  /** Paths that do something, by POST; a body is not read, and what a web page asks for is refused. */
  readonly actions?: Readonly<Record<string, HttpRoute>>;
  onError?(error: unknown, path: string): void;
  readonly limits?: Partial<HttpLimits>;
}

/** A server that listens; `address` holds the real port. */
export interface HttpServer {
  readonly address: SocketAddress;
  close(): Promise<void>;
}

/** Every bound of the server. */
export interface HttpLimits {
  readonly connections: number;
  readonly headerBytes: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a connection may neither send nor take a byte: a reader that stopped must not keep its place. */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connections: 64,
  headerBytes: 8_192,
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  idleTimeoutMs: 30_000,
};

/** Serves `/metrics` and `/api/v1/health`, reading only but for the actions. Throws `ConfigError` when the address cannot be bound. */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { address = { host: '127.0.0.1', port: 0 } } = options;
  const routes = [
    ...routesOf({ ...standardRoutes(options), ...options.routes }, READING),
    ...routesOf(options.actions ?? {}, ['POST']),
  ];
  const allowedHosts = new Set(['localhost', ...(options.allowedHosts ?? [])].map((host) => host.toLowerCase()));
  const limits = { ...DEFAULT_HTTP_LIMITS, ...options.limits };
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
    },
    (request, response) => void answer(request, response, routes, allowedHosts, options.onError),
  );
  server.maxConnections = limits.connections;
  server.setTimeout(limits.idleTimeoutMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'the port is in use' : (cause.code ?? 'unknown reason');
      reject(
        new ConfigError('listen-failed', `HTTP cannot listen on ${address.host}:${address.port}: ${reason}`, { cause }),
      );
    });
    server.listen(address.port, address.host, resolve);
  });
  // A connection that cannot be accepted (no descriptors left) is the asker's loss only.
  server.removeAllListeners('error').on('error', (error) => options.onError?.(error, ''));
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Route {
  readonly pattern: string;
  readonly methods: readonly string[];
  readonly run: HttpRoute;
}

const READING = ['GET', 'HEAD'];

function routesOf(paths: Readonly<Record<string, HttpRoute>>, methods: readonly string[]): readonly Route[] {
  return Object.entries(paths).map(([pattern, run]) => ({ pattern, methods, run }));
}

function standardRoutes({ metrics, health }: HttpOptions): Record<string, HttpRoute> {
  const routes: Record<string, HttpRoute> = {
    '/api/v1/health': () => {
      const body = health?.() ?? { healthy: true };
      return { status: body.healthy ? 200 : 503, body };
    },
  };
  if (metrics !== undefined) {
    routes['/metrics'] = async () => ({ body: await metrics.metrics(), contentType: metrics.contentType });
  }
  return routes;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  allowedHosts: ReadonlySet<string>,
  onError: HttpOptions['onError'],
): Promise<void> {
  const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
  let reply: HttpReply & { readonly allow?: readonly string[] };
  let text: string;
  try {
    reply = await replyTo(request, path, query, routes, allowedHosts);
    text = textOf(reply);
  } catch (error) {
    onError?.(error, path);
    reply = { status: 500, body: { error: 'internal error' } };
    text = textOf(reply);
  }
  response.writeHead(reply.status ?? 200, {
    'content-type': reply.contentType ?? 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(reply.allow === undefined ? {} : { allow: reply.allow.join(', ') }),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

function textOf({ body, contentType }: HttpReply): string {
  return typeof body === 'string' && contentType !== undefined ? body : JSON.stringify(body);
}

function replyTo(
  request: IncomingMessage,
  path: string,
  query: string,
  routes: readonly Route[],
  allowedHosts: ReadonlySet<string>,
): Promise<HttpReply> | (HttpReply & { readonly allow?: readonly string[] }) {
  // A web page that resolves its own name to this address (DNS rebinding) sends that name as Host.
  if (!isAllowedHost(request.headers.host, allowedHosts)) return { status: 421, body: { error: 'unknown host' } };
  const { method = '' } = request;
  for (const { pattern, methods, run } of routes) {
    const params = matchPath(pattern, path);
    if (params === undefined) continue;
    if (!methods.includes(method)) return notAllowed(methods);
    // A browser says which page asks, and asks before it shows the answer: too late for what does something.
    if (!READING.includes(method) && request.headers.origin !== undefined)
      return { status: 403, body: { error: 'not for web pages' } };
    return run({ path, query: new URLSearchParams(query), params });
  }
  return { status: 404, body: { error: 'no such path', paths: routes.map(({ pattern }) => pattern) } };
}

function notAllowed(allow: readonly string[]) {
  return { status: 405, body: { error: allow === READING ? 'read only' : `${allow.join(' or ')} only` }, allow };
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  if (pattern === path) return {};
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    const text = given[index]!;
    if (name === undefined ? segment !== text : text === '') return undefined;
    if (name === undefined) continue;
    try {
      params[name] = decodeURIComponent(text);
    } catch {
      return undefined;
    }
  }
  return params;
}

function isAllowedHost(header: string | undefined, allowedHosts: ReadonlySet<string>): boolean {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '');
  const host = match?.[1] ?? match?.[2];
  return host !== undefined && (isIP(host) !== 0 || allowedHosts.has(host.toLowerCase()));
}
