import type { Socket } from 'node:net';
import type { Now } from '@stratumkit/codec';
import type { TurnScheduler, TurnTask } from './turnScheduler.ts';
import type { Logger, RemoteEndpoint } from './types.ts';

/** Unprocessed bytes from which on a socket is read no further. */
const PAUSE_BUFFERED_BYTES = 64 * 1024;
/** After the last byte was written: time for the peer to read it and close, before the socket is destroyed. */
const LINGER_MS = 2_000;

let lastLinkId = 0;

/** A machine with bytes on one side and events on the other. */
export interface Pumped<Event> {
  readonly paused: boolean;
  readonly bufferedBytes: number;
  readonly deadline: number | undefined;
  push(bytes: Uint8Array, now: Now): void;
  next(): Event | undefined;
  tick(now: Now): void;
  takeBytes(): Uint8Array | undefined;
  setWritable(writable: boolean, now: Now): void;
}

export interface PumpOptions<Connection> {
  readonly socket: Socket;
  readonly remote: RemoteEndpoint;
  readonly connection: Connection;
  readonly clock: () => Now;
  readonly scheduler: TurnScheduler;
  readonly logger: Logger | undefined;
}

/** Pumps one open socket and its connection into each other, whatever the connection's events are. */
export abstract class SocketPump<
  Event extends { readonly type: string },
  Closed extends Event,
  Connection extends Pumped<Event>,
> implements TurnTask
{
  readonly id = ++lastLinkId;
  readonly remote: RemoteEndpoint;
  readonly connection: Connection;
  readonly closed: Promise<Closed>;
  readonly #socket: Socket;
  readonly #clock: () => Now;
  readonly #scheduler: TurnScheduler;
  readonly #logger: Logger | undefined;
  readonly #settle: (event: Closed) => void;
  #timer: NodeJS.Timeout | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #closedEvent: Closed | undefined;
  #isReadingPaused = false;
  #isGone = false;

  constructor({ socket, remote, connection, clock, scheduler, logger }: PumpOptions<Connection>) {
    const { promise, resolve } = withResolvers<Closed>();
    this.#socket = socket;
    this.remote = remote;
    this.connection = connection;
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#logger = logger;
    this.closed = promise;
    this.#settle = resolve;
  }

  abstract readonly heavy: boolean;
  protected abstract readonly hasEnded: boolean;
  /** What stands for the last event if there was none. */
  protected abstract readonly vanished: Closed;
  protected abstract handOn(event: Event, now: Now): void;
  protected abstract isClosed(event: Event): event is Closed;
  /** Whether what is queued is still to be written. */
  protected abstract flushes(event: Closed): boolean;
  protected abstract end(how: 'fin' | 'reset', now: Now): void;
  protected abstract fail(cause: 'network-error' | 'internal-error', error: Error, now: Now): void;

  /** Begins to pump; events come from the next turn on. */
  start(): void {
    this.#socket
      .on('data', (chunk) => this.#receive(chunk))
      .on('end', () => this.#finished('fin'))
      .on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.#finished('reset');
        else {
          this.fail('network-error', error, this.#clock());
          this.wake();
        }
      })
      .on('drain', () => {
        this.connection.setWritable(true, this.#clock());
        this.wake();
      })
      .on('close', () => this.#gone());
    this.wake();
  }

  /** Ends a socket that is still lingering. */
  destroy(): void {
    this.#socket.destroy();
  }

  run(count: number): boolean {
    const now = this.#clock();
    this.connection.tick(now);
    for (let taken = 0; taken < count; taken++) {
      const event = this.connection.next();
      if (event === undefined) {
        this.#setReading(!this.connection.paused);
        this.arm();
        return false;
      }
      const isClosed = this.isClosed(event);
      if (isClosed) this.#closedEvent = event;
      this.#tryHandOn(event, now);
      if (isClosed) {
        this.#finish(event);
        return false;
      }
    }
    return true;
  }

  flush(): void {
    if (this.#closedEvent !== undefined) return;
    for (let bytes = this.connection.takeBytes(); bytes !== undefined; bytes = this.connection.takeBytes()) {
      if (!this.#socket.write(bytes)) this.connection.setWritable(false, this.#clock());
    }
    // The queue may have been what kept us from reading on.
    if (this.#isReadingPaused && !this.connection.paused) this.wake();
    this.arm();
  }

  protected now(): Now {
    return this.#clock();
  }

  /** Asks for a turn. */
  protected wake(): void {
    if (!this.#isGone) this.#scheduler.wake(this);
  }

  /** Something was queued. */
  protected wakeToFlush(): void {
    if (this.hasEnded) this.wake();
    else if (!this.#isGone) this.#scheduler.wakeToFlush(this);
  }

  /** One timer per link, set anew only when the deadline has come nearer: most deadlines move away before they are due. */
  protected arm(): void {
    const { deadline } = this.connection;
    if (deadline === undefined || deadline >= this.#timerAtMs || this.#isGone) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = deadline;
    const delayMs = Math.max(1, Math.ceil(deadline - this.#clock().monotonicMs));
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.wake();
    }, delayMs);
  }

  #receive(chunk: Uint8Array): void {
    // After the end, what still comes is thrown away: the peer has to be able to read our last bytes.
    if (this.hasEnded) return;
    // As a Buffer its `slice` would be a view, and what is kept or changed above has to be a copy.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.connection.push(bytes, this.#clock());
    if (this.connection.bufferedBytes > PAUSE_BUFFERED_BYTES) this.#setReading(false);
    this.wake();
  }

  #finished(how: 'fin' | 'reset'): void {
    this.end(how, this.#clock());
    this.wake();
  }

  #tryHandOn(event: Event, now: Now): void {
    try {
      this.handOn(event, now);
    } catch (error) {
      // A bug above must not take the other links down; without a logger nobody would see it, so then it does.
      if (this.#logger === undefined) setImmediate(() => Promise.reject(error));
      else this.#logger.error({ err: error, link: this.id, event: event.type }, 'event handler failed');
      this.fail('internal-error', error as Error, now);
    }
  }

  #setReading(reading: boolean): void {
    if (reading !== this.#isReadingPaused) return;
    this.#isReadingPaused = !reading;
    if (reading) this.#socket.resume();
    else this.#socket.pause();
  }

  #finish(event: Closed): void {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    if (!this.flushes(event) || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.connection.setWritable(true, this.#clock());
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
    if (this.#closedEvent === undefined) {
      this.end('reset', this.#clock());
      while (this.#closedEvent === undefined && this.run(Number.POSITIVE_INFINITY));
    }
    this.#isGone = true;
    this.#scheduler.forget(this);
    this.#settle(this.#closedEvent ?? this.vanished);
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
