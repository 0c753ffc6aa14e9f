import { ConnectionGate, DEFAULT_CONNECTION_LIMITS } from '@stratumkit/connection';
import type { TranslatorEvent, TranslatorInput, TranslatorOutput, WorkUpstream } from '@stratumkit/roles';
import type { LineEvent } from '@stratumkit/sv1';
import type { Prng } from '../core/prng.ts';
import type { MinerBook } from '../invariants/minerBook.ts';
import type { Host, Incoming } from '../network/host.ts';
import { LineEndpoint } from '../network/lineEndpoint.ts';
import type { TranslatorNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import type { TranslatorMachine } from './modules.ts';
import { RelayUpstreams } from './relayUpstreams.ts';
import { SimProcess } from './simProcess.ts';

const PORT = 3333;
const EXTRANONCE2_SIZE = 4;
const KEEPALIVE_MS = 60_000;

/** Shares that the translator handed on in this life, and what became of them by its own events. */
interface Account {
  accepted: number;
  refused: number;
  unknown: number;
}

/** A translator on its machine: lines below, an SV2 connection above, put together as the translator app does it. */
export class TranslatorProcess extends SimProcess {
  readonly node: TranslatorNode;
  depth = 0;
  readonly limits = DEFAULT_CONNECTION_LIMITS;
  readonly #context: SimulationContext;
  readonly #random: Prng;
  readonly #miners = new Map<number, LineEndpoint>();
  #gate = new ConnectionGate();
  #core: TranslatorMachine | undefined;
  #upstreams: RelayUpstreams;
  #account: Account = { accepted: 0, refused: 0, unknown: 0 };
  #nextConnection = 1;
  #inputs: TranslatorInput[] = [];
  #isHandling = false;

  constructor(context: SimulationContext, host: Host, node: TranslatorNode) {
    super(context.world, host, context.onError);
    this.#context = context;
    this.node = node;
    this.#random = context.world.random(`translator:${node.name}`);
    host.isRelay = true;
    this.#upstreams = this.#createUpstreams();
  }

  get core(): TranslatorMachine | undefined {
    return this.#core;
  }

  get upstreams(): RelayUpstreams {
    return this.#upstreams;
  }

  get gate(): ConnectionGate {
    return this.#gate;
  }

  /** Connections of miners. */
  get connections(): number {
    return this.#miners.size;
  }

  protected override onStart(): void {
    const { settings, pow, modules } = this.#context;
    const { sharesPerMinute, retargeting, minerHashrate } = settings;
    this.#gate = new ConnectionGate({ maxConnections: settings.maxConnections });
    this.#upstreams = this.#createUpstreams();
    this.#account = { accepted: 0, refused: 0, unknown: 0 };
    this.#nextConnection = 1;
    this.#core = modules.createTranslator({
      upstreams: this.node.upstreams.map((host): WorkUpstream => ({ host, port: PORT, userIdentity: this.node.name })),
      aggregateChannels: this.node.aggregate,
      extranonce2Size: EXTRANONCE2_SIZE,
      difficulty: { sharesPerMinute, minerHashrate, vardiff: retargeting },
      keepaliveMs: KEEPALIVE_MS,
      randomBytes: this.#random.bytes,
      hash: pow.hash,
    });
    this.host.accept = (incoming) => this.turn(() => this.#accept(incoming));
  }

  protected override onCrash(): void {
    this.#context.observer.shares.serverDied(this.host.index);
    this.#upstreams.port.abandon();
    this.#upstreams.follow(undefined);
    this.#miners.clear();
    this.#core = undefined;
    this.#inputs = [];
    this.#isHandling = false;
  }

  protected override get deadline(): number | undefined {
    return this.#core?.deadline;
  }

  protected override onTick(): void {
    this.#handle({ type: 'tick' });
  }

  /** What it handed on is what its upstreams took, refused or never answered: by its own account. */
  check(): void {
    if (this.#core === undefined) return;
    let waiting = 0;
    for (const { unanswered } of this.#core.sources) waiting += unanswered;
    const { accepted, refused, unknown } = this.#account;
    const { sent } = this.#upstreams;
    this.#context.observer.invariants.check(
      'true-answers-counted',
      sent === accepted + refused + unknown + waiting,
      () =>
        `${this.node.name} handed on ${sent} shares; ${accepted} were accepted, ${refused} refused, ${unknown} are unknown, ${waiting} wait`,
    );
  }

  #createUpstreams(): RelayUpstreams {
    return new RelayUpstreams({
      context: this.#context,
      process: this,
      random: this.#random,
      flags: 0,
      workerTracking: true,
      onReady: (connection, { flags, extensions }) =>
        this.#handle({ type: 'upstream-connected', connection, flags, extensions }),
      onExtensions: () => undefined,
      onMessage: (connection, message) => this.#handle({ type: 'upstream-message', connection, message }),
      onClosed: (connection, reason) => this.#handle({ type: 'upstream-disconnected', connection, reason }),
    });
  }

  #accept({ side, from }: Incoming): void {
    const permit = this.#gate.admit(from.address);
    if (!permit.admitted) {
      side.abandon(true);
      return;
    }
    const connection = this.#nextConnection++;
    const endpoint = new LineEndpoint(connection, side, this, (event, from) => {
      if (event.type === 'closed') permit.release();
      this.#onMiner(event, from);
    });
    permit.established();
    this.addEndpoint(endpoint);
    this.#miners.set(connection, endpoint);
    this.#handle({ type: 'miner-connected', connection, address: from.address });
    endpoint.start();
  }

  #onMiner(event: LineEvent, endpoint: LineEndpoint): void {
    const { id: connection } = endpoint;
    if (event.type === 'line') {
      this.#handle({ type: 'miner-line', connection, line: event.line });
      return;
    }
    this.removeEndpoint(endpoint);
    this.#miners.delete(connection);
    const { closes } = this.#context.observer.statistics;
    closes[event.cause] = (closes[event.cause] ?? 0) + 1;
    this.#handle({ type: 'miner-disconnected', connection });
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. */
  #handle(input: TranslatorInput): void {
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        const outputs = this.#core!.handle(next, this.now());
        this.#upstreams.follow(this.#core!.upstream?.connection);
        for (const output of outputs) {
          this.#apply(output);
          this.step();
        }
      }
    } finally {
      this.#isHandling = false;
    }
  }

  #apply(output: TranslatorOutput<WorkUpstream>): void {
    switch (output.type) {
      case 'miner-send':
        for (const connection of output.to) {
          this.#book(connection)?.told(output.line, this.world.nowMs);
          this.#miners.get(connection)?.send(output.line);
        }
        return;
      case 'miner-close':
        this.#miners.get(output.to)?.close(output.reason);
        return;
      case 'connect':
        this.#upstreams.port.connect(output.connection, output.upstream);
        return;
      case 'upstream-send':
        this.#upstreams.send(output.connection, output.frame, output.kind);
        return;
      case 'upstream-close':
        this.#upstreams.port.close(output.connection, output.reason);
        return;
      case 'upstream-channels':
        this.#upstreams.port.setOpenChannels(output.connection, output.open);
        return;
      case 'event':
        this.#observe(output.event);
    }
  }

  #observe(event: TranslatorEvent): void {
    const { shares, statistics } = this.#context.observer;
    switch (event.type) {
      case 'share':
        shares.translated(this.host.index, event, this.#book(event.connection));
        return;
      case 'shareRefused':
        shares.totals.rejected[event.refusal] = (shares.totals.rejected[event.refusal] ?? 0) + 1;
        return;
      case 'upstreamAccepted':
        this.#account.accepted += event.shares;
        return;
      case 'upstreamRefused':
        this.#account.refused++;
        return;
      case 'sharesUnknown':
        this.#account.unknown += event.shares;
        return;
      case 'shareGap':
        this.#account.unknown += Math.max(0, event.answered - event.counted);
        return;
      case 'difficulty':
        statistics.retargets++;
        return;
      case 'upstreamActive':
        statistics.switches++;
        return;
      default:
        return;
    }
  }

  #book(connection: number): MinerBook | undefined {
    const endpoint = this.#miners.get(connection);
    return endpoint === undefined ? undefined : this.#context.observer.minerBook(endpoint.side.wire.id);
  }
}
