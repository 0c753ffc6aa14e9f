import { workFromTarget } from '@stratumkit/bitcoin';
import {
  type SearchChunk,
  SV1_PROFILES,
  type Sv1DeviceEvent,
  type Sv1DeviceInput,
  type Sv1DeviceOutput,
} from '@stratumkit/roles';
import type { LineEvent } from '@stratumkit/sv1';
import type { Prng } from '../core/prng.ts';
import { TRACE } from '../core/world.ts';
import type { FoundShare } from '../invariants/connectionBook.ts';
import { type HashKey, hashKey } from '../invariants/keys.ts';
import type { MinerBook } from '../invariants/minerBook.ts';
import type { Host } from '../network/host.ts';
import { LineEndpoint } from '../network/lineEndpoint.ts';
import type { MinerNode } from '../topology.ts';
import type { SimulationContext } from './context.ts';
import type { SimUpstream, Sv1DeviceMachine } from './modules.ts';
import { Searcher } from './searcher.ts';
import { SimProcess } from './simProcess.ts';

const PORT = 3333;
/** A miner suggests what suits its hashrate. */
const SECONDS_PER_SHARE = 10;
const HASHES_PER_DIFFICULTY = 2 ** 32;

/** An SV1 miner on its machine. */
export class MinerProcess extends SimProcess {
  readonly node: MinerNode;
  readonly hostility = undefined;
  depth = 0;
  readonly #context: SimulationContext;
  readonly #random: Prng;
  readonly #searcher: Searcher;
  #core: Sv1DeviceMachine | undefined;
  #connection: number | undefined;
  #endpoint: LineEndpoint | undefined;
  #book: MinerBook | undefined;
  #upstream = '';
  #chunk: SearchChunk | undefined;
  #nonce = 0;

  constructor(context: SimulationContext, host: Host, node: MinerNode) {
    super(context.world, host, context.onError);
    this.#context = context;
    this.node = node;
    this.#random = context.world.random(`miner:${node.name}`);
    this.#searcher = new Searcher({
      world: context.world,
      pow: context.pow,
      random: this.#random.fork('search'),
      hashrate: node.hashrate,
      take: (count, now) => this.#core?.take(0, count, now),
      now: () => this.now(),
      turn: (action) => this.turn(action),
      onFound: (chunk, nonce) => this.#found(chunk, nonce),
    });
  }

  get searchers(): readonly Searcher[] {
    return [this.#searcher];
  }

  get minedTips(): readonly (HashKey | undefined)[] {
    const { order } = this.#searcher;
    return [order && hashKey(order.work.tip.prevHash)];
  }

  get upstream(): string {
    return this.#upstream;
  }

  get book(): MinerBook | undefined {
    return this.#book;
  }

  findBlock(_device: number, attempts: number): boolean {
    const blockTarget = this.#context.tipsOf(this.#upstream)?.blockTarget;
    let found = false;
    if (blockTarget === undefined) return found;
    this.turn(() => {
      const aimed = this.#searcher.aimAt(blockTarget, attempts);
      if (aimed === undefined) return;
      const { totals } = this.#context.observer.shares;
      const before = totals.found;
      this.#found(aimed.chunk, aimed.nonce);
      // What the device is told may be harder than a block.
      found = totals.found > before;
      if (found) totals.extraWork += workFromTarget(aimed.chunk.target);
    });
    return found;
  }

  protected override onStart(): void {
    const { modules, pow } = this.#context;
    const { name, upstreams, profile, hashrate } = this.node;
    const suggestedDifficulty = (hashrate * SECONDS_PER_SHARE) / HASHES_PER_DIFFICULTY;
    this.#core = modules.createSv1Device({
      devices: [{ name, workerName: name, profile: { ...SV1_PROFILES[profile], suggestedDifficulty } }],
      upstreams: upstreams.map((host) => ({ host, port: PORT })),
      random: this.#random.fraction,
      hash: pow.hash,
    });
    this.#handle({ type: 'start' });
  }

  protected override onCrash(): void {
    this.#forget();
    this.#core = undefined;
    this.#searcher.search(undefined);
  }

  protected override get deadline(): number | undefined {
    return this.#core?.deadline;
  }

  protected override onTick(): void {
    this.#handle({ type: 'tick' });
  }

  #handle(input: Sv1DeviceInput): void {
    for (const output of this.#core!.handle(input, this.now())) {
      this.#apply(output);
      this.step();
    }
  }

  #apply(output: Sv1DeviceOutput<SimUpstream>): void {
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
      case 'search':
        // A miner that resumes its session goes on in its own space.
        if (output.order !== undefined) this.#context.observer.spaces.search(output.order, this.node.name);
        this.#searcher.search(output.order);
        return;
      case 'event':
        this.#observe(output.event);
    }
  }

  #connect(connection: number, upstream: SimUpstream): void {
    this.#forget();
    this.#connection = connection;
    this.#upstream = upstream.host;
    this.#context.observer.statistics.reconnects++;
    const { boot } = this;
    const isWanted = (): boolean => this.isAlive && this.boot === boot && this.#connection === connection;
    this.#context.network.connect(this.host, upstream.host, isWanted, (result) =>
      this.turn(() => {
        if ('failed' in result) {
          this.#connection = undefined;
          this.#handle({ type: 'disconnected', connection, reason: result.failed });
          return;
        }
        const endpoint = new LineEndpoint(connection, result.side, this, (event, from) => this.#receive(event, from));
        this.#endpoint = endpoint;
        this.#book = this.#context.observer.openMinerBook(
          result.side.wire.id,
          !SV1_PROFILES[this.node.profile].appliesDifficultyAtOnce,
        );
        this.addEndpoint(endpoint);
        this.#handle({ type: 'connected', connection });
        endpoint.start();
      }),
    );
  }

  #receive(event: LineEvent, endpoint: LineEndpoint): void {
    const isCurrent = endpoint === this.#endpoint;
    if (event.type === 'line') {
      if (!isCurrent) return;
      this.#book?.heard(event.line, this.world.nowMs);
      this.#handle({ type: 'line', connection: endpoint.id, line: event.line });
      return;
    }
    this.removeEndpoint(endpoint);
    if (!isCurrent) return;
    this.#forget();
    this.#handle({ type: 'disconnected', connection: endpoint.id, reason: event.cause });
  }

  #forget(): void {
    if (this.#book !== undefined) this.#context.observer.closeMinerBook(this.#book);
    this.#book = undefined;
    this.#endpoint = undefined;
    this.#connection = undefined;
  }

  #found(chunk: SearchChunk, nonce: number): void {
    this.#chunk = chunk;
    this.#nonce = nonce;
    this.world.note(TRACE.found, this.host.index, nonce);
    this.#handle({ type: 'found', device: 0, chunk, nonce });
    this.#chunk = undefined;
  }

  #observe(event: Sv1DeviceEvent): void {
    const { shares, invariants } = this.#context.observer;
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
    const { observer, relayOf } = this.#context;
    const profile = SV1_PROFILES[this.node.profile];
    const share = this.#book?.take(sequenceNumber);
    const relay = relayOf(this.#upstream);
    const isLate =
      share !== undefined &&
      (relay === undefined ||
        share.tip !== relay.tip ||
        share.tipsHeard < (this.#book?.cleanTold ?? 0) ||
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
    const { order } = this.#searcher;
    const chunk = this.#chunk!;
    const book = this.#book;
    if (order === undefined || book === undefined) return;
    const { tip } = order.work;
    const share: FoundShare = {
      key: hashKey(hash),
      hash,
      origin: undefined,
      next: undefined,
      accepted: undefined,
      device: this.host.index,
      isHonest: true,
      channelId: 0,
      sequenceNumber,
      jobId: chunk.jobId,
      tip: hashKey(tip.prevHash),
      work: workFromTarget(chunk.target),
      version: chunk.version,
      ntime: chunk.ntime,
      nonce: this.#nonce,
      foundMs: this.world.nowMs,
      tipReceivedMs: book.cleanHeardMs,
      tipsHeard: book.cleanHeard,
      isCounted: false,
      isRefused: false,
      state: 'sent',
    };
    book.sent(share);
    this.#context.observer.shares.found(share);
  }
}
