import { createServer, type Server, type Socket } from 'node:net';
import { ConfigError } from '@stratumkit/codec';
import { type CloseCause, type Connection, ConnectionGate } from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import { systemClock } from './clock.ts';
import { CloseLog } from './closeLog.ts';
import { descriptorRoom } from './descriptorRoom.ts';
import { SocketLink } from './socketLink.ts';
import { SOCKET_OPTIONS } from './socketOptions.ts';
import { TransportError } from './transportError.ts';
import { SHARED_SCHEDULER } from './turnScheduler.ts';
import type { Listener, ListenOptions } from './types.ts';

const DEFAULT_DRAIN_MS = 5_000;

/** Listens for TCP connections. Rejects with `ConfigError` for an address that cannot be had. */
export async function listen<P extends Protocol>(options: ListenOptions<P>): Promise<Listener<P>> {
  options.signal?.throwIfAborted();
  const listener = new TcpListener(options);
  await listener.open();
  const abort = () => void listener.close({ drainMs: 0 });
  options.signal?.addEventListener('abort', abort, { once: true });
  return listener;
}

class TcpListener<P extends Protocol> implements Listener<P> {
  readonly links = new Set<SocketLink<P>>();
  readonly #options: ListenOptions<P>;
  readonly #gate: ConnectionGate;
  readonly #server: Server;
  readonly #log: CloseLog;
  readonly #clock;
  #address = { host: '', port: 0 };
  #maxLinks = Number.POSITIVE_INFINITY;
  #closing: Promise<void> | undefined;

  constructor(options: ListenOptions<P>) {
    this.#options = options;
    this.#gate = options.gate ?? new ConnectionGate();
    this.#log = new CloseLog(options.logger);
    this.#clock = options.clock ?? systemClock;
    this.#server = createServer(SOCKET_OPTIONS, (socket) => this.#accept(socket));
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  get closeCounts(): ReadonlyMap<CloseCause, number> {
    return this.#log.counts;
  }

  async open(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenError(error, host, port)));
      this.#server.listen({ host, port }, resolve);
    });
    this.#maxLinks = descriptorRoom();
    this.#server.removeAllListeners('error');
    this.#server.on('error', (error: NodeJS.ErrnoException) => this.#acceptFailed(error));
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
    for (const link of this.links) link.close('shutdown');
    const timer = setTimeout(() => {
      for (const link of this.links) link.destroy();
    }, drainMs);
    await Promise.all([stopped, ...[...this.links].map((link) => link.closed)]);
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    const now = this.#clock();
    const { remoteAddress: address, remotePort: port } = socket;
    if (this.#closing !== undefined) {
      socket.on('error', () => {}).destroy();
      return;
    }
    // Reset before it could be looked at, a socket has no address any more.
    if (address === undefined || port === undefined) {
      socket.on('error', () => {}).destroy();
      this.#log.add('probe', {}, {}, now);
      return;
    }
    const permit =
      this.links.size >= this.#maxLinks
        ? ({ admitted: false, cause: 'descriptor-limit' } as const)
        : this.#gate.admit(address);
    if (!permit.admitted) {
      socket.on('error', () => {}).destroy();
      this.#log.add(permit.cause, { address }, {}, now);
      return;
    }
    let connection: Connection<P>;
    try {
      connection = this.#options.createConnection({ address, port }, now);
    } catch (error) {
      // A bug of ours that one peer met: the others go on.
      permit.release();
      socket.on('error', () => {}).destroy();
      this.#log.add('internal-error', { address }, { error }, now);
      return;
    }
    const link = new SocketLink<P>({
      socket,
      remote: { address, port },
      connection,
      onEvent: (event, _link, eventTime) => {
        if (event.type === 'ready') permit.established();
        if (event.type === 'closed') {
          this.#log.add(event.cause, { link: link.id, address }, event.detail, eventTime);
        }
        this.#options.onEvent(event, link, eventTime);
      },
      clock: this.#clock,
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

  #acceptFailed(error: NodeJS.ErrnoException): void {
    this.#log.add('descriptor-limit', {}, { code: error.code }, this.#clock());
  }
}

export function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const context = { host, port, code: error.code };
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        'address-in-use',
        `${host}:${port} is already in use: stop what listens there, or take another port (0 is any free one)`,
        { context, cause: error },
      );
    case 'EACCES':
      return new ConfigError(
        'address-forbidden',
        `no permission to listen on ${host}:${port}: ports below 1024 often need one, take a higher one`,
        {
          context,
          cause: error,
        },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ConfigError(
        'address-unknown',
        `${host} is no address of this machine: 127.0.0.1 is for this machine only, 0.0.0.0 for every network it is in`,
        { context, cause: error },
      );
    default:
      return new TransportError('listen-failed', `cannot listen on ${host}:${port}`, context, error);
  }
}
