import type { Now } from '@stratumkit/codec';
import type { ConnectionEvent } from '@stratumkit/connection';
import type { ProxyCore, ProxyInput, ProxyOutput } from '@stratumkit/roles';
import { TickTimer } from '@stratumkit/runtime';
import type { Link } from '@stratumkit/transport';
import type { ProxyAppEvent } from './events.ts';
import type { ProxyUpstream } from './options.ts';
import type { UpstreamLinks } from './upstreamLinks.ts';

type DownstreamLink = Link<'mining'>;

export interface ProxyEdge {
  readonly clock: () => Now;
  readonly upstreams: UpstreamLinks;
  onEvent(event: ProxyAppEvent): void;
}

/** Joins sockets and core. */
export class ProxyMachine {
  readonly #core: ProxyCore<ProxyUpstream>;
  readonly #edge: ProxyEdge;
  readonly #links = new Map<number, DownstreamLink>();
  readonly #inputs: ProxyInput[] = [];
  readonly #timer: TickTimer;
  #isHandling = false;
  #isClosed = false;
  #onEmpty: (() => void) | undefined;

  constructor(core: ProxyCore<ProxyUpstream>, edge: ProxyEdge) {
    this.#core = core;
    this.#edge = edge;
    this.#timer = new TickTimer(edge.clock, () => this.handle({ type: 'tick' }));
  }

  receive(event: ConnectionEvent<'mining'>, link: DownstreamLink): void {
    const { id: connection } = link;
    switch (event.type) {
      case 'ready': {
        this.#links.set(connection, link);
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
        if (this.#links.delete(connection)) this.handle({ type: 'disconnected', connection });
        if (this.#links.size === 0) this.#onEmpty?.();
    }
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. */
  handle(input: ProxyInput): void {
    if (this.#isClosed) return;
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        for (const output of this.#core.handle(next, this.#edge.clock())) this.#apply(output);
    } finally {
      this.#isHandling = false;
    }
    this.#timer.schedule(this.#core.deadline);
  }

  /** Answers open shares, closes channels and connections; resolves when all are gone or the time is over. */
  async drain(timeoutMs: number): Promise<void> {
    this.handle({ type: 'drain' });
    if (this.#links.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.close();
  }

  #apply(output: ProxyOutput<ProxyUpstream>): void {
    const { upstreams } = this.#edge;
    switch (output.type) {
      case 'send': {
        const { frame, kind, channelId } = output;
        const options = channelId === undefined ? { kind } : { kind, channelId };
        for (const connection of output.to) this.#links.get(connection)?.send(frame, options);
        return;
      }
      case 'close':
        this.#links.get(output.to)?.close('role-decision', { reason: output.reason });
        return;
      case 'channels':
        this.#links.get(output.connection)?.setOpenChannels(output.open);
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
