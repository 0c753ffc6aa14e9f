import { DEFAULT_CHANNEL_LIMITS } from '@stratumkit/channels';
import { SV1_PROFILES, type Sv1DeviceEvent, type Sv1DeviceInput, type Sv1DeviceOutput } from '@stratumkit/roles';
import type { LineEvent } from '@stratumkit/sv1';
import type { MinerBook } from '../invariants/minerBook.ts';
import type { Host } from '../network/host.ts';
import { LineEndpoint } from '../network/lineEndpoint.ts';
import type { MinerNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import { MiningProcess } from './miningProcess.ts';
import type { SimUpstream, Sv1DeviceMachine } from './modules.ts';

const PORT = 3333;
/** A miner suggests what suits its hashrate. */
const SECONDS_PER_SHARE = 10;
const HASHES_PER_DIFFICULTY = 2 ** 32;

/** An SV1 miner on its machine. */
export class MinerProcess extends MiningProcess<Sv1DeviceInput, Sv1DeviceOutput<SimUpstream>> {
  readonly node: MinerNode;
  #core: Sv1DeviceMachine | undefined;
  #connection: number | undefined;
  #endpoint: LineEndpoint | undefined;
  #book: MinerBook | undefined;
  #upstream = '';

  constructor(context: SimulationContext, host: Host, node: MinerNode) {
    super(context, host, context.world.random(`miner:${node.name}`), node.hashrate, ['search']);
    this.node = node;
  }

  override get upstream(): string {
    return this.#upstream;
  }

  override get book(): MinerBook | undefined {
    return this.#book;
  }

  protected override get machine(): Sv1DeviceMachine | undefined {
    return this.#core;
  }

  protected override onStart(): void {
    const { modules, pow } = this.context;
    const { name, upstreams, profile, hashrate } = this.node;
    const suggestedDifficulty = (hashrate * SECONDS_PER_SHARE) / HASHES_PER_DIFFICULTY;
    this.#core = modules.createSv1Device({
      devices: [{ name, workerName: name, profile: { ...SV1_PROFILES[profile], suggestedDifficulty } }],
      upstreams: upstreams.map((host) => ({ host, port: PORT })),
      random: this.random.fraction,
      hash: pow.hash,
    });
    this.handle({ type: 'start' });
  }

  protected override onCrash(): void {
    this.#forget();
    this.#core = undefined;
    super.onCrash();
  }

  protected override get deadline(): number | undefined {
    return this.#core?.deadline;
  }

  protected override onTick(): void {
    this.handle({ type: 'tick' });
  }

  protected override apply(output: Sv1DeviceOutput<SimUpstream>): void {
    switch (output.type) {
      case 'send':
        if (output.to === this.#connection) this.#endpoint?.send(output.line);
        return;
      case 'close':
        if (output.to !== this.#connection) return;
        this.#endpoint?.close(output.reason);
        this.#forget();
        return;
      case 'connect':
        this.#connect(output.connection, output.upstream);
        return;
      case 'probe':
        this.#probe(output.device, output.upstream);
        return;
      case 'search':
        // A miner that resumes its session goes on in its own space.
        if (output.order !== undefined) this.context.observer.spaces.search(output.order, this.node.name);
        this.searchers[0]!.search(output.order);
        return;
      case 'event':
        this.#observe(output.event);
    }
  }

  #connect(connection: number, upstream: SimUpstream): void {
    this.#forget();
    this.#connection = connection;
    this.#upstream = upstream.host;
    this.context.observer.statistics.reconnects++;
    const { boot } = this;
    const isWanted = (): boolean => this.isAlive && this.boot === boot && this.#connection === connection;
    this.context.network.connect(this.host, upstream.host, isWanted, (result) =>
      this.turn(() => {
        if ('failed' in result) {
          this.#connection = undefined;
          this.handle({ type: 'disconnected', connection, reason: result.failed });
          return;
        }
        const endpoint = new LineEndpoint(connection, result.side, this, (event, from) => this.#receive(event, from));
        this.#endpoint = endpoint;
        this.#book = this.context.observer.openMinerBook(
          result.side.wire.id,
          !SV1_PROFILES[this.node.profile].appliesDifficultyAtOnce,
        );
        this.addEndpoint(endpoint);
        this.handle({ type: 'connected', connection });
        endpoint.start();
      }),
    );
  }

  /** Connects, and goes without a byte. */
  #probe(device: number, upstream: SimUpstream): void {
    this.context.observer.statistics.probes++;
    const { boot } = this;
    const isWanted = (): boolean => this.isAlive && this.boot === boot;
    this.context.network.connect(this.host, upstream.host, isWanted, (result) =>
      this.turn(() => {
        if ('side' in result) result.side.abandon(true);
        this.handle({ type: 'probed', device, reached: 'side' in result });
      }),
    );
  }

  #receive(event: LineEvent, endpoint: LineEndpoint): void {
    const isCurrent = endpoint === this.#endpoint;
    if (event.type === 'line') {
      if (!isCurrent) return;
      this.#book?.heard(event.line, this.world.nowMs);
      this.handle({ type: 'line', connection: endpoint.id, line: event.line });
      return;
    }
    this.removeEndpoint(endpoint);
    if (!isCurrent) return;
    this.#forget();
    this.handle({ type: 'disconnected', connection: endpoint.id, reason: event.cause });
  }

  #forget(): void {
    if (this.#book !== undefined) this.context.observer.closeMinerBook(this.#book);
    this.#book = undefined;
    this.#endpoint = undefined;
    this.#connection = undefined;
  }

  #observe(event: Sv1DeviceEvent): void {
    const { shares, invariants } = this.context.observer;
    switch (event.type) {
      case 'shareFound':
        this.#noteShare(event);
        return;
      case 'shareDropped':
        shares.totals.dropped++;
        return;
      case 'shareAccepted':
        shares.answeredTrue(this.#book?.take(event.sequenceNumber), this.node.name);
        return;
      case 'shareRejected':
        this.#refused(event);
        return;
      case 'authorizeRefused':
      case 'jobDropped':
        invariants.check('neighbours-unharmed', false, () => `${this.node.name}: ${JSON.stringify(event)}`);
        return;
      default:
        return;
    }
  }

  /** What an honest miner may be told about a share: it came late, or its firmware has the habit. */
  #refused({ sequenceNumber, code, message }: Extract<Sv1DeviceEvent, { type: 'shareRejected' }>): void {
    const { observer, relayOf } = this.context;
    const profile = SV1_PROFILES[this.node.profile];
    const newerJobs = this.#book?.newerJobs(sequenceNumber) ?? 0;
    const share = this.#book?.take(sequenceNumber);
    const relay = relayOf(this.#upstream);
    const isLate =
      share !== undefined &&
      (relay === undefined ||
        share.tip !== relay.tip ||
        share.tipsHeard < (this.#book?.cleanTold ?? 0) ||
        // It was on its way for so long that its job made room for later ones.
        newerJobs >= DEFAULT_CHANNEL_LIMITS.maxLiveJobs ||
        share.tipReceivedMs <= relay.switchedMs ||
        // It has no upstream now, or was not given one since.
        (this.#book?.cleanToldMs ?? 0) <= relay.lostMs);
    if (share !== undefined) observer.shares.refused(share);
    observer.invariants.check(
      'neighbours-unharmed',
      share === undefined ||
        isLate ||
        (code === 22 && profile.startsOver) ||
        (code === 23 && profile.appliesDifficultyAtOnce),
      () =>
        `share ${sequenceNumber} of ${this.node.name} was refused: ${code} ${message}; found at ${share?.foundMs} ms on a tip of ${share?.tipReceivedMs} ms`,
    );
  }

  #noteShare({ sequenceNumber, hash }: Extract<Sv1DeviceEvent, { type: 'shareFound' }>): void {
    const book = this.#book;
    if (book === undefined) return;
    const { cleanHeardMs: tipReceivedMs, cleanHeard: tipsHeard } = book;
    const share = this.createShare(sequenceNumber, hash, { channelId: 0, tipReceivedMs, tipsHeard });
    if (share === undefined) return;
    book.sent(share);
    this.context.observer.shares.found(share);
  }
}
