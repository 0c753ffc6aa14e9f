import { bigintToTarget, MAX_TARGET } from '@stratumkit/bitcoin';
import type { ShareBatch } from '@stratumkit/channels';
import {
  Connection,
  type ConnectionEvent,
  ConnectionGate,
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
  type Permit,
} from '@stratumkit/connection';
import { FRAME_HEADER_SIZE } from '@stratumkit/framing';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import { SetNewPrevHash, SubmitSharesSuccess } from '@stratumkit/messages/mining';
import {
  createFixedPayoutPolicy,
  decideMiningSetup,
  type PoolInput,
  type PoolOutput,
  supportedMiningFlags,
  UpstreamList,
} from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import { hashKey } from '../invariants/keys.ts';
import { TipWatch } from '../invariants/tipWatch.ts';
import type { SimulatedLedger } from '../ledger/diskLedger.ts';
import { SimulatedDisk } from '../ledger/simulatedDisk.ts';
import { Endpoint } from '../network/endpoint.ts';
import type { Host, Incoming } from '../network/host.ts';
import type { PoolNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import type { PoolMachine } from './modules.ts';
import { type CrashKind, SimProcess } from './simProcess.ts';

const MINING_SETUP = { versionRollingAllowed: true };
/** One header's nonces are enough for a share; what is aimed at must not be harder. */
const HARDEST_TARGET = bigintToTarget(MAX_TARGET >> 31n);
const MIN_HASHRATE = 10;
const MAX_HASHRATE = 100_000_000;
const SERVED_PORT = 3333;
/** Until what waited for the disk is answered. */
const DISK_RECOVERY_MS = 60_000;
/** A fan-out may be sliced, but not for longer. */
const TELL_MS = 1_000;
/** P2WPKH. */
const PAYOUT_SCRIPT = Uint8Array.from([0x00, 0x14, ...new Array<number>(20).fill(0x42)]);

/** A pool on its machine: gate, connections, template client and ledger, put together as the pool app does it. */
export class PoolProcess extends SimProcess {
  readonly node: PoolNode;
  readonly disk: SimulatedDisk<ShareBatch>;
  readonly #context: SimulationContext;
  readonly #random: Prng;
  #tips = new TipWatch();
  #core: PoolMachine | undefined;
  #gate = new ConnectionGate();
  #ledger: SimulatedLedger | undefined;
  #upstreams: UpstreamList<string> | undefined;
  #templates: Endpoint<'template-distribution'> | undefined;
  #connecting = false;
  #nextConnection = 1;
  readonly #clients = new Map<number, Endpoint<'mining'>>();
  /** Open channels by connection. */
  readonly #channels = new Map<number, number>();
  #inputs: PoolInput[] = [];
  #isHandling = false;

  constructor(context: SimulationContext, host: Host, node: PoolNode) {
    super(context.world, host, context.onError);
    this.#context = context;
    this.node = node;
    this.#random = context.world.random(`pool:${node.name}`);
    this.disk = new SimulatedDisk(context.world, this.#random.fork('disk'), host.index, (batch) =>
      context.observer.shares.durable(host.index, batch),
    );
  }

  /** The named limits in force for its connections. */
  get limits(): ConnectionLimits {
    return { ...DEFAULT_CONNECTION_LIMITS, ...this.#context.settings.connectionLimits };
  }

  get tips(): TipWatch {
    return this.#tips;
  }

  get core(): PoolMachine | undefined {
    return this.#core;
  }

  get gate(): ConnectionGate {
    return this.#gate;
  }

  get clients(): ReadonlyMap<number, Endpoint<'mining'>> {
    return this.#clients;
  }

  get channels(): ReadonlyMap<number, number> {
    return this.#channels;
  }

  /** Nothing was wrong with the disk for a while. */
  get isDiskGood(): boolean {
    return this.disk.isGood && this.world.nowMs - this.disk.repairedMs > DISK_RECOVERY_MS;
  }

  /** Has a provider that it reaches, and a tip from it. */
  get isServed(): boolean {
    return this.isAlive && this.#core?.templateState === 'serving' && this.#templates?.side.isHeard === true;
  }

  protected override onStart(): void {
    const { settings, pow, modules } = this.#context;
    this.#tips = new TipWatch();
    this.#core = modules.createPool(
      {
        payouts: createFixedPayoutPolicy(PAYOUT_SCRIPT),
        targets: {
          sharesPerMinute: settings.sharesPerMinute,
          easiestTarget: bigintToTarget(MAX_TARGET),
          hardestTarget: HARDEST_TARGET,
        },
        poolSignature: 'sim',
        serverId: this.node.serverId,
        random: this.#random.bytes,
        shareBatchSize: settings.shareBatchSize,
        ...(settings.retargeting
          ? {
              retargeting: {
                sharesPerMinute: settings.sharesPerMinute,
                minHashrate: MIN_HASHRATE,
                maxHashrate: MAX_HASHRATE,
              },
            }
          : {}),
        hash: pow.hash,
      },
      this.now(),
    );
    this.#gate = new ConnectionGate({ maxConnections: settings.maxConnections });
    this.#ledger = modules.createLedger(this.disk, () => this.turn(() => this.#settle()));
    this.#upstreams = new UpstreamList({ upstreams: this.node.upstreams, random: this.#random.fraction });
    this.#upstreams.start(this.now());
    this.#templates = undefined;
    this.#connecting = false;
    this.#nextConnection = 1;
    this.host.accept = (incoming) => this.turn(() => this.#accept(incoming));
    this.#connectTemplates();
  }

  protected override onCrash(kind: CrashKind): void {
    const { shares, solutions } = this.#context.observer;
    this.disk.crash(kind);
    shares.poolDied(this.host.index);
    solutions.poolDied(this.host.index);
    for (const endpoint of this.#clients.values()) this.#context.observer.forgetBook(endpoint.side.wire.id);
    this.#core = undefined;
    this.#ledger = undefined;
    this.#clients.clear();
    this.#channels.clear();
    this.#inputs = [];
    this.#isHandling = false;
  }

  protected override get deadline(): number | undefined {
    const core = this.#core?.deadline;
    const upstreams = this.#connecting || this.#templates !== undefined ? undefined : this.#upstreams?.deadline;
    if (core === undefined || upstreams === undefined) return core ?? upstreams;
    return Math.min(core, upstreams);
  }

  protected override onTick(): void {
    this.#connectTemplates();
    this.#handle({ type: 'tick' });
  }

  #accept({ side, from }: Incoming): void {
    const permit = this.#gate.admit(from.address);
    if (!permit.admitted) {
      side.abandon(true);
      return;
    }
    const connection = new Connection<'mining'>(
      {
        protocol: 'mining',
        security: this.#context.security.responder(this.#random),
        setup: {
          side: 'server',
          supportedFlags: supportedMiningFlags(MINING_SETUP),
          policy: (request) => decideMiningSetup(request, MINING_SETUP),
          extensions: { supported: [WORKER_HASHRATE_TRACKING] },
        },
        limits: { ...this.limits, ...this.#context.modules.poolConnectionLimits },
      },
      this.now(),
    );
    const endpoint = new Endpoint(this.#nextConnection++, side, connection, this, (event, from) =>
      this.#onClient(event, from, permit),
    );
    this.addEndpoint(endpoint as Endpoint);
    endpoint.start();
  }

  #onClient(event: ConnectionEvent<'mining'>, endpoint: Endpoint<'mining'>, permit: Permit): void {
    const { id: connection } = endpoint;
    switch (event.type) {
      case 'ready':
        permit.established();
        this.#clients.set(connection, endpoint);
        this.#handle({ type: 'connected', connection, setup: event.setup, extensions: event.extensions });
        return;
      case 'message': {
        const { message, tlvs } = event;
        if (message.name === 'SubmitSharesStandard' || message.name === 'SubmitSharesExtended') {
          const share = this.#book(connection)?.share(message.value.channelId, message.value.sequenceNumber);
          if (share?.isBlock && share.nonce === message.value.nonce)
            this.#context.observer.solutions.received(this.host.index, share);
        }
        this.#handle({ type: 'message', connection, message, tlvs });
        return;
      }
      case 'extensions':
        this.#handle({ type: 'extensions', connection, extensions: event.extensions });
        return;
      case 'closed':
        permit.release();
        this.removeEndpoint(endpoint as Endpoint);
        this.#context.observer.clientClosed(endpoint.side.wire.id, event, endpoint.side.peer.host);
        if (!this.#clients.delete(connection)) return;
        this.#channels.delete(connection);
        this.#handle({ type: 'disconnected', connection });
        this.#context.observer.shares.poolLostConnection(this.host.index, connection);
        this.#context.observer.forgetBook(endpoint.side.wire.id);
        return;
      case 'foreign':
      case 'ignored':
        return;
    }
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. */
  #handle(input: PoolInput): void {
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
        for (const output of this.#core!.handle(next, this.now())) {
          this.#apply(output);
          this.step();
        }
    } finally {
      this.#isHandling = false;
    }
  }

  #apply(output: PoolOutput): void {
    switch (output.type) {
      case 'send': {
        const { frame, kind, channelId } = output;
        this.#watch(output);
        const options = channelId === undefined ? { kind } : { kind, channelId };
        for (const connection of output.to) this.#clients.get(connection)?.send(frame, options);
        return;
      }
      case 'close':
        this.#clients.get(output.to)?.close('role-decision', { reason: output.reason });
        return;
      case 'template-send':
        this.#templates?.send(output.frame);
        return;
      case 'template-close':
        this.#context.observer.invariants.check(
          'machines-hold',
          // Lines go dead here; everything else would be the machines' fault.
          output.error.code === 'silent',
          () => `${this.node.name}: ${output.error.message}`,
        );
        this.#templates?.close('role-decision', { reason: output.error.code });
        return;
      case 'commit':
        this.#ledger?.commit(output.batch);
        this.#settle();
        return;
      case 'channels':
        this.#channels.set(output.connection, output.open);
        this.#clients.get(output.connection)?.setOpenChannels(output.open);
        return;
      case 'event':
        this.#observe(output.event);
        return;
    }
  }

  #settle(): void {
    for (const batchId of this.#ledger?.takeCommitted() ?? []) this.#handle({ type: 'committed', batchId });
    for (const batch of this.#ledger?.takeAbandoned() ?? []) {
      this.#context.observer.shares.abandoned(this.host.index, batch);
      this.#handle({ type: 'abandoned', batchId: batch.batchId });
    }
  }

  /** What goes out is checked against what came in, not against what the machine thinks. */
  #watch({ frame, kind, to }: Extract<PoolOutput, { type: 'send' }>): void {
    const { observer } = this.#context;
    if (kind === 'prevHash') {
      const { prevHash } = SetNewPrevHash.decode(frame.subarray(FRAME_HEADER_SIZE));
      const isCurrent = hashKey(prevHash) === this.#tips.tip;
      observer.invariants.check(
        'no-stale-jobs',
        isCurrent,
        () => `${this.node.name} sends SetNewPrevHash for a tip that is not the provider's`,
      );
      for (const connection of to) this.#tips.told(connection);
    } else if (kind === 'acknowledgement' && frame[2] === SubmitSharesSuccess.messageType) {
      const { channelId, newSubmitsAcceptedCount } = SubmitSharesSuccess.decode(frame.subarray(FRAME_HEADER_SIZE));
      for (const connection of to)
        observer.shares.acknowledging(this.host.index, connection, channelId, newSubmitsAcceptedCount);
    }
  }

  #observe(event: Extract<PoolOutput, { type: 'event' }>['event']): void {
    const { shares, statistics } = this.#context.observer;
    switch (event.type) {
      case 'share':
        shares.accepted(
          this.host.index,
          event,
          this.#book(event.connection),
          this.#tips.tip,
          this.#tips.isCurrent(event.templateId),
        );
        return;
      case 'shareRejected':
        shares.rejected(event, this.#book(event.connection), this.#tips, this.#channels.get(event.connection) ?? 0);
        return;
      case 'job':
        statistics.jobs++;
        return;
      case 'target':
        statistics.retargets++;
        return;
      case 'tip':
        statistics.tips++;
        return;
      default:
        return;
    }
  }

  #book(connection: number) {
    const endpoint = this.#clients.get(connection);
    return endpoint === undefined ? undefined : this.#context.observer.book(endpoint.side.wire.id);
  }

  #connectTemplates(): void {
    if (this.#connecting || this.#templates !== undefined) return;
    const upstream = this.#upstreams?.due(this.now());
    if (upstream === undefined) return;
    this.#connecting = true;
    const { boot } = this;
    const isWanted = (): boolean => this.isAlive && this.boot === boot;
    this.#context.network.connect(this.host, upstream, isWanted, (result) =>
      this.turn(() => {
        this.#connecting = false;
        if ('failed' in result) {
          this.#upstreams?.failed(this.now());
          return;
        }
        const connection = new Connection<'template-distribution'>(
          {
            protocol: 'template-distribution',
            security: this.#context.security.initiator(this.#random),
            setup: {
              side: 'client',
              request: {
                protocol: PROTOCOL_IDS['template-distribution'],
                minVersion: PROTOCOL_VERSION,
                maxVersion: PROTOCOL_VERSION,
                flags: 0,
                endpointHost: upstream,
                endpointPort: SERVED_PORT,
                vendor: 'stratumkit',
                hardwareVersion: '',
                firmware: 'sim',
                deviceId: '',
              },
            },
          },
          this.now(),
        );
        const endpoint = new Endpoint(0, result.side, connection, this, (event, from) =>
          this.#onTemplates(event, from),
        );
        this.#templates = endpoint;
        this.addEndpoint(endpoint as Endpoint);
        endpoint.start();
      }),
    );
  }

  #onTemplates(event: ConnectionEvent<'template-distribution'>, endpoint: Endpoint<'template-distribution'>): void {
    switch (event.type) {
      case 'ready':
        this.#handle({ type: 'template-connected' });
        return;
      case 'message':
        if (this.#tips.receive(event.message, this.world.nowMs)) {
          this.#tips.expect([...this.#channels].filter(([, open]) => open > 0).map(([connection]) => connection));
          const tip = this.#tips.tip;
          this.later(TELL_MS, () => this.#checkTold(tip));
        }
        this.#handle({ type: 'template-message', message: event.message });
        if (this.isServed) this.#upstreams?.succeeded();
        return;
      case 'closed':
        this.removeEndpoint(endpoint as Endpoint);
        this.#templates = undefined;
        this.#upstreams?.failed(this.now());
        this.#handle({ type: 'template-lost' });
        return;
      default:
        return;
    }
  }

  /** A while after a tip change: whoever had a channel then and has one now must have been told. */
  #checkTold(tip: number): void {
    if (this.#tips.tip !== tip) return;
    for (const connection of this.#tips.waiting) {
      const isOpen = (this.#channels.get(connection) ?? 0) > 0 && this.#clients.has(connection);
      this.#context.observer.invariants.check(
        'no-stale-jobs',
        !isOpen,
        () => `${this.node.name} never told connection ${connection} of the new tip`,
      );
    }
  }
}
