import { bigintToTarget, MAX_TARGET, meetsTarget } from '@stratumkit/bitcoin';
import type { ShareBatch } from '@stratumkit/channels';
import {
  Connection,
  type ConnectionEvent,
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
} from '@stratumkit/connection';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import {
  createFixedPayoutPolicy,
  decideMiningSetup,
  type PoolInput,
  type PoolOutput,
  supportedMiningFlags,
  UpstreamList,
} from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import { TipWatch } from '../invariants/tipWatch.ts';
import type { SimulatedLedger } from '../ledger/diskLedger.ts';
import { SimulatedDisk } from '../ledger/simulatedDisk.ts';
import { Endpoint } from '../network/endpoint.ts';
import type { Host } from '../network/host.ts';
import type { PoolNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import { MiningPort, type MiningPortInput } from './miningPort.ts';
import { HARDEST_TARGET, MAX_HASHRATE, MIN_HASHRATE } from './miningTargets.ts';
import type { PoolMachine } from './modules.ts';
import { type CrashKind, SimProcess } from './simProcess.ts';

const MINING_SETUP = { versionRollingAllowed: true };
const SERVED_PORT = 3333;
/** Until what waited for the disk is answered. */
const DISK_RECOVERY_MS = 60_000;
/** P2WPKH. */
const PAYOUT_SCRIPT = Uint8Array.from([0x00, 0x14, ...new Array<number>(20).fill(0x42)]);

/** A pool on its machine: gate, connections, template client and ledger, put together as the pool app does it. */
export class PoolProcess extends SimProcess<PoolInput, PoolOutput> {
  readonly node: PoolNode;
  readonly disk: SimulatedDisk<ShareBatch>;
  readonly #context: SimulationContext;
  readonly #random: Prng;
  #tips = new TipWatch();
  #core: PoolMachine | undefined;
  #port: MiningPort;
  #ledger: SimulatedLedger | undefined;
  #upstreams: UpstreamList<string> | undefined;
  #templates: Endpoint<'template-distribution'> | undefined;
  #connecting = false;

  constructor(context: SimulationContext, host: Host, node: PoolNode) {
    super(context.world, host, context.onError);
    this.#context = context;
    this.node = node;
    this.#random = context.world.random(`pool:${node.name}`);
    this.disk = new SimulatedDisk(context.world, this.#random.fork('disk'), host.index, (batch) =>
      context.observer.shares.durable(host.index, batch),
    );
    this.#port = this.#createPort();
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

  get port(): MiningPort {
    return this.#port;
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
    this.#port = this.#createPort();
    this.#ledger = modules.createLedger(this.disk, () => this.turn(() => this.#settle()));
    this.#upstreams = new UpstreamList({ upstreams: this.node.upstreams, random: this.#random.fraction });
    this.#upstreams.start(this.now());
    this.#templates = undefined;
    this.#connecting = false;
    this.host.accept = (incoming) => this.turn(() => this.#port.accept(incoming));
    this.#connectTemplates();
  }

  protected override onCrash(kind: CrashKind): void {
    const { shares, solutions } = this.#context.observer;
    this.disk.crash(kind);
    shares.serverDied(this.host.index);
    solutions.poolDied(this.host.index);
    this.#port.abandon();
    this.#core = undefined;
    this.#ledger = undefined;
  }

  protected override get machine(): PoolMachine | undefined {
    return this.#core;
  }

  protected override get deadline(): number | undefined {
    const core = super.deadline;
    const upstreams = this.#connecting || this.#templates !== undefined ? undefined : this.#upstreams?.deadline;
    if (core === undefined || upstreams === undefined) return core ?? upstreams;
    return Math.min(core, upstreams);
  }

  protected override onTick(): void {
    this.#connectTemplates();
    this.handle({ type: 'tick' });
  }

  #createPort(): MiningPort {
    return new MiningPort({
      context: this.#context,
      process: this,
      random: this.#random,
      limits: { ...this.limits, ...this.#context.modules.poolConnectionLimits },
      setup: {
        side: 'server',
        supportedFlags: supportedMiningFlags(MINING_SETUP),
        policy: (request) => decideMiningSetup(request, MINING_SETUP),
        extensions: { supported: [WORKER_HASHRATE_TRACKING] },
      },
      tip: () => this.#tips.tip,
      handle: (input) => this.#receive(input),
    });
  }

  #receive(input: MiningPortInput): void {
    if (input.type === 'message') this.#noteBlock(input);
    this.handle(input);
  }

  /** A header at or below every block target that was announced for its tip is owed to a provider. */
  #noteBlock({ connection, message }: Extract<MiningPortInput, { type: 'message' }>): void {
    if (message.name !== 'SubmitSharesStandard' && message.name !== 'SubmitSharesExtended') return;
    const share = this.#port.book(connection)?.share(message.value.channelId, message.value.sequenceNumber);
    const blockTarget = share === undefined ? undefined : this.#tips.hardestTarget(share.tip);
    if (share === undefined || blockTarget === undefined || share.nonce !== message.value.nonce) return;
    if (meetsTarget(share.hash, blockTarget)) this.#context.observer.solutions.received(this.host.index, share);
  }

  protected override apply(output: PoolOutput): void {
    switch (output.type) {
      case 'send':
        this.#port.send(output);
        return;
      case 'close':
        this.#port.close(output.to, output.reason);
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
        this.#port.setOpenChannels(output.connection, output.open);
        return;
      case 'event':
        this.#observe(output.event);
        return;
    }
  }

  #settle(): void {
    for (const batchId of this.#ledger?.takeCommitted() ?? []) this.handle({ type: 'committed', batchId });
    for (const batch of this.#ledger?.takeAbandoned() ?? []) {
      this.#context.observer.shares.abandoned(this.host.index, batch);
      this.handle({ type: 'abandoned', batchId: batch.batchId });
    }
  }

  #observe(event: Extract<PoolOutput, { type: 'event' }>['event']): void {
    const { shares, statistics } = this.#context.observer;
    switch (event.type) {
      case 'share':
        shares.accepted(this.host.index, event, this.#port.book(event.connection), (tip) =>
          this.#tips.isMined(tip, event.templateId, this.#port.mayBeUntold(event.connection), this.world.nowMs),
        );
        return;
      case 'shareRejected':
        shares.rejected(event, this.#port.book(event.connection), this.#port.view(event.connection, event.channelId));
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
        this.addEndpoint(endpoint);
        endpoint.start();
      }),
    );
  }

  #onTemplates(event: ConnectionEvent<'template-distribution'>, endpoint: Endpoint<'template-distribution'>): void {
    switch (event.type) {
      case 'ready':
        this.handle({ type: 'template-connected' });
        return;
      case 'message':
        if (this.#tips.receive(event.message, this.world.nowMs)) this.#port.tipChanged();
        this.handle({ type: 'template-message', message: event.message });
        if (this.isServed) this.#upstreams?.succeeded();
        return;
      case 'closed':
        this.removeEndpoint(endpoint);
        this.#templates = undefined;
        this.#upstreams?.failed(this.now());
        this.handle({ type: 'template-lost' });
        return;
      default:
        return;
    }
  }
}
