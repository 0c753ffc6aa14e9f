import type { LedgerSink } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { ConnectionEvent } from '@stratumkit/connection';
import type { PoolCore, PoolInput, PoolOutput } from '@stratumkit/roles';
import { TickTimer } from '@stratumkit/runtime';
import type { Link } from '@stratumkit/transport';
import type { PoolAppEvent } from './events.ts';

type MinerLink = Link<'mining'>;

/** What the core's outputs reach besides the miners' links. */
export interface PoolEdge {
  readonly clock: () => Now;
  readonly ledger: LedgerSink;
  sendToProvider(frame: Uint8Array): void;
  dropProvider(reason: string): void;
  onEvent(event: PoolAppEvent): void;
}

/** How often a ledger that takes its time is asked. */
const LEDGER_POLL_MS = 10;

/** Joins sockets, core and ledger. */
export class PoolMachine {
  readonly #core: PoolCore;
  readonly #edge: PoolEdge;
  readonly #links = new Map<number, MinerLink>();
  readonly #inputs: PoolInput[] = [];
  readonly #timer: TickTimer;
  #isHandling = false;
  #onEmpty: (() => void) | undefined;

  constructor(core: PoolCore, edge: PoolEdge) {
    this.#core = core;
    this.#edge = edge;
    this.#timer = new TickTimer(edge.clock, () => this.handle({ type: 'tick' }));
  }

  receive(event: ConnectionEvent<'mining'>, link: MinerLink): void {
    const { id: connection } = link;
    switch (event.type) {
      case 'ready': {
        this.#links.set(connection, link);
        const { setup, extensions } = event;
        const { address } = link.remote;
        this.handle({ type: 'connected', connection, setup, extensions, address });
        break;
      }
      case 'message':
        this.handle({ type: 'message', connection, message: event.message, tlvs: event.tlvs });
        break;
      case 'extensions':
        this.handle({ type: 'extensions', connection, extensions: event.extensions });
        break;
      case 'closed':
        this.#edge.onEvent({ type: 'connectionClosed', connection, cause: event.cause });
        if (this.#links.delete(connection)) this.handle({ type: 'disconnected', connection });
        if (this.#links.size === 0) this.#onEmpty?.();
    }
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. */
  handle(input: PoolInput): void {
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const output of this.#core.handle(next, this.#edge.clock())) this.#apply(output);
        for (const batchId of this.#edge.ledger.takeCommitted()) this.#inputs.push({ type: 'committed', batchId });
      }
    } finally {
      this.#isHandling = false;
    }
    this.#schedule();
  }

  /** Acknowledges what is open, closes channels and connections; resolves when all are gone or the time is over. */
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
    this.#timer.close();
  }

  #schedule(): void {
    const { deadline, uncommittedBatches } = this.#core;
    this.#timer.schedule(deadline);
    if (uncommittedBatches > 0) this.#timer.schedule(this.#edge.clock().monotonicMs + LEDGER_POLL_MS);
  }

  #apply(output: PoolOutput): void {
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
      case 'commit':
        this.#edge.ledger.commit(output.batch);
        return;
      case 'template-send':
        this.#edge.sendToProvider(output.frame);
        return;
      case 'template-close':
        this.#edge.dropProvider(output.error.code);
        return;
      case 'event':
        this.#edge.onEvent(output.event);
    }
  }
}
