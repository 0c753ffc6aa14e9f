import { ConnectionGate, DEFAULT_CONNECTION_LIMITS } from '@stratumkit/connection';
import type { TranslatorEvent, TranslatorInput, TranslatorOutput, WorkUpstream } from '@stratumkit/roles';
import type { LineEvent } from '@stratumkit/sv1';
import type { MinerBook } from '../invariants/minerBook.ts';
import type { Host, Incoming } from '../network/host.ts';
import { LineEndpoint } from '../network/lineEndpoint.ts';
import type { TranslatorNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import type { TranslatorMachine } from './modules.ts';
import { RelayProcess } from './relayProcess.ts';

const EXTRANONCE2_SIZE = 4;
const KEEPALIVE_MS = 60_000;

/** Shares that the translator handed on in this life, and what became of them by its own events. */
interface Account {
  accepted: number;
  refused: number;
  unknown: number;
}

/** A translator on its machine: lines below, an SV2 connection above, put together as the translator app does it. */
export class TranslatorProcess extends RelayProcess<TranslatorInput, TranslatorOutput<WorkUpstream>> {
  readonly node: TranslatorNode;
  readonly limits = DEFAULT_CONNECTION_LIMITS;
  readonly #miners = new Map<number, LineEndpoint>();
  #gate = new ConnectionGate();
  #core: TranslatorMachine | undefined;
  #account: Account = { accepted: 0, refused: 0, unknown: 0 };
  #nextConnection = 1;

  constructor(context: SimulationContext, host: Host, node: TranslatorNode) {
    super(context, host, context.world.random(`translator:${node.name}`));
    this.node = node;
  }

  get core(): TranslatorMachine | undefined {
    return this.#core;
  }

  get gate(): ConnectionGate {
    return this.#gate;
  }

  /** Connections of miners. */
  get connections(): number {
    return this.#miners.size;
  }

  protected override get machine(): TranslatorMachine | undefined {
    return this.#core;
  }

  protected override onStart(): void {
    super.onStart();
    const { settings, pow, modules } = this.context;
    const { sharesPerMinute, retargeting, minerHashrate } = settings;
    this.#gate = new ConnectionGate({ maxConnections: settings.maxConnections });
    this.#account = { accepted: 0, refused: 0, unknown: 0 };
    this.#nextConnection = 1;
    this.#core = modules.createTranslator({
      upstreams: this.workUpstreams,
      aggregateChannels: this.node.aggregate,
      extranonce2Size: EXTRANONCE2_SIZE,
      difficulty: { sharesPerMinute, minerHashrate, vardiff: retargeting },
      keepaliveMs: KEEPALIVE_MS,
      randomBytes: this.random.bytes,
      hash: pow.hash,
    });
    this.host.accept = (incoming) => this.turn(() => this.#accept(incoming));
  }

  protected override onCrash(): void {
    super.onCrash();
    this.#miners.clear();
    this.#core = undefined;
  }

  protected override onHandled(): void {
    this.upstreams.follow(this.#core!.upstream?.connection);
  }

  protected override onTick(): void {
    this.handle({ type: 'tick' });
  }

  /** What it handed on is what its upstreams took, refused or never answered: by its own account. */
  check(): void {
    if (this.#core === undefined) return;
    let waiting = 0;
    for (const { unanswered } of this.#core.sources) waiting += unanswered;
    const { accepted, refused, unknown } = this.#account;
    const { sent } = this.upstreams;
    this.context.observer.invariants.check(
      'true-answers-counted',
      sent === accepted + refused + unknown + waiting,
      () =>
        `${this.node.name} handed on ${sent} shares; ${accepted} were accepted, ${refused} refused, ${unknown} are unknown, ${waiting} wait`,
    );
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
    this.handle({ type: 'miner-connected', connection, address: from.address });
    endpoint.start();
  }

  #onMiner(event: LineEvent, endpoint: LineEndpoint): void {
    const { id: connection } = endpoint;
    if (event.type === 'line') {
      this.handle({ type: 'miner-line', connection, line: event.line });
      return;
    }
    this.removeEndpoint(endpoint);
    this.#miners.delete(connection);
    const { closes } = this.context.observer.statistics;
    closes[event.cause] = (closes[event.cause] ?? 0) + 1;
    this.handle({ type: 'miner-disconnected', connection });
  }

  protected override apply(output: TranslatorOutput<WorkUpstream>): void {
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
      case 'event':
        this.#observe(output.event);
        return;
      default:
        this.applyUpstream(output);
    }
  }

  #observe(event: TranslatorEvent): void {
    const { shares, statistics } = this.context.observer;
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
    return endpoint === undefined ? undefined : this.context.observer.minerBook(endpoint.side.wire.id);
  }
}
