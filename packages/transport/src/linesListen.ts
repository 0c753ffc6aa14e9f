import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { ConfigError } from '@stratumkit/codec';
import { ConnectionGate, type Permit } from '@stratumkit/connection';
import { type LineCloseCause, LineConnection } from '@stratumkit/sv1';
import { systemClock } from './clock.ts';
import { descriptorRoom } from './descriptorRoom.ts';
import { LineSocketLink } from './linesLink.ts';
import type { LineListener, LineListenOptions, LineTls } from './linesTypes.ts';
import { listenError } from './listen.ts';
import { SOCKET_OPTIONS } from './socketOptions.ts';
import { SHARED_SCHEDULER } from './turnScheduler.ts';

const DEFAULT_DRAIN_MS = 5_000;
const TLS_HANDSHAKE_MS = 10_000;

/** Listens for TCP connections of lines. Rejects with `ConfigError` for an address that cannot be had. */
export async function listenLines(options: LineListenOptions): Promise<LineListener> {
  options.signal?.throwIfAborted();
  const listener = new LineTcpListener(options);
  await listener.open();
  options.signal?.addEventListener('abort', () => void listener.close({ drainMs: 0 }), { once: true });
  return listener;
}

class LineTcpListener implements LineListener {
  readonly links = new Set<LineSocketLink>();
  readonly closeCounts = new Map<LineCloseCause, number>();
  readonly #options: LineListenOptions;
  readonly #gate: ConnectionGate;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  /** Admitted sockets whose TLS handshake is not done, by the peer's address and port. */
  readonly #securing = new Map<string, { readonly socket: Socket; readonly permit: Permit }>();
  #address = { host: '', port: 0 };
  #maxLinks = Number.POSITIVE_INFINITY;
  #closing: Promise<void> | undefined;

  constructor(options: LineListenOptions) {
    this.#options = options;
    this.#gate = options.gate ?? new ConnectionGate();
    this.#server = createServer(SOCKET_OPTIONS, (socket) => this.#accept(socket));
    if (options.tls !== undefined) this.#tls = secureServer(options.tls, (socket) => this.#secured(socket));
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenError(error, host, port)));
      this.#server.listen({ host, port }, resolve);
    });
    this.#maxLinks = descriptorRoom();
    this.#server.removeAllListeners('error');
    this.#server.on('error', () => this.#count('descriptor-limit'));
    const bound = this.#server.address();
    if (bound !== null && typeof bound === 'object') this.#address = { host: bound.address, port: bound.port };
  }

  close({ drainMs = DEFAULT_DRAIN_MS }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const { socket } of this.#securing.values()) socket.destroy();
    for (const link of this.links) link.close('shutdown');
    const timer = setTimeout(() => {
      for (const link of this.links) link.destroy();
    }, drainMs);
    await Promise.all([stopped, ...[...this.links].map((link) => link.closed)]);
    clearTimeout(timer);
  }

  /** Nothing is done for a socket that is not admitted, least of all cryptography. */
  #accept(socket: Socket): void {
    const { remoteAddress: address } = socket;
    // Reset before it could be looked at, a socket has no address any more.
    if (this.#closing !== undefined || address === undefined) {
      socket.on('error', () => {}).destroy();
      if (this.#closing === undefined) this.#count('probe');
      return;
    }
    const permit =
      this.links.size + this.#securing.size >= this.#maxLinks
        ? ({ admitted: false, cause: 'descriptor-limit' } as const)
        : this.#gate.admit(address);
    if (!permit.admitted) {
      socket.on('error', () => {}).destroy();
      this.#count(permit.cause as LineCloseCause);
      return;
    }
    if (this.#tls === undefined) this.#link(socket, permit);
    else this.#secure(this.#tls, socket, permit);
  }

  #secure(tls: TlsServer, socket: Socket, permit: Permit): void {
    const key = peerOf(socket);
    this.#securing.set(key, { socket, permit });
    socket.once('close', () => {
      if (this.#securing.get(key)?.socket !== socket) return;
      this.#securing.delete(key);
      permit.release();
      if (this.#closing === undefined) this.#count('tls-handshake');
    });
    tls.emit('connection', socket);
  }

  #secured(socket: Socket): void {
    const key = peerOf(socket);
    const pending = this.#securing.get(key);
    if (pending === undefined || this.#closing !== undefined) {
      socket.on('error', () => {}).destroy();
      return;
    }
    this.#securing.delete(key);
    this.#link(socket, pending.permit);
  }

  #link(socket: Socket, permit: Permit): void {
    const clock = this.#options.clock ?? systemClock;
    const link = new LineSocketLink({
      socket,
      remote: { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
      connection: new LineConnection(clock(), this.#options.limits),
      onEvent: (event, _link, now) => {
        if (event.type === 'closed') this.#count(event.cause);
        this.#options.onEvent(event, link, now);
      },
      onEstablished: () => permit.established(),
      clock,
      scheduler: this.#options.scheduler ?? SHARED_SCHEDULER,
      logger: this.#options.logger,
    });
    this.links.add(link);
    void link.closed.then(() => {
      this.links.delete(link);
      permit.release();
    });
    this.#options.onLink?.(link);
    link.start();
  }

  #count(cause: LineCloseCause): void {
    this.closeCounts.set(cause, (this.closeCounts.get(cause) ?? 0) + 1);
  }
}

/** Keys that do not fit are the operator's fault. A peer that speaks no TLS costs one socket until its handshake times out. */
function secureServer(tls: LineTls, accept: (socket: Socket) => void): TlsServer {
  const { key, cert } = tls;
  try {
    const server = createTlsServer({ key, cert, handshakeTimeout: TLS_HANDSHAKE_MS }, accept);
    return server.on('tlsClientError', (_error, socket) => void socket.destroy());
  } catch (cause) {
    throw new ConfigError('tls-key', 'the TLS key and certificate cannot be used', { cause });
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress}:${remotePort}`;
}
