import type { LedgerSink } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { ConnectionEvent } from '@stratumkit/connection';
import type { PoolCore, PoolInput, PoolOutput } from '@stratumkit/roles';
import { MachineLoop } from '@stratumkit/runtime';
import { IncomingLinks, type Link } from '@stratumkit/transport';
import type { PoolAppEvent } from './events.ts';

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
  readonly #edge: PoolEdge;
  readonly #links = new IncomingLinks<'mining'>();
  readonly #loop: MachineLoop<PoolInput, PoolOutput>;

  constructor(core: PoolCore, edge: PoolEdge) {
    this.#edge = edge;
    const { clock, ledger } = edge;
    this.#loop = new MachineLoop(core, {
      clock,
      apply: (output) => this.#apply(output),
      followUps: () => ledger.takeCommitted().map((batchId) => ({ type: 'committed' as const, batchId })),
      deadline: () => (core.uncommittedBatches > 0 ? clock().monotonicMs + LEDGER_POLL_MS : undefined),
    });
  }

  receive(event: ConnectionEvent<'mining'>, link: Link<'mining'>): void {
    const { id: connection } = link;
    switch (event.type) {
      case 'ready': {
        this.#links.add(link);
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
        if (this.#links.remove(connection)) this.handle({ type: 'disconnected', connection });
    }
  }

  handle(input: PoolInput): void {
    this.#loop.handle(input);
  }

  /** Acknowledges what is open, closes channels and connections; resolves when all are gone or the time is over. */
  async drain(timeoutMs: number): Promise<void> {
    this.handle({ type: 'drain' });
    await this.#links.empty(timeoutMs);
  }

  close(): void {
    this.#loop.close();
  }

  #apply(output: PoolOutput): void {
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
