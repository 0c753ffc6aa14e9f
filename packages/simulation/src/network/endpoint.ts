import type { Now } from '@stratumkit/codec';
import {
  type CloseCause,
  type ClosedEvent,
  type Connection,
  type ConnectionEvent,
  flushesQueue,
  type SendOptions,
} from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import type { WireSide, WireUser } from './wire.ts';

/** Unprocessed bytes from which on nothing more is read, as in the transport. */
const PAUSE_BUFFERED_BYTES = 64 * 1024;
/** After the last byte: time for the peer to read it, as in the transport. */
const LINGER_MS = 2_000;

/** One end of a wire with a connection in it. */
export interface Pump {
  /** Writes what is queued. */
  flush(): void;
  /** The process has died: nothing is sent, nothing is told. */
  drop(tellPeer: boolean): void;
}

/** The process at this end: time, turns and timers. */
export interface EndpointOwner {
  now(): Now;
  /** Runs as one turn of the process; flushes what it queued at the end. Does nothing on a dead process. */
  turn(action: () => void): void;
  /** Calls back at a monotonic time unless the process has died meanwhile. */
  wakeAt(monotonicMs: number, action: () => void): void;
  /** To be flushed at the end of the turn. */
  markDirty(endpoint: Pump): void;
}

export type EndpointHandler<P extends Protocol> = (event: ConnectionEvent<P>, endpoint: Endpoint<P>) => void;

/** Pumps one end of a wire and its connection into each other: what the transport does with a socket. */
export class Endpoint<P extends Protocol = Protocol> implements WireUser, Pump {
  readonly id: number;
  readonly connection: Connection<P>;
  readonly side: WireSide;
  readonly #owner: EndpointOwner;
  readonly #handler: EndpointHandler<P>;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #isReading = true;
  #closed: ClosedEvent | undefined;
  #isDirty = false;
  #isRunning = false;

  constructor(
    id: number,
    side: WireSide,
    connection: Connection<P>,
    owner: EndpointOwner,
    handler: EndpointHandler<P>,
  ) {
    this.id = id;
    this.side = side;
    this.connection = connection;
    this.#owner = owner;
    this.#handler = handler;
    side.user = this;
  }

  /** Begins to pump. */
  start(): void {
    this.#markDirty();
    this.#arm();
    this.side.drainInbox();
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  send(frame: Uint8Array, options?: SendOptions): void {
    this.connection.send(frame, options);
    this.#markDirty();
    if (this.connection.state === 'closed') this.#later();
  }

  setOpenChannels(count: number): void {
    this.connection.setOpenChannels(count);
    this.#arm();
  }

  close(cause: CloseCause = 'role-decision', detail: Readonly<Record<string, unknown>> = {}): void {
    this.connection.close(cause, this.#owner.now(), detail);
    this.#later();
  }

  /** The process has died: nothing is sent, nothing is told. */
  drop(tellPeer: boolean): void {
    this.#closed ??= { type: 'closed', cause: 'aborted', detail: {} };
    this.side.abandon(tellPeer);
  }

  receive(bytes: Uint8Array): void {
    this.#owner.turn(() => {
      if (this.connection.state === 'closed') return;
      this.connection.push(bytes, this.#owner.now());
      this.run();
    });
  }

  ended(how: 'fin' | 'reset'): void {
    this.#owner.turn(() => {
      this.connection.end(how, this.#owner.now());
      this.run();
    });
  }

  drained(): void {
    this.#owner.turn(() => {
      this.connection.setWritable(true, this.#owner.now());
      this.#markDirty();
      this.run();
    });
  }

  /** Lets time pass, then {@link run}. */
  #tick(): void {
    this.connection.tick(this.#owner.now());
    this.run();
  }

  /** Hands on everything the connection has to say. */
  run(): void {
    if (this.#isRunning || this.#closed !== undefined) return;
    this.#isRunning = true;
    try {
      const { connection } = this;
      for (let event = connection.next(); event !== undefined; event = connection.next()) {
        if (event.type === 'closed') this.#closed = event;
        this.#handler(event, this);
        if (event.type === 'closed') {
          this.#finish(event.cause);
          return;
        }
      }
      this.#setReading(!connection.paused && connection.bufferedBytes <= PAUSE_BUFFERED_BYTES);
      if (connection.queuedBytes > 0 || !this.#isReading) this.#markDirty();
      else this.#arm();
    } finally {
      this.#isRunning = false;
    }
  }

  /** Writes what is queued. */
  flush(): void {
    this.#isDirty = false;
    if (this.#closed !== undefined) return;
    const { connection } = this;
    for (let bytes = connection.takeBytes(); bytes !== undefined; bytes = connection.takeBytes()) {
      if (!this.side.write(bytes)) connection.setWritable(false, this.#owner.now());
    }
    if (!this.#isReading && !connection.paused) this.#later();
    this.#arm();
  }

  #later(): void {
    this.#owner.wakeAt(this.#owner.now().monotonicMs, () => this.#tick());
  }

  #markDirty(): void {
    if (this.#isDirty || this.#closed !== undefined) return;
    this.#isDirty = true;
    this.#owner.markDirty(this);
  }

  #setReading(reading: boolean): void {
    if (reading === this.#isReading) return;
    this.#isReading = reading;
    this.side.setReading(reading);
  }

  /** One timer per endpoint, set anew only when the deadline has come nearer. */
  #arm(): void {
    const { deadline } = this.connection;
    if (deadline === undefined || deadline >= this.#wakeAtMs || this.#closed !== undefined) return;
    const atMs = Math.max(deadline, this.#owner.now().monotonicMs + 1);
    if (atMs >= this.#wakeAtMs) return;
    this.#wakeAtMs = atMs;
    this.#owner.wakeAt(atMs, () => {
      if (this.#wakeAtMs !== atMs) return;
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#tick();
    });
  }

  #finish(cause: CloseCause): void {
    const { connection, side } = this;
    if (!flushesQueue(cause)) {
      side.abandon(true);
      return;
    }
    connection.setWritable(true, this.#owner.now());
    for (let bytes = connection.takeBytes(); bytes !== undefined; bytes = connection.takeBytes()) side.write(bytes);
    side.end();
    side.user = undefined;
    side.setReading(true);
    this.#owner.wakeAt(this.#owner.now().monotonicMs + LINGER_MS, () => side.abandon(false));
  }
}
