import type { Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { ConfigError } from '@stratumkit/codec';
import type { CloseDetail, Permit } from '@stratumkit/connection';
import { type LineCloseCause, LineConnection } from '@stratumkit/sv1';
import { CloseLog } from './closeLog.ts';
import { LINE_CLOSE_FAMILIES } from './lineCloseFamilies.ts';
import { LineSocketLink } from './linesLink.ts';
import type { LineListener, LineListenOptions, LineTls } from './linesTypes.ts';
import { drop, type RefusalCause, SocketListener } from './socketListener.ts';
import { SHARED_SCHEDULER } from './turnScheduler.ts';
import type { RemoteEndpoint } from './types.ts';

const TLS_HANDSHAKE_MS = 10_000;

/** Listens for TCP connections of lines. Rejects with `ConfigError` for an address that cannot be had. */
export async function listenLines(options: LineListenOptions): Promise<LineListener> {
  const listener = new LineTcpListener(options);
  await listener.open();
  return listener;
}

class LineTcpListener extends SocketListener<LineSocketLink> implements LineListener {
  readonly #options: LineListenOptions;
  readonly #log: CloseLog<LineCloseCause>;
  readonly #tls: TlsServer | undefined;

  constructor(options: LineListenOptions) {
    super(options);
    this.#options = options;
    this.#log = new CloseLog(LINE_CLOSE_FAMILIES, options.logger);
    if (options.tls !== undefined) this.#tls = secureServer(options.tls, (socket) => this.#secured(socket));
  }

  get closeCounts(): ReadonlyMap<LineCloseCause, number> {
    return this.#log.counts;
  }

  protected admitted(socket: Socket, remote: RemoteEndpoint, permit: Permit): void {
    if (this.#tls === undefined) this.#link(socket, remote, permit);
    else this.#secure(this.#tls, socket, remote, permit);
  }

  protected refused(cause: RefusalCause, address: string | undefined, detail: CloseDetail): void {
    this.#log.add(cause, address === undefined ? {} : { address }, detail, this.clock());
  }

  #secure(tls: TlsServer, socket: Socket, remote: RemoteEndpoint, permit: Permit): void {
    const key = peerOf(socket);
    this.pending.set(key, { socket, remote, permit });
    socket.once('close', () => {
      if (this.pending.get(key)?.socket !== socket) return;
      this.pending.delete(key);
      permit.release();
      if (!this.isClosing) this.#log.add('tls-handshake', { address: remote.address }, {}, this.clock());
    });
    tls.emit('connection', socket);
  }

  #secured(socket: Socket): void {
    const key = peerOf(socket);
    const pending = this.pending.get(key);
    if (pending === undefined || this.isClosing) {
      drop(socket);
      return;
    }
    this.pending.delete(key);
    this.#link(socket, pending.remote, pending.permit);
  }

  #link(socket: Socket, remote: RemoteEndpoint, permit: Permit): void {
    const { clock } = this;
    const link = new LineSocketLink({
      socket,
      remote,
      connection: new LineConnection(clock(), this.#options.limits),
      onEvent: (event, _link, now) => {
        if (event.type === 'closed') {
          const { cause, reason } = event;
          this.#log.add(cause, { link: link.id, address: remote.address }, reason === undefined ? {} : { reason }, now);
        }
        this.#options.onEvent(event, link, now);
      },
      onEstablished: () => permit.established(),
      clock,
      scheduler: this.#options.scheduler ?? SHARED_SCHEDULER,
      logger: this.#options.logger,
    });
    this.keep(link, permit);
    this.#options.onLink?.(link);
    link.start();
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
