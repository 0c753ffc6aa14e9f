import type { Now } from '@stratumkit/codec';
import type { ClosedEvent, Connection, ConnectionEvent, FrameKind } from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import type { connect } from './connect.ts';
import { connectFailure } from './transportError.ts';
import type { Link, Logger } from './types.ts';

/** What comes of a link; `gone` is the last, with the close cause, or with the code of the error that kept it from being made. */
export type OutgoingEvent<P extends Protocol> =
  | Exclude<ConnectionEvent<P>, ClosedEvent>
  | { readonly type: 'gone'; readonly reason: string };

/** How links are made, and who hears of them. */
export interface OutgoingLinksOptions<P extends Protocol, Peer> {
  readonly connect: typeof connect;
  readonly clock: () => Now;
  /** Told of links that end for a fault, and of faults of ours met on them. Without one, such a fault ends the process. */
  readonly logger?: Logger | undefined;
  readonly createConnection: (peer: Peer, now: Now) => Connection<P>;
  readonly onEvent: (id: number, event: OutgoingEvent<P>) => void;
}

/** The links that a machine asks for, by ids of the machine's own. Of an id that was dropped nothing is heard any more. */
export class OutgoingLinks<P extends Protocol, Peer extends { readonly host: string; readonly port: number }> {
  readonly #options: OutgoingLinksOptions<P, Peer>;
  readonly #links = new Map<number, Link<P>>();
  /** Links that the machine counts on, made or still being made. */
  readonly #attempts = new Map<number, AbortController>();

  constructor(options: OutgoingLinksOptions<P, Peer>) {
    this.#options = options;
  }

  /** Never rejects: a failure is the event `gone`. */
  async connect(id: number, peer: Peer): Promise<void> {
    const attempt = new AbortController();
    this.#attempts.set(id, attempt);
    const { host, port } = peer;
    const { clock, createConnection, logger } = this.#options;
    try {
      const link = await this.#options.connect<P>({
        host,
        port,
        clock,
        ...(logger && { logger }),
        signal: attempt.signal,
        createConnection: (now) => createConnection(peer, now),
        onEvent: (event) => this.#receive(id, event),
      });
      if (this.#attempts.has(id)) this.#links.set(id, link);
      else link.close('role-decision', { reason: 'dropped' });
    } catch (error) {
      if (!this.#attempts.delete(id)) return;
      this.#options.onEvent(id, { type: 'gone', reason: connectFailure(error) });
    }
  }

  send(id: number, frame: Uint8Array, kind: FrameKind): void {
    this.#links.get(id)?.send(frame, { kind });
  }

  setOpenChannels(id: number, open: number): void {
    this.#links.get(id)?.setOpenChannels(open);
  }

  /** The machine knows already: no `gone` follows. */
  drop(id: number, reason: string): void {
    const link = this.#links.get(id);
    // An open link is closed, not aborted: what was sent before goes out.
    if (link === undefined) this.#attempts.get(id)?.abort();
    else link.close('role-decision', { reason });
    this.#links.delete(id);
    this.#attempts.delete(id);
  }

  /** Drops all; resolves when their sockets are gone. */
  async close(): Promise<void> {
    const links = [...this.#links.values()];
    for (const id of [...this.#attempts.keys()]) this.drop(id, 'shutdown');
    await Promise.all(links.map((link) => link.closed));
  }

  #receive(id: number, event: ConnectionEvent<P>): void {
    if (!this.#attempts.has(id)) return;
    if (event.type !== 'closed') {
      this.#options.onEvent(id, event);
      return;
    }
    this.#links.delete(id);
    this.#attempts.delete(id);
    this.#options.onEvent(id, { type: 'gone', reason: event.cause });
  }
}
