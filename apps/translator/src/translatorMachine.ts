import type { ConnectionEvent } from '@stratumkit/connection';
import type { TranslatorCore, TranslatorInput, TranslatorOutput } from '@stratumkit/roles';
import type { LineEvent } from '@stratumkit/sv1';
import type { LineLink, Link } from '@stratumkit/transport';
import type { TranslatorAppEvent } from './events.ts';
import type { TranslatorModules } from './modules.ts';
import type { TranslatorOptions, TranslatorUpstream } from './options.ts';
import { createUpstreamConnection } from './upstreamConnection.ts';

type Core = TranslatorCore<TranslatorUpstream>;

/** Joins sockets and core. */
export class TranslatorMachine {
  readonly #core: Core;
  readonly #options: TranslatorOptions;
  readonly #modules: TranslatorModules;
  readonly #onEvent: (event: TranslatorAppEvent) => void;
  readonly #miners = new Map<number, LineLink>();
  readonly #upstreams = new Map<number, Link<'mining'>>();
  readonly #abort = new AbortController();
  readonly #inputs: TranslatorInput[] = [];
  #isHandling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;

  constructor(
    core: Core,
    options: TranslatorOptions,
    modules: TranslatorModules,
    onEvent: (event: TranslatorAppEvent) => void,
  ) {
    this.#core = core;
    this.#options = options;
    this.#modules = modules;
    this.#onEvent = onEvent;
  }

  admit(link: LineLink): void {
    this.#miners.set(link.id, link);
    this.handle({ type: 'miner-connected', connection: link.id, address: link.remote.address });
  }

  receive(event: LineEvent, link: LineLink): void {
    const { id: connection } = link;
    if (event.type === 'line') {
      this.handle({ type: 'miner-line', connection, line: event.line });
      return;
    }
    this.#miners.delete(connection);
    this.#onEvent({ type: 'connectionClosed', connection, cause: event.cause });
    this.handle({ type: 'miner-disconnected', connection });
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. */
  handle(input: TranslatorInput): void {
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const output of this.#core.handle(next, this.#modules.clock())) this.#perform(output);
      }
    } finally {
      this.#isHandling = false;
    }
    this.#schedule();
  }

  async close(): Promise<void> {
    this.handle({ type: 'stop' });
    clearTimeout(this.#timer);
    this.#timerAtMs = Number.NEGATIVE_INFINITY;
    const links = [...this.#upstreams.values()];
    for (const link of links) link.close('shutdown');
    this.#abort.abort();
    await Promise.all(links.map((link) => link.closed));
  }

  #perform(output: TranslatorOutput<TranslatorUpstream>): void {
    switch (output.type) {
      case 'miner-send':
        for (const connection of output.to) this.#miners.get(connection)?.send(output.line);
        return;
      case 'miner-close':
        this.#miners.get(output.to)?.close('role-decision', output.reason);
        return;
      case 'connect':
        void this.#connect(output.connection, output.upstream);
        return;
      case 'upstream-send':
        this.#upstreams.get(output.connection)?.send(output.frame, { kind: output.kind });
        return;
      case 'upstream-close': {
        const link = this.#upstreams.get(output.connection);
        this.#upstreams.delete(output.connection);
        link?.close('role-decision', { reason: output.reason });
        return;
      }
      case 'upstream-channels':
        this.#upstreams.get(output.connection)?.setOpenChannels(output.open);
        return;
      case 'event':
        if (output.event.type === 'workerAuthorized') this.#miners.get(output.event.connection)?.established();
        this.#onEvent(output.event);
    }
  }

  async #connect(connection: number, upstream: TranslatorUpstream): Promise<void> {
    const { host, port } = upstream;
    try {
      const link = await this.#modules.connect<'mining'>({
        host,
        port,
        clock: this.#modules.clock,
        signal: this.#abort.signal,
        createConnection: (now) => createUpstreamConnection(upstream, this.#options, this.#modules, now),
        onEvent: (event) => this.#onUpstreamEvent(connection, event),
      });
      this.#upstreams.set(connection, link);
    } catch (error) {
      const reason = (error as { readonly code?: string }).code ?? 'connect-failed';
      this.handle({ type: 'upstream-disconnected', connection, reason });
    }
  }

  #onUpstreamEvent(connection: number, event: ConnectionEvent<'mining'>): void {
    switch (event.type) {
      case 'ready': {
        const { flags, extensions } = event;
        this.handle({ type: 'upstream-connected', connection, flags, extensions });
        return;
      }
      case 'message':
        this.handle({ type: 'upstream-message', connection, message: event.message });
        return;
      case 'closed':
        this.#upstreams.delete(connection);
        this.handle({ type: 'upstream-disconnected', connection, reason: event.cause });
    }
  }

  /** The timer is moved only if it would fire too late. */
  #schedule(): void {
    const { deadline } = this.#core;
    if (deadline === undefined || deadline >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = deadline;
    const delay = Math.max(0, Math.ceil(deadline - this.#modules.clock().monotonicMs));
    this.#timer = setTimeout(() => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.handle({ type: 'tick' });
    }, delay);
  }
}
