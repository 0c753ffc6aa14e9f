import { Connection, type ConnectionEvent } from '@stratumkit/connection';
import type { TemplateServerInput, TemplateServerOutput } from '@stratumkit/roles';
import type { ChainNode } from '../chain/chainNode.ts';
import type { Prng } from '../core/prng.ts';
import { Endpoint } from '../network/endpoint.ts';
import type { Host, Incoming } from '../network/host.ts';
import type { ProviderNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import type { TemplateServerMachine } from './modules.ts';
import { SimProcess } from './simProcess.ts';

/** A template's transactions are one frame of up to 4 MB; the app gives its clients this much. */
const MAXIMUM_QUEUED_BYTES = 16 * 1024 * 1024;
/** From a block's arrival at the node to its template. */
const TEMPLATE_DELAY_MS = 5;

/** A template provider beside its node. */
export class ProviderProcess extends SimProcess<TemplateServerInput, TemplateServerOutput> {
  readonly node: ProviderNode;
  readonly #context: SimulationContext;
  readonly #random: Prng;
  #chain: ChainNode | undefined;
  #server: TemplateServerMachine | undefined;
  readonly #clients = new Map<number, Endpoint<'template-distribution'>>();
  #nextConnection = 1;
  #isSourceLost = false;
  #isRefreshing = false;

  constructor(context: SimulationContext, host: Host, node: ProviderNode) {
    super(context.world, host, context.onError);
    this.#context = context;
    this.node = node;
    this.#random = context.world.random(`provider:${node.name}`);
  }

  get chain(): ChainNode {
    return this.#chain!;
  }

  /** Puts the process beside its node; once, before it starts. */
  attach(chain: ChainNode): void {
    this.#chain = chain;
    chain.listen(() => this.#refresh());
  }

  /** The node does not answer, or answers again. */
  setSourceLost(lost: boolean): void {
    this.#isSourceLost = lost;
    this.turn(() => {
      if (lost) this.handle({ type: 'source-lost' });
      else this.handle({ type: 'template', template: this.chain.template() });
    });
  }

  get isSourceLost(): boolean {
    return this.#isSourceLost;
  }

  get clients(): number {
    return this.#clients.size;
  }

  protected override onStart(): void {
    const { modules, pow } = this.#context;
    this.#server = modules.createTemplateServer({ hash: pow.hash }, this.now());
    this.#isRefreshing = false;
    this.#nextConnection = 1;
    if (!this.#isSourceLost) this.handle({ type: 'template', template: this.chain.template() });
    this.host.accept = (incoming) => this.turn(() => this.#accept(incoming));
  }

  protected override onCrash(): void {
    this.#server = undefined;
    this.#clients.clear();
  }

  protected override get machine(): TemplateServerMachine | undefined {
    return this.#server;
  }

  protected override onTick(): void {
    this.handle({ type: 'tick' });
  }

  #refresh(): void {
    if (this.#isRefreshing || !this.isAlive) return;
    this.#isRefreshing = true;
    this.later(TEMPLATE_DELAY_MS, () => {
      this.#isRefreshing = false;
      if (!this.#isSourceLost) this.handle({ type: 'template', template: this.chain.template() });
    });
  }

  #accept({ side }: Incoming): void {
    const connection = new Connection<'template-distribution'>(
      {
        protocol: 'template-distribution',
        security: this.#context.security.responder(this.#random),
        setup: { side: 'server', supportedFlags: 0, policy: () => ({ accept: true, flags: 0 }) },
        limits: { maxQueuedBytes: MAXIMUM_QUEUED_BYTES },
      },
      this.now(),
    );
    const endpoint = new Endpoint(this.#nextConnection++, side, connection, this, (event, from) =>
      this.#onClient(event, from),
    );
    this.addEndpoint(endpoint);
    endpoint.start();
  }

  #onClient(event: ConnectionEvent<'template-distribution'>, endpoint: Endpoint<'template-distribution'>): void {
    const { id: connection } = endpoint;
    switch (event.type) {
      case 'ready':
        this.#clients.set(connection, endpoint);
        this.handle({ type: 'connected', connection });
        return;
      case 'message':
        if (event.message.name === 'SubmitSolution') this.#context.observer.solutions.submitted(event.message.value);
        this.handle({ type: 'message', connection, message: event.message });
        return;
      case 'closed':
        this.removeEndpoint(endpoint);
        if (this.#clients.delete(connection)) this.handle({ type: 'disconnected', connection });
        return;
      default:
        return;
    }
  }

  protected override apply(output: TemplateServerOutput): void {
    switch (output.type) {
      case 'send': {
        const { frame, kind, channelId } = output;
        const options = channelId === undefined ? { kind } : { kind, channelId };
        for (const connection of output.to) this.#clients.get(connection)?.send(frame, options);
        return;
      }
      case 'close':
        this.#clients.get(output.to)?.close('role-decision', { reason: output.reason });
        return;
      case 'submit-block':
        this.#context.observer.solutions.judged(this.chain.submit(output.bytes, 'pool').reason);
        return;
      case 'event':
        return;
    }
  }
}
