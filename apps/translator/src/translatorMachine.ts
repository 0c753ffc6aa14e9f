import type { Now } from '@stratumkit/codec';
import type { TranslatorCore, TranslatorInput, TranslatorOutput } from '@stratumkit/roles';
import { MachineLoop } from '@stratumkit/runtime';
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
  readonly #edge: TranslatorEdge;
  readonly #miners = new Map<number, LineLink>();
  readonly #loop: MachineLoop<TranslatorInput, TranslatorOutput<TranslatorUpstream>>;

  constructor(core: TranslatorCore<TranslatorUpstream>, edge: TranslatorEdge) {
    this.#edge = edge;
    this.#loop = new MachineLoop(core, { clock: edge.clock, apply: (output) => this.#apply(output) });
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

  handle(input: TranslatorInput): void {
    this.#loop.handle(input);
  }

  /** Tells miners and upstream goodbye. */
  stop(): void {
    this.handle({ type: 'stop' });
    this.#loop.close();
  }

  #apply(output: TranslatorOutput<TranslatorUpstream>): void {
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
