import type { Now } from '@stratumkit/codec';
import type { ConnectionGate } from '@stratumkit/connection';
import type { LineCloseCause, LineConnection, LineEvent, LineLimits } from '@stratumkit/sv1';
import type { TurnScheduler } from './turnScheduler.ts';
import type { Logger, RemoteEndpoint } from './types.ts';

/** One socket that carries lines. */
export interface LineLink {
  readonly id: number;
  readonly remote: RemoteEndpoint;
  readonly connection: LineConnection;
  /** Queues a line with its line feed; all lines of one turn of the event loop go out in one write. */
  send(line: Uint8Array): void;
  /** Tells the admission that somebody real is there. */
  established(): void;
  close(cause?: LineCloseCause, reason?: string): void;
  /** Settles, and never rejects, after the `closed` event was handed on and the socket is gone. */
  readonly closed: Promise<LineClosedEvent>;
}

export type LineClosedEvent = Extract<LineEvent, { readonly type: 'closed' }>;

/** Gets the events of a link in order; `closed` is the last one and always comes. */
export type LineHandler = (event: LineEvent, link: LineLink, now: Now) => void;

/** What listening and connecting for SV1 have in common. */
export interface LineEdgeOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly onEvent: LineHandler;
  readonly limits?: Partial<LineLimits>;
  readonly logger?: Logger;
  /** Default: the clocks of this process. */
  readonly clock?: () => Now;
  /** Default: one for the whole process. */
  readonly scheduler?: TurnScheduler;
  /** Aborting closes the listener and its links, or gives up and closes the link with `aborted`. */
  readonly signal?: AbortSignal;
}

/** PEM of a server that speaks TLS. */
export interface LineTls {
  readonly key: string;
  readonly cert: string;
}

/** Where to listen, who is admitted, and whether in TLS. */
export interface LineListenOptions extends LineEdgeOptions {
  /** Default: one with the default limits. */
  readonly gate?: ConnectionGate;
  readonly tls?: LineTls;
  /** Called for every admitted link before its first event. */
  readonly onLink?: (link: LineLink) => void;
}

/** Where to connect, and for how long to try. */
export interface LineConnectOptions extends LineEdgeOptions {
  readonly connectTimeoutMs?: number;
}

/** A listening socket and the links that it has. */
export interface LineListener {
  readonly address: { readonly host: string; readonly port: number };
  readonly links: ReadonlySet<LineLink>;
  /** Closed links by cause, refused admissions included. */
  readonly closeCounts: ReadonlyMap<LineCloseCause, number>;
  /** Stops accepting, closes every link with `shutdown`, waits for what is queued to be sent, at most `drainMs` (5,000). */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}
