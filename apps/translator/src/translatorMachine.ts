import type { Now } from '@stratumkit/codec';
import type { TranslatorCore, TranslatorInput, TranslatorOutput } from '@stratumkit/roles';
import { TickTimer } from '@stratumkit/runtime';
import type { LineEvent } from '@stratumkit/sv1';
import type { LineLink } from '@stratumkit/transport';
import type { TranslatorAppEvent } from './events.ts';
import type { TranslatorUpstream } from './options.ts';
import type { UpstreamLinks } from './upstreamLinks.ts';

export interface TranslatorEdge {
  readonly clock: () => Now;
  readonly upstreams: UpstreamLinks;
  onEvent(event: TranslatorAppEvent): void;
}

/** Joins sockets and core. */
export class TranslatorMachine {
  readonly #core: TranslatorCore<TranslatorUpstream>;
  readonly #edge: TranslatorEdge;
  readonly #miners = new Map<number, LineLink>();
  readonly #inputs: TranslatorInput[] = [];
  readonly #timer: TickTimer;
  #isHandling = false;
  #isClosed = false;

  constructor(core: TranslatorCore<TranslatorUpstream>, edge: TranslatorEdge) {
    this.#core = core;
    this.#edge = edge;
    this.#timer = new TickTimer(edge.clock, () => this.handle({ type: 'tick' }));
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
    this.#edge.onEvent({ type: 'connectionClosed', connection, cause: event.cause });
    this.handle({ type: 'miner-disconnected', connection });
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. */
  handle(input: TranslatorInput): void {
    if (this.#isClosed) return;
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        for (const output of this.#core.handle(next, this.#edge.clock())) this.#perform(output);
    } finally {
      this.#isHandling = false;
    }
    this.#timer.schedule(this.#core.deadline);
  }

  /** Tells miners and upstream goodbye. */
  stop(): void {
    this.handle({ type: 'stop' });
    this.#isClosed = true;
    this.#timer.close();
  }

  #perform(output: TranslatorOutput<TranslatorUpstream>): void {
    const { upstreams } = this.#edge;
    switch (output.type) {
      case 'miner-send':
        for (const connection of output.to) this.#miners.get(connection)?.send(output.line);
        return;
      case 'miner-close':
        this.#miners.get(output.to)?.close('role-decision', output.reason);
        return;
      case 'connect':
        void upstreams.connect(output.connection, output.upstream);
        return;
      case 'upstream-send':
        upstreams.send(output.connection, output.frame, output.kind);
        return;
      case 'upstream-close':
        upstreams.drop(output.connection, output.reason);
        return;
      case 'upstream-channels':
        upstreams.setOpenChannels(output.connection, output.open);
        return;
      case 'event':
        if (output.event.type === 'workerAuthorized') this.#miners.get(output.event.connection)?.established();
        this.#edge.onEvent(output.event);
    }
  }
}
