import { LineConnection, type LineEvent } from '@stratumkit/sv1';
import type { EndpointOwner } from './endpoint.ts';
import type { WireSide, WireUser } from './wire.ts';

/** Unread bytes from which on nothing more is read, as in the transport. */
const PAUSE_BUFFERED_BYTES = 64 * 1024;
/** After the last byte: time for the peer to read it, as in the transport. */
const LINGER_MS = 2_000;

/** Pumps one end of a wire and a connection of lines into each other: what the transport does with a socket. */
export class LineEndpoint implements WireUser {
  readonly id: number;
  readonly side: WireSide;
  readonly connection: LineConnection;
  readonly #owner: EndpointOwner;
  readonly #handler: (event: LineEvent, endpoint: LineEndpoint) => void;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #isReading = true;
  #isDirty = false;
  #isRunning = false;
  #isClosed = false;

  constructor(
    id: number,
    side: WireSide,
    owner: EndpointOwner,
    handler: (event: LineEvent, endpoint: LineEndpoint) => void,
  ) {
    this.id = id;
    this.side = side;
    this.connection = new LineConnection(owner.now());
    this.#owner = owner;
    this.#handler = handler;
    side.user = this;
  }

  start(): void {
    this.#arm();
    this.side.drainInbox();
  }

  send(line: Uint8Array): void {
    this.connection.send(line);
    this.#markDirty();
    if (this.connection.isClosed) this.#later();
  }

  close(reason: string): void {
    this.connection.close('role-decision', reason);
    this.#later();
  }

  /** The process has died: nothing is sent, nothing is told. */
  drop(tellPeer: boolean): void {
    this.#isClosed = true;
    this.side.abandon(tellPeer);
  }

  receive(bytes: Uint8Array): void {
    this.#owner.turn(() => {
      if (this.connection.isClosed) return;
      this.connection.push(bytes, this.#owner.now());
      this.#run();
    });
  }

  ended(how: 'fin' | 'reset'): void {
    this.#owner.turn(() => {
      this.connection.end(how);
      this.#run();
    });
  }

  drained(): void {
    this.#owner.turn(() => {
      this.connection.setWritable(true, this.#owner.now());
      this.#markDirty();
      this.#run();
    });
  }

  /** Writes what is queued. */
  flush(): void {
    this.#isDirty = false;
    if (this.#isClosed) return;
    for (let bytes = this.connection.takeBytes(); bytes !== undefined; bytes = this.connection.takeBytes())
      if (!this.side.write(bytes)) this.connection.setWritable(false, this.#owner.now());
    if (!this.#isReading && !this.connection.paused) this.#later();
    this.#arm();
  }

  #tick(): void {
    this.connection.tick(this.#owner.now());
    this.#run();
  }

  #run(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    try {
      const { connection } = this;
      for (let event = connection.next(); event !== undefined; event = connection.next()) {
        if (event.type === 'closed') {
          this.#isClosed = true;
          this.#handler(event, this);
          this.#finish();
          return;
        }
        this.#handler(event, this);
      }
      this.#setReading(!connection.paused && connection.bufferedBytes <= PAUSE_BUFFERED_BYTES);
      if (!this.#isReading) this.#markDirty();
      this.#arm();
    } finally {
      this.#isRunning = false;
    }
  }

  #finish(): void {
    const { connection, side } = this;
    if (!connection.flushes) {
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

  #setReading(reading: boolean): void {
    if (reading === this.#isReading) return;
    this.#isReading = reading;
    this.side.setReading(reading);
  }

  #later(): void {
    this.#owner.wakeAt(this.#owner.now().monotonicMs, () => this.#tick());
  }

  #markDirty(): void {
    if (this.#isDirty || this.#isClosed) return;
    this.#isDirty = true;
    this.#owner.markDirty(this);
  }

  /** One timer, set anew only when the deadline has come nearer. */
  #arm(): void {
    const { deadline } = this.connection;
    if (deadline === undefined || deadline >= this.#wakeAtMs || this.#isClosed) return;
    const atMs = Math.max(deadline, this.#owner.now().monotonicMs + 1);
    if (atMs >= this.#wakeAtMs) return;
    this.#wakeAtMs = atMs;
    this.#owner.wakeAt(atMs, () => {
      if (this.#wakeAtMs !== atMs) return;
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#tick();
    });
  }
}
