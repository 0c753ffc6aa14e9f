import type { Socket } from 'node:net';
import type { Now } from '@stratumkit/codec';
import type { LineCloseCause, LineConnection, LineEvent } from '@stratumkit/sv1';
import type { LineHandler, LineLink } from './linesTypes.ts';
import type { TurnScheduler, TurnTask } from './turnScheduler.ts';
import type { Logger, RemoteEndpoint } from './types.ts';

/** Unprocessed bytes from which on a socket is read no further. */
const PAUSE_BUFFERED_BYTES = 64 * 1024;
/** After the last byte was written: time for the peer to read it and close, before the socket is destroyed. */
const LINGER_MS = 2_000;

let lastLinkId = 0;

export interface LineSocketOptions {
  readonly socket: Socket;
  readonly remote: RemoteEndpoint;
  readonly connection: LineConnection;
  readonly onEvent: LineHandler;
  readonly onEstablished?: () => void;
  readonly clock: () => Now;
  readonly scheduler: TurnScheduler;
  readonly logger: Logger | undefined;
}

/** Pumps one open socket and its connection of lines into each other. */
export class LineSocketLink implements LineLink, TurnTask {
  readonly id = ++lastLinkId;
  readonly heavy = false;
  readonly remote: RemoteEndpoint;
  readonly connection: LineConnection;
  readonly closed: Promise<void>;
  readonly #options: LineSocketOptions;
  readonly #socket: Socket;
  #settle!: () => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #isReadingPaused = false;
  #hasClosed = false;
  #isGone = false;

  constructor(options: LineSocketOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.remote = options.remote;
    this.connection = options.connection;
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Begins to pump; events come from the next turn on. */
  start(): void {
    const { clock } = this.#options;
    this.#socket
      .on('data', (chunk) => this.#receive(chunk))
      .on('end', () => this.#end('fin'))
      .on('error', (error: NodeJS.ErrnoException) => {
        this.#end(error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'reset' : 'error');
      })
      .on('drain', () => {
        this.connection.setWritable(true, clock());
        this.#wake();
      })
      .on('close', () => this.#gone());
    this.#wake();
  }

  send(line: Uint8Array): void {
    this.connection.send(line);
    if (this.connection.isClosed) this.#wake();
    else if (!this.#isGone) this.#options.scheduler.wakeToFlush(this);
  }

  established(): void {
    this.#options.onEstablished?.();
  }

  close(cause: LineCloseCause = 'role-decision', reason?: string): void {
    this.connection.close(cause, reason);
    this.#wake();
  }

  /** Ends a socket that is still lingering. */
  destroy(): void {
    this.#socket.destroy();
  }

  run(lines: number): boolean {
    const now = this.#options.clock();
    this.connection.tick(now);
    for (let count = 0; count < lines; count++) {
      const event = this.connection.next();
      if (event === undefined) {
        this.#setReading(!this.connection.paused);
        this.#arm();
        return false;
      }
      if (event.type === 'closed') this.#hasClosed = true;
      this.#handOn(event, now);
      if (event.type === 'closed') {
        this.#finish();
        return false;
      }
    }
    return true;
  }

  flush(): void {
    if (this.#hasClosed) return;
    for (let bytes = this.connection.takeBytes(); bytes !== undefined; bytes = this.connection.takeBytes()) {
      if (!this.#socket.write(bytes)) this.connection.setWritable(false, this.#options.clock());
    }
    if (this.#isReadingPaused && !this.connection.paused) this.#wake();
    this.#arm();
  }

  #receive(chunk: Uint8Array): void {
    if (this.connection.isClosed) return;
    this.connection.push(chunk, this.#options.clock());
    if (this.connection.bufferedBytes > PAUSE_BUFFERED_BYTES) this.#setReading(false);
    this.#wake();
  }

  #end(kind: 'fin' | 'reset' | 'error'): void {
    this.connection.end(kind);
    this.#wake();
  }

  #wake(): void {
    if (!this.#isGone) this.#options.scheduler.wake(this);
  }

  #handOn(event: LineEvent, now: Now): void {
    const { onEvent, logger } = this.#options;
    try {
      onEvent(event, this, now);
    } catch (error) {
      // A bug above must not take the other links down; without a logger nobody would see it, so then it does.
      if (logger === undefined) setImmediate(() => Promise.reject(error));
      else logger.error({ err: error, link: this.id, event: event.type }, 'event handler failed');
      this.connection.close('internal-error');
    }
  }

  #setReading(reading: boolean): void {
    if (reading !== this.#isReadingPaused) return;
    this.#isReadingPaused = !reading;
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  /** One timer per link, set anew only when the deadline has come nearer. */
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

  #finish(): void {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    if (!this.connection.flushes || socket.destroyed) {
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
    if (!this.#hasClosed) {
      this.connection.end('reset');
      while (!this.#hasClosed && this.run(Number.POSITIVE_INFINITY));
    }
    this.#isGone = true;
    this.#options.scheduler.forget(this);
    this.#settle();
  }
}
