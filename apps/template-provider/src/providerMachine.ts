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
import { formatSocketAddress } from '@stratumkit/runtime';
import type { Link } from '@stratumkit/transport';
import type { TemplateProviderEvent } from './events.ts';
import type { TemplateProviderModules } from './modules.ts';
import type { TemplateProviderOptions } from './options.ts';
import type { SourceSink, TemplateSource } from './source.ts';

type TdpLink = Link<'template-distribution'>;

/** Joins sockets, template server and source. */
export class ProviderMachine {
  readonly #modules: TemplateProviderModules;
  readonly #server: TemplateServer;
  readonly #source: TemplateSource;
  readonly #onEvent: (event: TemplateProviderEvent) => void;
  readonly #links = new Map<number, TdpLink>();
  readonly #inputs: TemplateServerInput[] = [];
  #isHandling = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    options: TemplateProviderOptions,
    modules: TemplateProviderModules,
    source: TemplateSource,
    onEvent: (event: TemplateProviderEvent) => void,
  ) {
    const { feeThreshold, templateIntervalMs: minimumTemplateIntervalMs } = options;
    this.#modules = modules;
    this.#source = source;
    this.#onEvent = onEvent;
    this.#server = new TemplateServer(
      {
        hash: modules.hash,
        firstTemplateId: modules.firstTemplateId(),
        ...(feeThreshold !== undefined && { feeThreshold }),
        ...(minimumTemplateIntervalMs !== undefined && { minimumTemplateIntervalMs }),
      },
      modules.clock(),
    );
  }

  get clients(): number {
    return this.#links.size;
  }

  readonly sink: SourceSink = {
    template: (template: BlockTemplate) => this.#handle({ type: 'template', template }),
    lost: () => this.#handle({ type: 'source-lost' }),
    event: (event) => this.#onEvent(event),
  };

  receive(event: ConnectionEvent<'template-distribution'>, link: TdpLink): void {
    const { id: connection } = link;
    const address = formatSocketAddress({ host: link.remote.address, port: link.remote.port });
    switch (event.type) {
      case 'ready':
        this.#links.set(connection, link);
        this.#source.clientsChanged?.(this.#links.size);
        this.#onEvent({ type: 'client-connected', client: connection, address, vendor: event.setup.vendor });
        this.#handle({ type: 'connected', connection });
        break;
      case 'message':
        this.#handle({ type: 'message', connection, message: event.message });
        break;
      case 'closed':
        this.#onEvent({ type: 'client-closed', client: connection, address, cause: event.cause });
        if (!this.#links.delete(connection)) break;
        this.#source.clientsChanged?.(this.#links.size);
        this.#handle({ type: 'disconnected', connection });
        break;
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. */
  #handle(input: TemplateServerInput): void {
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        for (const output of this.#server.handle(next, this.#modules.clock())) this.#apply(output);
    } finally {
      this.#isHandling = false;
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { deadline } = this.#server;
    if (deadline === undefined) return;
    const waitMs = Math.max(0, deadline - this.#modules.clock().monotonicMs);
    this.#timer = setTimeout(() => this.#handle({ type: 'tick' }), Math.ceil(waitMs));
  }

  #apply(output: TemplateServerOutput): void {
    switch (output.type) {
      case 'send': {
        const { kind, channelId } = output;
        const options = channelId === undefined ? { kind } : { kind, channelId };
        for (const connection of output.to) this.#links.get(connection)?.send(output.frame, options);
        break;
      }
      case 'close':
        this.#links.get(output.to)?.close('role-decision', { reason: output.reason });
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
