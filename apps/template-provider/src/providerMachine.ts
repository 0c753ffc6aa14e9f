import { displayHash } from '@stratumkit/bitcoin';
import type { ConnectionEvent } from '@stratumkit/connection';
import {
  type BlockTemplate,
  type SubmitBlockOutput,
  TemplateServer,
  type TemplateServerEvent,
  type TemplateServerInput,
  type TemplateServerOutput,
} from '@stratumkit/roles';
import { formatSocketAddress, MachineLoop } from '@stratumkit/runtime';
import { IncomingLinks, type Link } from '@stratumkit/transport';
import type { TemplateProviderEvent } from './events.ts';
import type { TemplateProviderModules } from './modules.ts';
import type { TemplateProviderOptions } from './options.ts';
import type { SourceSink, TemplateSource } from './source.ts';

/** Joins sockets, template server and source. */
export class ProviderMachine {
  readonly #source: TemplateSource;
  readonly #onEvent: (event: TemplateProviderEvent) => void;
  readonly #links = new IncomingLinks<'template-distribution'>();
  readonly #loop: MachineLoop<TemplateServerInput, TemplateServerOutput>;

  constructor(
    options: TemplateProviderOptions,
    modules: TemplateProviderModules,
    source: TemplateSource,
    onEvent: (event: TemplateProviderEvent) => void,
  ) {
    const { feeThreshold, templateIntervalMs: minimumTemplateIntervalMs } = options;
    this.#source = source;
    this.#onEvent = onEvent;
    const { clock } = modules;
    const server = new TemplateServer(
      {
        hash: modules.hash,
        firstTemplateId: modules.firstTemplateId(),
        ...(feeThreshold !== undefined && { feeThreshold }),
        ...(minimumTemplateIntervalMs !== undefined && { minimumTemplateIntervalMs }),
      },
      clock(),
    );
    this.#loop = new MachineLoop(server, { clock, apply: (output) => this.#apply(output) });
  }

  get clients(): number {
    return this.#links.size;
  }

  readonly sink: SourceSink = {
    template: (template: BlockTemplate) => this.#loop.handle({ type: 'template', template }),
    lost: () => this.#loop.handle({ type: 'source-lost' }),
    event: (event) => this.#onEvent(event),
  };

  receive(event: ConnectionEvent<'template-distribution'>, link: Link<'template-distribution'>): void {
    const { id: connection } = link;
    const address = formatSocketAddress({ host: link.remote.address, port: link.remote.port });
    switch (event.type) {
      case 'ready':
        this.#links.add(link);
        this.#source.clientsChanged?.(this.#links.size);
        this.#onEvent({ type: 'client-connected', client: connection, address, vendor: event.setup.vendor });
        this.#loop.handle({ type: 'connected', connection });
        break;
      case 'message':
        this.#loop.handle({ type: 'message', connection, message: event.message });
        break;
      case 'closed':
        this.#onEvent({ type: 'client-closed', client: connection, address, cause: event.cause });
        if (!this.#links.remove(connection)) break;
        this.#source.clientsChanged?.(this.#links.size);
        this.#loop.handle({ type: 'disconnected', connection });
        break;
    }
  }

  close(): void {
    this.#loop.close();
  }

  #apply(output: TemplateServerOutput): void {
    switch (output.type) {
      case 'send':
        this.#links.send(output);
        break;
      case 'close':
        this.#links.close(output.to, output.reason);
        break;
      case 'submit-block':
        void this.#submit(output);
        break;
      case 'event':
        this.#onEvent(describe(output.event));
        break;
    }
  }

  async #submit(block: SubmitBlockOutput): Promise<void> {
    // One block that cannot be handed in must not end the provider.
    const { outcome, reason } = await this.#source.submitBlock(block).catch((error: Error) => ({
      outcome: 'rejected' as const,
      reason: error.message,
    }));
    const { height, connection: client } = block;
    this.#onEvent({ type: 'block', height, hash: displayHash(block.hash), client, outcome, reason });
  }
}

function describe(event: TemplateServerEvent): TemplateProviderEvent {
  switch (event.type) {
    case 'tip':
      return { type: 'tip', height: event.height - 1, hash: displayHash(event.prevHash) };
    case 'template':
      return event;
    case 'constraints': {
      const { maxAdditionalSize: size, maxAdditionalSigops: sigops } = event.constraints;
      return { type: 'client-constraints', client: event.connection, size, sigops };
    }
    case 'solution': {
      const { connection: client, height, stale } = event;
      return { type: 'solution', client, height, hash: displayHash(event.hash), stale };
    }
    case 'solution-refused':
    case 'transaction-data-refused': {
      const { connection: client, ...rest } = event;
      return { ...rest, client } as TemplateProviderEvent;
    }
  }
}
