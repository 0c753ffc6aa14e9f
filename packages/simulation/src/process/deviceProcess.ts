import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import type { DeviceEvent, DeviceInput, DeviceOutput, SearchOrder } from '@stratumkit/roles';
import type { ConnectionBook } from '../invariants/connectionBook.ts';
import type { Host } from '../network/host.ts';
import type { DeviceNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import { Hostility } from './hostility.ts';
import { MiningProcess } from './miningProcess.ts';
import type { DeviceMachine, SimUpstream } from './modules.ts';
import { UpstreamPort } from './upstreamPort.ts';

const POOL_PORT = 3333;
const HOSTILE_TICK_MS = 100;
/** A proxy's upstream did not answer. */
const RELAY_REFUSAL = 'no-answer';

/** A mining device, or several behind one connection, on its machine. */
export class DeviceProcess extends MiningProcess<DeviceInput, DeviceOutput<SimUpstream>> {
  readonly node: DeviceNode;
  readonly hostility: Hostility | undefined;
  #core: DeviceMachine | undefined;
  readonly #port: UpstreamPort;
  #connection = 0;
  #upstream = '';

  constructor(context: SimulationContext, host: Host, node: DeviceNode) {
    const labels = Array.from({ length: node.devices }, (_, device) => `search:${device}`);
    super(context, host, context.world.random(`device:${node.name}`), node.hashrate, labels);
    this.node = node;
    const { misbehaviour } = node;
    this.hostility =
      misbehaviour === undefined ? undefined : new Hostility(misbehaviour, this.random.fork('hostility'));
    host.isHonest = misbehaviour === undefined;
    const headerOnly = node.channel === 'standard' && node.devices === 1;
    this.#port = new UpstreamPort({
      context,
      process: this,
      random: this.random,
      flags: headerOnly ? MINING_SETUP_FLAGS.requiresStandardJobs : 0,
      workerTracking: node.workerTracking,
      onReady: (connection, { flags, extensions }) => this.handle({ type: 'connected', connection, flags, extensions }),
      onExtensions: (connection, extensions) => this.handle({ type: 'extensions', connection, extensions }),
      onMessage: (connection, message) => this.handle({ type: 'message', connection, message }),
      onClosed: (connection, reason) => this.handle({ type: 'disconnected', connection, reason }),
    });
  }

  override get upstream(): string {
    return this.#upstream;
  }

  override get book(): ConnectionBook | undefined {
    return this.#port.book(this.#connection);
  }

  protected override get machine(): DeviceMachine | undefined {
    return this.#core;
  }

  protected override onStart(): void {
    const { modules, pow } = this.context;
    const { node } = this;
    this.#core = modules.createDevice({
      devices: Array.from({ length: node.devices }, (_, device) => {
        const name = node.devices === 1 ? node.name : `${node.name}.${device + 1}`;
        return { name, userIdentity: name, nominalHashrate: node.hashrate };
      }),
      upstreams: node.upstreams.map((host) => ({ host, port: POOL_PORT })),
      channel: node.channel,
      connections: node.devices === 1 ? 'each' : 'shared',
      random: this.random.fraction,
      hash: pow.hash,
    });
    this.handle({ type: 'start' });
    if (this.hostility !== undefined) this.#misbehave();
  }

  protected override onCrash(): void {
    this.#port.abandon();
    this.#core = undefined;
    super.onCrash();
  }

  protected override onTick(): void {
    this.handle({ type: 'tick' });
  }

  protected override apply(output: DeviceOutput<SimUpstream>): void {
    switch (output.type) {
      case 'send': {
        const { frame, kind, channelId, to } = output;
        const frames = this.hostility?.mangle(frame) ?? [frame];
        for (const each of frames) this.#port.send(to[0]!, each, kind, channelId);
        return;
      }
      case 'close':
        this.#port.close(output.to, output.reason);
        return;
      case 'connect':
        this.#connection = output.connection;
        this.#upstream = output.upstream.host;
        this.#port.connect(output.connection, output.upstream);
        return;
      case 'channels':
        this.#port.setOpenChannels(output.connection, output.open);
        return;
      case 'search':
        this.#search(output.device, output.order);
        return;
      case 'event':
        this.#observe(output.event);
        return;
    }
  }

  #search(device: number, order: SearchOrder | undefined): void {
    if (order !== undefined) {
      const owner = `${this.node.name}, connection ${this.boot}.${this.#connection}, channel ${order.work.channelId}`;
      this.context.observer.spaces.search(order, owner);
    }
    this.searchers[device]!.search(order);
  }

  #observe(event: DeviceEvent): void {
    const { shares, statistics, invariants } = this.context.observer;
    switch (event.type) {
      case 'shareFound':
        this.#noteShare(event);
        return;
      case 'shareDropped':
        shares.totals.dropped++;
        return;
      case 'connecting':
        statistics.reconnects++;
        return;
      case 'channelRefused':
        invariants.check(
          'neighbours-unharmed',
          this.hostility !== undefined || (event.errorCode === RELAY_REFUSAL && this.book?.server.isRelay === true),
          () => `${this.node.name} was refused a channel: ${event.errorCode}`,
        );
        return;
      default:
        return;
    }
  }

  #noteShare({ device, sequenceNumber, hash }: Extract<DeviceEvent, { type: 'shareFound' }>): void {
    const { book } = this;
    const work = this.searchers[device]!.order?.work;
    if (work === undefined || book === undefined) return;
    const share = this.createShare(sequenceNumber, hash, {
      channelId: work.channelId,
      tipReceivedMs: this.clock.toVirtual(work.tip.receivedMs),
      tipsHeard: book.tips,
    });
    if (share === undefined) return;
    book.sent(share);
    this.context.observer.shares.found(share);
  }

  #misbehave(): void {
    this.later(HOSTILE_TICK_MS, () => {
      const endpoint = this.#port.endpoint(this.#connection);
      if (endpoint !== undefined && endpoint.connection.state === 'open') {
        for (const frame of this.hostility!.burst()) endpoint.send(frame);
        const raw = this.hostility!.raw();
        if (raw !== undefined) endpoint.side.write(raw);
      }
      this.#misbehave();
    });
  }
}
