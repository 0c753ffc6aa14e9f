import { createServer, type Server, type Socket } from 'node:net';
import type { Now } from '@stratumkit/codec';
import { ConnectionGate, type Permit, type Refusal } from '@stratumkit/connection';
import { systemClock } from './clock.ts';
import { descriptorRoom } from './descriptorRoom.ts';
import { listenError } from './listenError.ts';
import { SOCKET_OPTIONS } from './socketOptions.ts';
import type { RemoteEndpoint } from './types.ts';

const DEFAULT_DRAIN_MS = 5_000;

interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly gate?: ConnectionGate;
  readonly clock?: () => Now;
  readonly signal?: AbortSignal;
}

interface OpenLink {
  readonly closed: Promise<unknown>;
  close(cause: 'shutdown'): void;
  destroy(): void;
  start(): void;
}

interface PendingSocket {
  readonly socket: Socket;
  readonly remote: RemoteEndpoint;
  readonly permit: Permit;
}

/** Why a socket became no link. */
export type RefusalCause = Refusal['cause'] | 'descriptor-limit' | 'probe';

/** A listening socket: who is admitted, the links of those who are, and the end of all. */
export abstract class SocketListener<L extends OpenLink> {
  readonly links = new Set<L>();
  protected readonly clock: () => Now;
  /** Admitted sockets that are no links yet, by the peer's address and port. */
  protected readonly pending = new Map<string, PendingSocket>();
  readonly #options: ListenerOptions;
  readonly #gate: ConnectionGate;
  readonly #server: Server;
  #address = { host: '', port: 0 };
  #maxLinks = Number.POSITIVE_INFINITY;
  #closing: Promise<void> | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#gate = options.gate ?? new ConnectionGate();
    this.clock = options.clock ?? systemClock;
    this.#server = createServer(SOCKET_OPTIONS, (socket) => this.#accept(socket));
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  /** Rejects with `ConfigError` for an address that cannot be had. */
  async open(): Promise<void> {
    const { host, port, signal } = this.#options;
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(listenError(error, host, port)));
      this.#server.listen({ host, port }, resolve);
    });
    this.#maxLinks = descriptorRoom();
    this.#server.removeAllListeners('error');
    this.#server.on('error', ({ code }: NodeJS.ErrnoException) =>
      this.refused('descriptor-limit', undefined, { code }),
    );
    const bound = this.#server.address();
    if (bound !== null && typeof bound === 'object') this.#address = { host: bound.address, port: bound.port };
    signal?.addEventListener('abort', () => void this.close({ drainMs: 0 }), { once: true });
  }

  close({ drainMs = DEFAULT_DRAIN_MS }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  protected get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  protected abstract admitted(socket: Socket, remote: RemoteEndpoint, permit: Permit): void;

  protected abstract refused(cause: RefusalCause, address: string | undefined, detail: object): void;

  protected keep(link: L, permit: Permit): void {
    this.links.add(link);
    void link.closed.then(() => {
      this.links.delete(link);
      permit.release();
    });
  }

  async #close(drainMs: number): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const { socket } of this.pending.values()) socket.destroy();
    for (const link of this.links) link.close('shutdown');
    const timer = setTimeout(() => {
      for (const link of this.links) link.destroy();
    }, drainMs);
    await Promise.all([stopped, ...[...this.links].map((link) => link.closed)]);
    clearTimeout(timer);
  }

  /** Nothing is done for a socket that is not admitted, least of all cryptography. */
  #accept(socket: Socket): void {
    const { remoteAddress: address, remotePort: port } = socket;
    if (this.isClosing) {
      drop(socket);
      return;
    }
    // Reset before it could be looked at, a socket has no address any more.
    if (address === undefined || port === undefined) {
      drop(socket);
      this.refused('probe', undefined, {});
      return;
    }
    const permit =
      this.links.size + this.pending.size >= this.#maxLinks
        ? ({ admitted: false, cause: 'descriptor-limit' } as const)
        : this.#gate.admit(address);
    if (permit.admitted) {
      this.admitted(socket, { address, port }, permit);
      return;
    }
    drop(socket);
    this.refused(permit.cause, address, {});
  }
}

export function drop(socket: Socket): void {
  socket.on('error', () => {}).destroy();
}
