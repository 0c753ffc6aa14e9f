import type { Socket } from 'node:net';
import type { Now } from '@stratumkit/codec';
import {
  type CloseCause,
  type CloseDetail,
  type ClosedEvent,
  type Connection,
  flushesQueue,
  type SendOptions,
} from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import type { TurnScheduler, TurnTask } from './turnScheduler.ts';
import type { Link, LinkHandler, Logger, RemoteEndpoint } from './types.ts';

/** Unprocessed bytes from which on a socket is read no further. */
const PAUSE_BUFFERED_BYTES = 64 * 1024;
/** After the last byte was written: time for the peer to read it and close, before the socket is destroyed. */
const LINGER_MS = 2_000;

let lastLinkId = 0;

export interface SocketLinkOptions<P extends Protocol> {
  readonly socket: Socket;
  readonly remote: RemoteEndpoint;
  readonly connection: Connection<P>;
  readonly onEvent: LinkHandler<P>;
  readonly clock: () => Now;
  readonly scheduler: TurnScheduler;
  readonly logger: Logger | undefined;
}

/** Pumps one open socket and its connection into each other. */
export class SocketLink<P extends Protocol> implements Link<P>, TurnTask {
  readonly id = ++lastLinkId;
  readonly remote: RemoteEndpoint;
  readonly connection: Connection<P>;
  readonly closed: Promise<ClosedEvent>;
  readonly #options: SocketLinkOptions<P>;
  readonly #socket: Socket;
  readonly #settle: (event: ClosedEvent) => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #closedEvent: ClosedEvent | undefined;
  #isReadingPaused = false;
  #isGone = false;

  constructor(options: SocketLinkOptions<P>) {
    const { promise, resolve } = withResolvers<ClosedEvent>();
    this.#options = options;
    this.#socket = options.socket;
    this.remote = options.remote;
    this.connection = options.connection;
    this.closed = promise;
    this.#settle = resolve;
  }

  /** Begins to pump; events come from the next turn on. */
  start(): void {
    const { clock } = this.#options;
    this.#socket
      .on('data', (chunk) => this.#receive(chunk))
      .on('end', () => {
        this.connection.end('fin', clock());
        this.#wake();
      })
      .on('error', (error: NodeJS.ErrnoException) => {
        const isReset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        if (isReset) this.connection.end('reset', clock());
        else this.connection.close('network-error', clock(), { code: error.code });
        this.#wake();
      })
      .on('drain', () => {
        this.connection.setWritable(true, clock());
        this.#wake();
      })
      .on('close', () => this.#gone());
    this.#wake();
  }

  get heavy(): boolean {
    return this.connection.state === 'handshake' && this.connection.bufferedBytes > 0;
  }

  send(frame: Uint8Array, options?: SendOptions): void {
    this.connection.send(frame, options);
    if (this.connection.state === 'closed') this.#wake();
    else if (!this.#isGone) this.#options.scheduler.wakeToFlush(this);
  }

  setOpenChannels(count: number): void {
    this.connection.setOpenChannels(count);
    this.#arm();
  }

  close(cause: CloseCause = 'role-decision', detail?: CloseDetail): void {
    this.connection.close(cause, this.#options.clock(), detail);
    this.#wake();
  }

  /** Ends a socket that is still lingering. */
  destroy(): void {
    this.#socket.destroy();
  }

  run(frames: number): boolean {
    const now = this.#options.clock();
    this.connection.tick(now);
    for (let count = 0; count < frames; count++) {
      const event = this.connection.next();
      if (event === undefined) {
        this.#setReading(!this.connection.paused);
        this.#arm();
        return false;
      }
      if (event.type === 'closed') this.#closedEvent = event;
      this.#handOn(event, now);
      if (event.type === 'closed') {
        this.#finish(event);
        return false;
      }
    }
    return true;
  }

  flush(): void {
    if (this.#closedEvent !== undefined) return;
    for (let bytes = this.connection.takeBytes(); bytes !== undefined; bytes = this.connection.takeBytes()) {
      if (!this.#socket.write(bytes)) this.connection.setWritable(false, this.#options.clock());
    }
    // The queue may have been what kept us from reading on.
    if (this.#isReadingPaused && !this.connection.paused) this.#wake();
    this.#arm();
  }

  #receive(chunk: Uint8Array): void {
    // After the end, what still comes is thrown away: the peer has to be able to read our last frames.
    if (this.connection.state === 'closed') return;
    // As a Buffer its `slice` would be a view, and what is kept or changed above has to be a copy.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.connection.push(bytes, this.#options.clock());
    if (this.connection.bufferedBytes > PAUSE_BUFFERED_BYTES) this.#setReading(false);
    this.#wake();
  }

  #wake(): void {
    if (!this.#isGone) this.#options.scheduler.wake(this);
  }

  #handOn(event: Parameters<LinkHandler<P>>[0], now: Now): void {
    const { onEvent, logger } = this.#options;
    try {
      onEvent(event, this, now);
    } catch (error) {
      // A bug above must not take the other links down; without a logger nobody would see it, so then it does.
      if (logger === undefined) setImmediate(() => Promise.reject(error));
      else logger.error({ err: error, link: this.id, event: event.type }, 'event handler failed');
      this.connection.close('internal-error', now, { error });
    }
  }

  #setReading(reading: boolean): void {
    if (reading !== this.#isReadingPaused) return;
    this.#isReadingPaused = !reading;
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** One timer per link, set anew only when the deadline has come nearer: most deadlines move away before they are due. */
  #arm(): void {
    const { deadline } = this.connection;
    if (deadline === undefined || deadline >= this.#timerAtMs || this.#isGone) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = deadline;
    const delayMs = Math.max(1, Math.ceil(deadline - this.#options.clock().monotonicMs));
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.#wake();
    }, delayMs);
  }

  #finish(event: ClosedEvent): void {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    if (!flushesQueue(event.cause) || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.connection.setWritable(true, this.#options.clock());
    for (let bytes = this.connection.takeBytes(); bytes !== undefined; bytes = this.connection.takeBytes()) {
      socket.write(bytes);
    }
    socket.end();
    socket.resume();
    this.#timer = setTimeout(() => socket.destroy(), LINGER_MS);
  }

  #gone(): void {
    if (this.#isGone) return;
    clearTimeout(this.#timer);
    const now = this.#options.clock();
    if (this.#closedEvent === undefined) {
      this.connection.end('reset', now);
      while (this.#closedEvent === undefined && this.run(Number.POSITIVE_INFINITY));
    }
    this.#isGone = true;
    this.#options.scheduler.forget(this);
    this.#settle(this.#closedEvent ?? { type: 'closed', cause: 'peer-reset', detail: {} });
  }
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
