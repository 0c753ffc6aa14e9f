import type { ConnectionId, TranslatorInput, TranslatorOutput, WorkUpstream } from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import type { Host } from '../network/host.ts';
import type { SimulationContext } from './context.ts';
import { RelayUpstreams } from './relayUpstreams.ts';
import { SimProcess } from './simProcess.ts';

const UPSTREAM_PORT = 3333;

/** What proxies and translators are told of their upstreams, and what they want of them. */
type UpstreamInput = Extract<
  TranslatorInput,
  { type: 'upstream-connected' | 'upstream-message' | 'upstream-disconnected' }
>;
type UpstreamOutput = Extract<
  TranslatorOutput<WorkUpstream>,
  { type: 'connect' | 'upstream-send' | 'upstream-close' | 'upstream-channels' }
>;

/** A proxy or translator on its machine: the side towards its upstreams, which is the same for both. */
export abstract class RelayProcess<Input, Output> extends SimProcess<Input | UpstreamInput, Output> {
  abstract readonly node: { readonly name: string; readonly upstreams: readonly string[] };
  depth = 0;
  protected readonly context: SimulationContext;
  protected readonly random: Prng;
  #upstreams: RelayUpstreams;

  constructor(context: SimulationContext, host: Host, random: Prng) {
    super(context.world, host, context.onError);
    this.context = context;
    this.random = random;
    host.isRelay = true;
    this.#upstreams = this.#createUpstreams();
  }

  get upstreams(): RelayUpstreams {
    return this.#upstreams;
  }

  protected get workUpstreams(): readonly WorkUpstream[] {
    const { name, upstreams } = this.node;
    return upstreams.map((host) => ({ host, port: UPSTREAM_PORT, userIdentity: name }));
  }

  protected override onStart(): void {
    this.#upstreams = this.#createUpstreams();
  }

  protected override onCrash(): void {
    this.context.observer.shares.serverDied(this.host.index);
    this.#upstreams.port.abandon();
    this.#upstreams.follow(undefined);
  }

  protected onExtensions(_connection: ConnectionId, _extensions: ReadonlySet<number>): void {}

  protected applyUpstream(output: UpstreamOutput): void {
    const { port } = this.#upstreams;
    switch (output.type) {
      case 'connect':
        port.connect(output.connection, output.upstream);
        return;
      case 'upstream-send':
        this.#upstreams.send(output.connection, output.frame, output.kind);
        return;
      case 'upstream-close':
        port.close(output.connection, output.reason);
        return;
      case 'upstream-channels':
        port.setOpenChannels(output.connection, output.open);
    }
  }

  #createUpstreams(): RelayUpstreams {
    return new RelayUpstreams({
      context: this.context,
      process: this,
      random: this.random,
      flags: 0,
      workerTracking: true,
      onReady: (connection, { flags, extensions }) =>
        this.handle({ type: 'upstream-connected', connection, flags, extensions }),
      onExtensions: (connection, extensions) => this.onExtensions(connection, extensions),
      onMessage: (connection, message) => this.handle({ type: 'upstream-message', connection, message }),
      onClosed: (connection, reason) => this.handle({ type: 'upstream-disconnected', connection, reason }),
    });
  }
}
