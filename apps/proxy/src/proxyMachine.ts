import type { Now } from '@stratumkit/codec';
import type { ConnectionEvent } from '@stratumkit/connection';
import type { ProxyCore, ProxyInput, ProxyOutput } from '@stratumkit/roles';
import { MachineLoop } from '@stratumkit/runtime';
import { IncomingLinks, type Link } from '@stratumkit/transport';
import type { ProxyAppEvent } from './events.ts';
import type { ProxyUpstream } from './options.ts';
import type { UpstreamLinks } from './upstreamLinks.ts';

export interface ProxyEdge {
  readonly clock: () => Now;
  readonly upstreams: UpstreamLinks;
  onEvent(event: ProxyAppEvent): void;
}

/** Joins sockets and core. */
export class ProxyMachine {
  readonly #edge: ProxyEdge;
  readonly #links = new IncomingLinks<'mining'>();
  readonly #loop: MachineLoop<ProxyInput, ProxyOutput<ProxyUpstream>>;

  constructor(core: ProxyCore<ProxyUpstream>, edge: ProxyEdge) {
    this.#edge = edge;
    this.#loop = new MachineLoop(core, { clock: edge.clock, apply: (output) => this.#apply(output) });
  }

  receive(event: ConnectionEvent<'mining'>, link: Link<'mining'>): void {
    const { id: connection } = link;
    switch (event.type) {
      case 'ready': {
        this.#links.add(link);
        const { setup, extensions, flags: grantedFlags } = event;
        const { address } = link.remote;
        this.handle({ type: 'connected', connection, setup, grantedFlags, extensions, address });
        break;
      }
      case 'message':
        this.handle({ type: 'message', connection, message: event.message, tlvs: event.tlvs });
        break;
      case 'extensions':
        this.handle({ type: 'extensions', connection, extensions: event.extensions });
        break;
      case 'foreign':
        this.handle({ type: 'foreign', connection, frame: event.frame });
        break;
      case 'ignored':
        break;
      case 'closed':
        this.#edge.onEvent({ type: 'connectionClosed', connection, cause: event.cause });
        if (this.#links.remove(connection)) this.handle({ type: 'disconnected', connection });
    }
  }

  handle(input: ProxyInput): void {
    this.#loop.handle(input);
  }

  /** Answers open shares, closes channels and connections; resolves when all are gone or the time is over. */
  async drain(timeoutMs: number): Promise<void> {
    this.handle({ type: 'drain' });
    await this.#links.empty(timeoutMs);
  }

  close(): void {
    this.#loop.close();
  }

  #apply(output: ProxyOutput<ProxyUpstream>): void {
    const { upstreams } = this.#edge;
    switch (output.type) {
      case 'send':
        this.#links.send(output);
        return;
      case 'close':
        this.#links.close(output.to, output.reason);
        return;
      case 'channels':
        this.#links.setOpenChannels(output.connection, output.open);
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
        this.#edge.onEvent(output.event);
    }
  }
}
