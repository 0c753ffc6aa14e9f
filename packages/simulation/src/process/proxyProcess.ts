import type { ConnectionLimits } from '@stratumkit/connection';
import { DEFAULT_CONNECTION_LIMITS } from '@stratumkit/connection';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import type { ConnectionId, ProxyInput, ProxyOutput, WorkUpstream } from '@stratumkit/roles';
import type { Host } from '../network/host.ts';
import type { ProxyNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import { MiningPort, type MiningPortInput } from './miningPort.ts';
import { EASIEST_TARGET, HARDEST_TARGET, MAX_HASHRATE, MIN_HASHRATE } from './miningTargets.ts';
import type { ProxyMachine } from './modules.ts';
import { RelayProcess } from './relayProcess.ts';

/** A proxy on its machine: gate, connections on both sides, and its core, put together as the proxy app does it. */
export class ProxyProcess extends RelayProcess<ProxyInput, ProxyOutput<WorkUpstream>> {
  readonly node: ProxyNode;
  #core: ProxyMachine | undefined;
  #port: MiningPort;

  constructor(context: SimulationContext, host: Host, node: ProxyNode) {
    super(context, host, context.world.random(`proxy:${node.name}`));
    this.node = node;
    this.#port = this.#createPort();
  }

  get limits(): ConnectionLimits {
    return { ...DEFAULT_CONNECTION_LIMITS, ...this.context.settings.connectionLimits };
  }

  get core(): ProxyMachine | undefined {
    return this.#core;
  }

  get port(): MiningPort {
    return this.#port;
  }

  protected override get machine(): ProxyMachine | undefined {
    return this.#core;
  }

  protected override onStart(): void {
    super.onStart();
    const { settings, pow, modules } = this.context;
    const { sharesPerMinute, shareBatchSize, retargeting } = settings;
    this.#port = this.#createPort();
    this.#core = modules.createProxy({
      upstreams: this.workUpstreams,
      mode: this.node.mode,
      targets: { sharesPerMinute, easiestTarget: EASIEST_TARGET, hardestTarget: HARDEST_TARGET },
      random: this.random.fraction,
      shareBatchSize,
      ...(retargeting
        ? { retargeting: { sharesPerMinute, minHashrate: MIN_HASHRATE, maxHashrate: MAX_HASHRATE } }
        : {}),
      hash: pow.hash,
    });
    this.host.accept = (incoming) => this.turn(() => this.#port.accept(incoming));
    this.handle({ type: 'start' });
  }

  protected override onCrash(): void {
    super.onCrash();
    this.#port.abandon();
    this.#core = undefined;
  }

  protected override onHandled(): void {
    const isAnother = this.upstreams.follow(this.#core!.upstreamConnection);
    // Each channel of a transparent proxy is told by its own upstream channel, which may have to be opened first.
    if (isAnother && this.node.mode === 'aggregating') this.#port.tipChanged();
  }

  protected override onExtensions(connection: ConnectionId, extensions: ReadonlySet<number>): void {
    this.handle({ type: 'upstream-extensions', connection, extensions });
  }

  protected override onTick(): void {
    this.handle({ type: 'tick' });
  }

  #createPort(): MiningPort {
    return new MiningPort({
      context: this.context,
      process: this,
      random: this.random,
      limits: this.limits,
      setup: {
        side: 'server',
        policy: (request) => this.#core!.decideSetup(request),
        extensions: { supported: [WORKER_HASHRATE_TRACKING] },
      },
      tip: () => this.upstreams.tip,
      // A channel of a transparent proxy stays with the upstream that is left until it is open on the next one.
      isTold: (tip) => this.node.mode === 'transparent' && this.upstreams.isKnown(tip),
      switchedMs: () => this.upstreams.switchedMs,
      movesChannels: this.node.mode === 'transparent',
      handle: (input) => this.#receive(input),
    });
  }

  #receive(input: MiningPortInput): void {
    this.handle(input);
    if (input.type === 'message') this.#checkHandedOn(input);
  }

  /** A share found on the present work that the upstream would count has been handed on, or refused. */
  #checkHandedOn({ connection, message }: Extract<MiningPortInput, { type: 'message' }>): void {
    if (message.name !== 'SubmitSharesStandard' && message.name !== 'SubmitSharesExtended') return;
    const { channelId, sequenceNumber, nonce } = message.value;
    const share = this.#port.book(connection)?.share(channelId, sequenceNumber);
    if (share?.isHonest !== true || share.nonce !== nonce) return;
    const { tip, activatedMs } = this.upstreams;
    if (share.tip !== tip || share.tipReceivedMs <= activatedMs || !this.upstreams.wants(share.hash)) return;
    this.context.observer.invariants.check(
      'relayed-work-adds-up',
      share.next !== undefined || share.isRefused,
      () => `${this.node.name} did not hand on share ${sequenceNumber} of channel ${channelId}`,
    );
  }

  protected override apply(output: ProxyOutput<WorkUpstream>): void {
    switch (output.type) {
      case 'send':
        this.#port.send(output);
        return;
      case 'close':
        this.#port.close(output.to, output.reason);
        return;
      case 'channels':
        this.#port.setOpenChannels(output.connection, output.open);
        return;
      case 'event':
        this.#observe(output.event);
        return;
      default:
        this.applyUpstream(output);
    }
  }

  #observe(event: Extract<ProxyOutput, { type: 'event' }>['event']): void {
    const { shares, statistics } = this.context.observer;
    switch (event.type) {
      case 'share':
        shares.counted(this.host.index, event, this.#port.book(event.connection));
        return;
      case 'shareRejected':
        shares.rejected(event, this.#port.book(event.connection), this.#port.view(event.connection, event.channelId));
        return;
      case 'upstreamActive':
        statistics.switches++;
        return;
      default:
        return;
    }
  }
}
