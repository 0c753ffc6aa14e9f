import { meetsTarget, workFromTarget } from '@stratumkit/bitcoin';
import { CLOSE_CAUSES, type ClosedEvent, Connection, type ConnectionEvent } from '@stratumkit/connection';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import type { DeviceEvent, DeviceInput, DeviceOutput, SearchChunk, SearchOrder } from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import { TRACE } from '../core/world.ts';
import type { ConnectionBook } from '../invariants/connectionBook.ts';
import { hashKey } from '../invariants/keys.ts';
import { Endpoint } from '../network/endpoint.ts';
import type { Host } from '../network/host.ts';
import type { DeviceNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import { Hostility } from './hostility.ts';
import type { DeviceMachine, SimUpstream } from './modules.ts';
import { Searcher } from './searcher.ts';
import { SimProcess } from './simProcess.ts';

const POOL_PORT = 3333;
const HOSTILE_TICK_MS = 100;

/** A mining device, or several behind one connection, on its machine. */
export class DeviceProcess extends SimProcess {
  readonly node: DeviceNode;
  readonly hostility: Hostility | undefined;
  readonly #context: SimulationContext;
  readonly #random: Prng;
  readonly #searchers: readonly Searcher[];
  #core: DeviceMachine | undefined;
  #connection: number | undefined;
  #endpoint: Endpoint<'mining'> | undefined;
  #book: ConnectionBook | undefined;
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

  /** Name of the pool it is connected to, or was last. */
  get upstream(): string {
    return this.#upstream;
  }

  /** What it was sent over its present connection. */
  get book(): ConnectionBook | undefined {
    return this.#book;
  }

  /** Finds a block at once if it has work. For blocks that come at the same moment. */
  findBlock(device: number, attempts: number): boolean {
    const blockTarget = this.#context.tipsOf(this.#upstream)?.blockTarget;
    let found = false;
    if (blockTarget === undefined) return found;
    this.turn(() => {
      const aimed = this.#searchers[device]?.aimAt(blockTarget, attempts);
      if (aimed === undefined) return;
      found = true;
      this.#context.observer.shares.totals.extraWork += workOf(aimed.chunk.target);
      this.#found(device, aimed.chunk, aimed.nonce);
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
    if (this.#book !== undefined) this.#context.observer.closeBook(this.#book);
    this.#book = undefined;
    this.#core = undefined;
    this.#connection = undefined;
    this.#endpoint = undefined;
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
        const { frame, kind, channelId } = output;
        const options = channelId === undefined ? { kind } : { kind, channelId };
        const frames = this.hostility?.mangle(frame) ?? [frame];
        for (const each of frames) this.#endpoint?.send(each, options);
        return;
      }
      case 'close':
        if (output.to !== this.#connection) return;
        this.#endpoint?.close('role-decision', { reason: output.reason });
        this.#forgetConnection();
        return;
      case 'connect':
        this.#connect(output.connection, output.upstream);
        return;
      case 'channels':
        this.#endpoint?.setOpenChannels(output.open);
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
          this.hostility !== undefined,
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
    if (order === undefined || this.#book === undefined) return;
    const { work } = order;
    const tip = hashKey(work.tip.prevHash);
    const blockTarget = this.#context.tipsOf(this.#upstream)?.hardestTarget(tip);
    const share = {
      key: hashKey(event.hash),
      device: this.host.index,
      isHonest: this.host.isHonest,
      channelId: work.channelId,
      sequenceNumber: event.sequenceNumber,
      jobId: event.jobId,
      tip,
      work: workOf(chunk.target),
      version: chunk.version,
      ntime: chunk.ntime,
      nonce: this.#nonce,
      foundMs: this.world.nowMs,
      tipReceivedMs: this.clock.toVirtual(work.tip.receivedMs),
      isBlock: blockTarget !== undefined && meetsTarget(event.hash, blockTarget),
      state: 'sent' as const,
    };
    this.#book.sent(share);
    this.#context.observer.shares.found(share);
  }

  #connect(connection: number, upstream: SimUpstream): void {
    this.#forgetConnection();
    this.#connection = connection;
    this.#upstream = upstream.host;
    const { boot } = this;
    const isWanted = (): boolean => this.isAlive && this.boot === boot && this.#connection === connection;
    this.#context.network.connect(this.host, upstream.host, isWanted, (result) =>
      this.turn(() => {
        if ('failed' in result) {
          this.#connection = undefined;
          this.#handle({ type: 'disconnected', connection, reason: result.failed });
          return;
        }
        const endpoint = new Endpoint(connection, result.side, this.#createConnection(upstream), this, (event, from) =>
          this.#onUpstream(event, from),
        );
        this.#endpoint = endpoint;
        this.addEndpoint(endpoint as Endpoint);
        endpoint.start();
      }),
    );
  }

  #createConnection(upstream: SimUpstream): Connection<'mining'> {
    const { node } = this;
    const headerOnly = node.channel === 'standard' && node.devices === 1;
    return new Connection(
      {
        protocol: 'mining',
        security: this.#context.security.initiator(this.#random),
        setup: {
          side: 'client',
          request: {
            protocol: PROTOCOL_IDS.mining,
            minVersion: PROTOCOL_VERSION,
            maxVersion: PROTOCOL_VERSION,
            flags: headerOnly ? MINING_SETUP_FLAGS.requiresStandardJobs : 0,
            endpointHost: upstream.host,
            endpointPort: upstream.port,
            vendor: 'stratumkit',
            hardwareVersion: 'simulated',
            firmware: 'sim',
            deviceId: '',
          },
          ...(node.workerTracking ? { extensions: { requested: [WORKER_HASHRATE_TRACKING] } } : {}),
        },
      },
      this.now(),
    );
  }

  #onUpstream(event: ConnectionEvent<'mining'>, endpoint: Endpoint<'mining'>): void {
    const connection = endpoint.id;
    const isCurrent = this.#endpoint === endpoint;
    switch (event.type) {
      case 'ready':
        if (!isCurrent) return;
        this.#book = this.#context.observer.openBook(
          endpoint.side.wire.id,
          this.host.index,
          this.hostility === undefined,
        );
        this.#handle({ type: 'connected', connection, flags: event.flags, extensions: event.extensions });
        return;
      case 'message': {
        if (!isCurrent || this.#book === undefined) return;
        const { message } = event;
        this.#context.observer.shares.answered(message, this.#book.receive(message));
        this.#handle({ type: 'message', connection, message });
        return;
      }
      case 'closed':
        this.removeEndpoint(endpoint as Endpoint);
        this.#checkClose(event);
        if (!isCurrent) return;
        this.#forgetConnection();
        this.#handle({ type: 'disconnected', connection, reason: event.cause });
        return;
      default:
        return;
    }
  }

  /** What a pool sends must never make an honest device close for a fault of the pool. */
  #checkClose({ cause, detail }: ClosedEvent): void {
    const family = CLOSE_CAUSES[cause];
    const isFault =
      family === 'limit' || family === 'refused' || (family === 'protocol' && cause !== 'peer-closed-mid-frame');
    const isViolation = cause === 'role-decision' && !LOCAL_REASONS.has(String(detail.reason));
    this.#context.observer.invariants.check(
      'neighbours-unharmed',
      this.hostility !== undefined || (!isFault && !isViolation),
      () => `${this.node.name} closed its connection: ${cause} ${JSON.stringify(detail)}`,
    );
  }

  #forgetConnection(): void {
    if (this.#book !== undefined) this.#context.observer.closeBook(this.#book);
    this.#book = undefined;
    this.#endpoint = undefined;
    this.#connection = undefined;
  }

  #misbehave(): void {
    this.later(HOSTILE_TICK_MS, () => {
      const endpoint = this.#endpoint;
      if (endpoint !== undefined && endpoint.connection.state === 'open') {
        for (const frame of this.hostility!.burst()) endpoint.send(frame);
        const raw = this.hostility!.raw();
        if (raw !== undefined) endpoint.side.write(raw);
      }
      this.#misbehave();
    });
  }
}

/** Why a device may give up a connection by itself. */
const LOCAL_REASONS: ReadonlySet<string> = new Set(['silent-upstream', 'no-work', 'channel-refused', 'reconnect']);

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
