import type { Now } from '@stratumkit/codec';
import type {
  CloseCause,
  CloseDetail,
  ClosedEvent,
  Connection,
  ConnectionEvent,
  ConnectionGate,
  SendOptions,
} from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import type { TurnScheduler } from './turnScheduler.ts';

/** What of a pino logger is used; `console` does not fit, pino and its child loggers do. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Where a socket's other end is; the address is numeric as soon as the socket knows it. */
export interface RemoteEndpoint {
  readonly address: string;
  readonly port: number;
}

/** One socket with its connection. Links of one process have different ids. */
export interface Link<P extends Protocol = Protocol> {
  readonly id: number;
  readonly remote: RemoteEndpoint;
  readonly connection: Connection<P>;
  /** Queues a plaintext frame; all frames of one turn of the event loop go out in one write. */
  send(frame: Uint8Array, options?: SendOptions): void;
  /** Tells the connection how many channels are open; its idle deadline and budget depend on it. */
  setOpenChannels(count: number): void;
  /** Default cause: `role-decision`. */
  close(cause?: CloseCause, detail?: CloseDetail): void;
  /** Settles, and never rejects, after the `closed` event was handed on and the socket is gone. */
  readonly closed: Promise<ClosedEvent>;
}

/** Gets the events of a link in order; `closed` is the last one and always comes. */
export type LinkHandler<P extends Protocol> = (event: ConnectionEvent<P>, link: Link<P>, now: Now) => void;

/** What listening and connecting have in common. */
export interface EdgeOptions<P extends Protocol> {
  readonly onEvent: LinkHandler<P>;
  readonly logger?: Logger;
  /** Default: the clocks of this process. */
  readonly clock?: () => Now;
  /** Default: one for the whole process. */
  readonly scheduler?: TurnScheduler;
}

/** Where to listen, who is admitted, and the connections of those who are. */
export interface ListenOptions<P extends Protocol> extends EdgeOptions<P> {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly createConnection: (remote: RemoteEndpoint, now: Now) => Connection<P>;
  /** Default: one with the default limits. */
  readonly gate?: ConnectionGate;
  /** Called for every admitted link before its first event. */
  readonly onLink?: (link: Link<P>) => void;
  /** Aborting closes the listener and its links. */
  readonly signal?: AbortSignal;
}

/** Where to connect, and the connection that speaks there. */
export interface ConnectOptions<P extends Protocol> extends EdgeOptions<P> {
  readonly host: string;
  readonly port: number;
  readonly createConnection: (now: Now) => Connection<P>;
  readonly connectTimeoutMs?: number;
  /** Aborting gives up, or closes the link with `aborted`. */
  readonly signal?: AbortSignal;
}

/** A listening socket and the links that it has. */
export interface Listener<P extends Protocol = Protocol> {
  readonly address: { readonly host: string; readonly port: number };
  readonly links: ReadonlySet<Link<P>>;
  /** Closed links by cause, refused admissions included. */
  readonly closeCounts: ReadonlyMap<CloseCause, number>;
  /** Stops accepting, closes every link with `shutdown`, waits for what is queued to be sent, at most `drainMs` (5,000). */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}
