import { workFromTarget } from '@stratumkit/bitcoin';
import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import type { DeviceEvent, DeviceInput, DeviceOutput, SearchChunk, SearchOrder } from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import { TRACE } from '../core/world.ts';
import type { ConnectionBook, FoundShare } from '../invariants/connectionBook.ts';
import { type HashKey, hashKey } from '../invariants/keys.ts';
import type { Host } from '../network/host.ts';
import type { DeviceNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import { Hostility } from './hostility.ts';
import type { DeviceMachine, SimUpstream } from './modules.ts';
import { Searcher } from './searcher.ts';
import { SimProcess } from './simProcess.ts';
import { UpstreamPort } from './upstreamPort.ts';

const POOL_PORT = 3333;
const HOSTILE_TICK_MS = 100;
/** A proxy's upstream did not answer. */
const RELAY_REFUSAL = 'no-answer';

/** A mining device, or several behind one connection, on its machine. */
export class DeviceProcess extends SimProcess {
  readonly node: DeviceNode;
  readonly hostility: Hostility | undefined;
  depth = 0;
  readonly #context: SimulationContext;
  readonly #random: Prng;
  readonly #searchers: readonly Searcher[];
  #core: DeviceMachine | undefined;
  readonly #port: UpstreamPort;
  #connection = 0;
  #upstream = '';
  #chunk: SearchChunk | undefined;
  #nonce = 0;

  constructor(context: SimulationContext, host: Host, node: DeviceNode) {
    super(context.world, host, context.onError);
    this.#context = context;
    this.node = node;
    this.#random = context.world.random(`device:${node.name}`);
    const { misbehaviour } = node;
    this.hostility =
      misbehaviour === undefined ? undefined : new Hostility(misbehaviour, this.#random.fork('hostility'));
    host.isHonest = misbehaviour === undefined;
    const headerOnly = node.channel === 'standard' && node.devices === 1;
    this.#port = new UpstreamPort({
      context,
      process: this,
      random: this.#random,
      flags: headerOnly ? MINING_SETUP_FLAGS.requiresStandardJobs : 0,
      workerTracking: node.workerTracking,
      onReady: (connection, { flags, extensions }) =>
        this.#handle({ type: 'connected', connection, flags, extensions }),
      onExtensions: (connection, extensions) => this.#handle({ type: 'extensions', connection, extensions }),
      onMessage: (connection, message) => this.#handle({ type: 'message', connection, message }),
      onClosed: (connection, reason) => this.#handle({ type: 'disconnected', connection, reason }),
    });
    this.#searchers = Array.from(
      { length: node.devices },
      (_, device) =>
        new Searcher({
          world: context.world,
          pow: context.pow,
          random: this.#random.fork(`search:${device}`),
          hashrate: node.hashrate,
          take: (count, now) => this.#core?.take(device, count, now),
          now: () => this.now(),
          turn: (action) => this.turn(action),
          onFound: (chunk, nonce) => this.#found(device, chunk, nonce),
        }),
    );
  }

  get searchers(): readonly Searcher[] {
    return this.#searchers;
  }

  get minedTips(): readonly (HashKey | undefined)[] {
    return this.#searchers.map(({ order }) => order && hashKey(order.work.tip.prevHash));
  }

  /** Name of the pool or relay it is connected to, or was last. */
  get upstream(): string {
    return this.#upstream;
  }

  /** What it was sent over its present connection. */
  get book(): ConnectionBook | undefined {
    return this.#port.book(this.#connection);
  }

  /** Finds a block at once if it has work. For blocks that come at the same moment. */
  findBlock(device: number, attempts: number): boolean {
    const blockTarget = this.#context.tipsOf(this.#upstream)?.blockTarget;
    let found = false;
    if (blockTarget === undefined) return found;
    this.turn(() => {
      const aimed = this.#searchers[device]?.aimAt(blockTarget, attempts);
      if (aimed === undefined) return;
      const { totals } = this.#context.observer.shares;
      const before = totals.found;
      this.#found(device, aimed.chunk, aimed.nonce);
      found = totals.found > before;
      if (found) totals.extraWork += workOf(aimed.chunk.target);
    });
    return found;
  }

  protected override onStart(): void {
    const { modules, pow } = this.#context;
    const { node } = this;
    this.#core = modules.createDevice({
      devices: Array.from({ length: node.devices }, (_, device) => {
        const name = node.devices === 1 ? node.name : `${node.name}.${device + 1}`;
        return { name, userIdentity: name, nominalHashrate: node.hashrate };
      }),
      upstreams: node.upstreams.map((host) => ({ host, port: POOL_PORT })),
      channel: node.channel,
      connections: node.devices === 1 ? 'each' : 'shared',
      random: this.#random.fraction,
      hash: pow.hash,
    });
    this.#handle({ type: 'start' });
    if (this.hostility !== undefined) this.#misbehave();
  }

  protected override onCrash(): void {
    this.#port.abandon();
    this.#core = undefined;
    for (const searcher of this.#searchers) searcher.search(undefined);
  }

  protected override get deadline(): number | undefined {
    return this.#core?.deadline;
  }

  protected override onTick(): void {
    this.#handle({ type: 'tick' });
  }

  #handle(input: DeviceInput): void {
    for (const output of this.#core!.handle(input, this.now())) {
      this.#apply(output);
      this.step();
    }
  }

  #apply(output: DeviceOutput<SimUpstream>): void {
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
      this.#context.observer.spaces.search(order, owner);
    }
    this.#searchers[device]!.search(order);
  }

  #found(device: number, chunk: SearchChunk, nonce: number): void {
    this.#chunk = chunk;
    this.#nonce = nonce;
    this.world.note(TRACE.found, this.host.index, nonce);
    this.#handle({ type: 'found', device, chunk, nonce });
    this.#chunk = undefined;
  }

  #observe(event: DeviceEvent): void {
    const { shares, statistics, invariants } = this.#context.observer;
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

  #noteShare(event: Extract<DeviceEvent, { type: 'shareFound' }>): void {
    const { order } = this.#searchers[event.device]!;
    const chunk = this.#chunk!;
    const { book } = this;
    if (order === undefined || book === undefined) return;
    const { work } = order;
    const share: FoundShare = {
      key: hashKey(event.hash),
      hash: event.hash,
      origin: undefined,
      next: undefined,
      accepted: undefined,
      device: this.host.index,
      isHonest: this.host.isHonest,
      channelId: work.channelId,
      sequenceNumber: event.sequenceNumber,
      jobId: event.jobId,
      tip: hashKey(work.tip.prevHash),
      work: workOf(chunk.target),
      version: chunk.version,
      ntime: chunk.ntime,
      nonce: this.#nonce,
      foundMs: this.world.nowMs,
      tipReceivedMs: this.clock.toVirtual(work.tip.receivedMs),
      tipsHeard: book.tips,
      isCounted: false,
      isRefused: false,
      state: 'sent',
    };
    book.sent(share);
    this.#context.observer.shares.found(share);
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

/** Targets live as long as their channel. */
const works = new WeakMap<Uint8Array, bigint>();

function workOf(target: Uint8Array): bigint {
  let work = works.get(target);
  if (work === undefined) {
    work = workFromTarget(target);
    works.set(target, work);
  }
  return work;
}
