import type { ConnectionEvent, FrameKind } from '@stratumkit/connection';
import type { TranslatorInput } from '@stratumkit/roles';
import { type Link, TransportError } from '@stratumkit/transport';
import type { TranslatorModules } from './modules.ts';
import type { TranslatorOptions, TranslatorUpstream } from './options.ts';
import { createUpstreamConnection } from './upstreamConnection.ts';

/** The sockets to upstreams, by the connection ids of the core. */
export class UpstreamLinks {
  readonly #options: TranslatorOptions;
  readonly #modules: TranslatorModules;
  readonly #handle: (input: TranslatorInput) => void;
  readonly #links = new Map<number, Link<'mining'>>();
  /** Connections that the core counts on, made or still being made. */
  readonly #attempts = new Map<number, AbortController>();

  constructor(options: TranslatorOptions, modules: TranslatorModules, handle: (input: TranslatorInput) => void) {
    this.#options = options;
    this.#modules = modules;
    this.#handle = handle;
  }

  async connect(connection: number, upstream: TranslatorUpstream): Promise<void> {
    const attempt = new AbortController();
    this.#attempts.set(connection, attempt);
    const { host, port } = upstream;
    try {
      const link = await this.#modules.connect<'mining'>({
        host,
        port,
        clock: this.#modules.clock,
        signal: attempt.signal,
        createConnection: (now) => createUpstreamConnection(upstream, this.#options, this.#modules, now),
        onEvent: (event) => this.#receive(connection, event),
      });
      if (this.#attempts.has(connection)) this.#links.set(connection, link);
      else link.close('role-decision', { reason: 'dropped' });
    } catch (error) {
      if (!this.#attempts.delete(connection)) return;
      const reason = error instanceof TransportError ? error.code : 'connect-failed';
      this.#handle({ type: 'upstream-disconnected', connection, reason });
    }
  }

  send(connection: number, frame: Uint8Array, kind: FrameKind): void {
    this.#links.get(connection)?.send(frame, { kind });
  }

  setOpenChannels(connection: number, open: number): void {
    this.#links.get(connection)?.setOpenChannels(open);
  }

  /** The core knows already. */
  drop(connection: number, reason: string): void {
    const link = this.#links.get(connection);
    // An open link is closed, not aborted: what was sent before goes out.
    if (link === undefined) this.#attempts.get(connection)?.abort();
    else link.close('role-decision', { reason });
    this.#links.delete(connection);
    this.#attempts.delete(connection);
  }

  async close(): Promise<void> {
    const links = [...this.#links.values()];
    for (const connection of [...this.#attempts.keys()]) this.drop(connection, 'shutdown');
    await Promise.all(links.map((link) => link.closed));
  }

  #receive(connection: number, event: ConnectionEvent<'mining'>): void {
    if (!this.#attempts.has(connection)) return;
    switch (event.type) {
      case 'ready': {
        const { flags, extensions } = event;
        this.#handle({ type: 'upstream-connected', connection, flags, extensions });
        return;
      }
      case 'message':
        this.#handle({ type: 'upstream-message', connection, message: event.message });
        return;
      case 'closed':
        this.#links.delete(connection);
        this.#attempts.delete(connection);
        this.#handle({ type: 'upstream-disconnected', connection, reason: event.cause });
    }
  }
}
