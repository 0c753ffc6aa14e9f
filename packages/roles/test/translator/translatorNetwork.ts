import { headerHash, meetsTarget, targetFromDifficulty } from '@stratumkit/bitcoin';
import type { MiningMessage } from '@stratumkit/messages';
import {
  ClientSession,
  type ClientSessionOutput,
  type ConfigureResult,
  decodeLine,
  type NotifyParams,
  type RpcError,
  type SubmitParams,
  shareHeader,
} from '@stratumkit/sv1';
import {
  TranslatorCore,
  type TranslatorCoreOptions,
  type TranslatorEvent,
  type TranslatorInput,
  type TranslatorOutput,
} from '../../src/index.ts';
import { type Client, decode, Network, type Upstream, upstream } from '../proxy/network.ts';

/** Pools, translators and SV1 miners under virtual time, in one process. */
export class TranslatorNetwork extends Network {
  readonly miners: TestMiner[] = [];

  translator(upstreams: readonly Upstream[] = [upstream('pool')], options: TranslatorTestOptions = {}): TestTranslator {
    const translator = new TestTranslator(this, upstreams, options);
    this.others.push(translator);
    return translator;
  }

  miner(translator: TestTranslator, habits: MinerHabits = {}): TestMiner {
    const miner = new TestMiner(this, translator, habits);
    this.miners.push(miner);
    this.others.push(miner);
    this.pump();
    return miner;
  }
}

/** A pool with a translator in front of it and a miner on that. */
export function connected(options: TranslatorTestOptions = {}, habits: MinerHabits = {}) {
  const network = new TranslatorNetwork();
  const pool = network.pool('pool');
  const translator = network.translator([upstream('pool')], options);
  const miner = network.miner(translator, habits);
  network.run(1);
  return { network, pool, translator, miner };
}

export interface TranslatorTestOptions extends Partial<Omit<TranslatorCoreOptions, 'upstreams'>> {
  readonly extensions?: readonly number[];
}

export class TestTranslator {
  readonly core: TranslatorCore<Upstream>;
  readonly events: TranslatorEvent[] = [];
  /** What went up, and came from there. */
  readonly up: MiningMessage[] = [];
  readonly down: MiningMessage[] = [];
  readonly #network: TranslatorNetwork;
  readonly #extensions: readonly number[];
  readonly #peers = new Map<number, TestMiner>();
  readonly #upstreamSide: Client = {
    connected: (connection, flags, extensions) =>
      this.handle({ type: 'upstream-connected', connection, flags, extensions }),
    receive: (connection, bytes) => {
      const decoded = decode(bytes);
      if ('foreign' in decoded) return;
      this.down.push(decoded.message);
      this.handle({ type: 'upstream-message', connection, message: decoded.message });
    },
    disconnected: (connection, reason) => this.handle({ type: 'upstream-disconnected', connection, reason }),
  };
  #nextConnection = 1;

  constructor(
    network: TranslatorNetwork,
    upstreams: readonly Upstream[],
    { extensions = [2], ...options }: TranslatorTestOptions,
  ) {
    this.#network = network;
    this.#extensions = extensions;
    this.core = new TranslatorCore<Upstream>({
      aggregateChannels: true,
      extranonce2Size: 4,
      difficulty: { sharesPerMinute: 6, minerHashrate: 5, vardiff: true },
      keepaliveMs: 60_000,
      randomBytes: network.randomBytes,
      ...options,
      upstreams,
    });
  }

  get deadline(): number | undefined {
    return this.core.deadline;
  }

  tick(): void {
    this.handle({ type: 'tick' });
  }

  plug(miner: TestMiner): number {
    const connection = this.#nextConnection++;
    this.#peers.set(connection, miner);
    this.handle({ type: 'miner-connected', connection, address: '192.0.2.1' });
    return connection;
  }

  unplug(connection: number): void {
    if (this.#peers.delete(connection)) this.handle({ type: 'miner-disconnected', connection });
  }

  handle(input: TranslatorInput): readonly TranslatorOutput<Upstream>[] {
    const outputs = this.core.handle(input, this.#network.now);
    for (const output of outputs) {
      switch (output.type) {
        case 'miner-send':
          for (const connection of output.to) {
            const peer = this.#peers.get(connection);
            if (peer !== undefined) this.#network.later(() => peer.receive(connection, output.line));
          }
          break;
        case 'miner-close': {
          const peer = this.#peers.get(output.to);
          this.#peers.delete(output.to);
          this.#network.later(() => peer?.closed(output.to, output.reason));
          break;
        }
        case 'connect':
          this.#network.connect(output.upstream.host, this.#upstreamSide, output.connection, 0, this.#extensions);
          break;
        case 'upstream-send': {
          const decoded = decode(output.frame);
          if (!('foreign' in decoded)) this.up.push(decoded.message);
          this.#network.toServer(this.#upstreamSide, output.connection, output.frame);
          break;
        }
        case 'upstream-close':
          this.#network.closeByClient(this.#upstreamSide, output.connection);
          break;
        case 'event':
          this.events.push(output.event);
      }
    }
    this.#network.pump();
    return outputs;
  }

  eventsOf<T extends TranslatorEvent['type']>(type: T): Extract<TranslatorEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<TranslatorEvent, { type: T }> => event.type === type);
  }

  sent<N extends MiningMessage['name']>(name: N): Extract<MiningMessage, { name: N }>[] {
    return this.up.filter((message): message is Extract<MiningMessage, { name: N }> => message.name === name);
  }
}

export interface MinerHabits {
  readonly workerName?: string;
  /** Mask asked for; undefined: no `mining.configure` at all. */
  readonly mask?: number;
  /** Hashes a second; 0 sends nothing by itself. */
  readonly hashrate?: number;
  readonly suggest?: number;
  /** Nothing is sent at the beginning. */
  readonly silent?: boolean;
  /** Connects again when it was closed, with its session. */
  readonly returns?: boolean;
}

const MAX_U32 = 0xffffffff;

/** An SV1 miner that hashes for real, and judges what it is told like a sceptical operator. */
export class TestMiner {
  readonly habits: MinerHabits;
  session: ClientSession;
  connection: number;
  /** Of the present connection. */
  readonly jobs = new Map<string, { readonly job: NotifyParams; readonly difficulty: number }>();
  readonly notified: NotifyParams[] = [];
  readonly difficulties: number[] = [];
  readonly masks: number[] = [];
  readonly lines: string[] = [];
  readonly refusals: RpcError[] = [];
  readonly closings: string[] = [];
  configured: ConfigureResult | undefined;
  authorized: boolean | undefined;
  extranonce1 = new Uint8Array(0);
  extranonce2Size = 0;
  sessionId: string | undefined;
  submitted = 0;
  accepted = 0;
  mask: number | undefined;
  readonly #network: TranslatorNetwork;
  readonly #translator: TestTranslator;
  #nonce = 0;
  #roll = 0;
  #tag = 0;

  constructor(network: TranslatorNetwork, translator: TestTranslator, habits: MinerHabits) {
    this.#network = network;
    this.#translator = translator;
    this.habits = habits;
    this.session = new ClientSession({ userAgent: 'test/1' });
    this.connection = translator.plug(this);
    if (!habits.silent) this.greet();
  }

  get workerName(): string {
    return this.habits.workerName ?? 'alice.rig';
  }

  get deadline(): undefined {
    return undefined;
  }

  tick(): void {}

  get job(): NotifyParams | undefined {
    return this.notified.at(-1);
  }

  greet(): void {
    const { mask, suggest } = this.habits;
    const { session } = this;
    if (mask !== undefined)
      this.send(session.configure({ extensions: ['version-rolling'], versionRolling: { mask, minBitCount: 2 } }));
    this.send(session.subscribe(this.sessionId));
    this.send(session.authorize(this.workerName, 'x'));
    if (suggest !== undefined) this.send(session.suggestDifficulty(suggest));
  }

  send(line: Uint8Array | string): void {
    const bytes = typeof line === 'string' ? new TextEncoder().encode(line) : line;
    const { connection } = this;
    // As a splitter cuts it: without the line feed.
    const end = bytes.at(-1) === 10 ? -1 : undefined;
    this.#network.later(() => this.#translator.handle({ type: 'miner-line', connection, line: bytes.slice(0, end) }));
    this.#network.pump();
  }

  receive(connection: number, line: Uint8Array): void {
    if (connection !== this.connection) return;
    this.lines.push(new TextDecoder().decode(line).trim());
    for (const output of this.session.handle(line.slice(0, -1))) this.#on(output);
  }

  closed(connection: number, reason: string): void {
    if (connection !== this.connection) return;
    this.closings.push(reason);
    if (this.habits.returns) this.reconnect();
  }

  unplug(): void {
    this.#translator.unplug(this.connection);
  }

  reconnect(): void {
    this.jobs.clear();
    this.session = new ClientSession({ userAgent: 'test/1' });
    this.connection = this.#translator.plug(this);
    this.greet();
  }

  /** The last answers, as the lines say. */
  answers(): { readonly id: string | undefined; readonly error: RpcError | undefined }[] {
    return this.lines.flatMap((line) => {
      const message = decodeLine(new TextEncoder().encode(line));
      return message.type === 'response' ? [{ id: message.id, error: message.error }] : [];
    });
  }

  mine(): void {
    for (let count = this.habits.hashrate ?? 5; count > 0; count--) {
      const { job } = this;
      // After a reconnect the last job is one of the connection before.
      const known = job === undefined ? undefined : this.jobs.get(job.jobId);
      if (job === undefined || known === undefined || !this.authorized) return;
      const share = this.#nextShare(job);
      if (this.meets(job, share, known.difficulty)) this.submit(share);
    }
  }

  /** Searches until there is one. */
  find(job: NotifyParams, difficulty: number, changes: Partial<SubmitParams> = {}): SubmitParams {
    for (;;) {
      const share = { ...this.#nextShare(job), ...changes };
      if (this.meets(job, share, difficulty)) return share;
    }
  }

  meets(job: NotifyParams, share: SubmitParams, difficulty: number): boolean {
    return meetsTarget(this.hashOf(job, share), targetFromDifficulty(difficulty));
  }

  hashOf(job: NotifyParams, share: SubmitParams): Uint8Array {
    const options = this.mask === undefined ? {} : { versionMask: this.mask };
    return headerHash(shareHeader(job, share, this.extranonce1, options));
  }

  submit(share: SubmitParams): void {
    this.submitted++;
    this.send(this.session.submit(share, this.#tag++));
  }

  #nextShare(job: NotifyParams): SubmitParams {
    const extranonce2 = new Uint8Array(this.extranonce2Size);
    new DataView(extranonce2.buffer).setUint16(0, this.#roll++ & 0xffff);
    this.#nonce = (this.#nonce + 7_919) % MAX_U32;
    const nonce = this.#nonce;
    const { jobId, ntime } = job;
    const share = { workerName: this.workerName, jobId, extranonce2, ntime, nonce };
    // Some bit of the mask at a time.
    return this.mask === undefined ? share : { ...share, versionBits: ((nonce << 13) & this.mask) >>> 0 };
  }

  #on(output: ClientSessionOutput): void {
    switch (output.type) {
      case 'send':
        this.send(output.line);
        break;
      case 'configured':
        this.configured = output.result;
        this.mask = output.result.versionRollingMask;
        break;
      case 'subscribed':
        this.extranonce1 = output.result.extranonce1.slice();
        this.extranonce2Size = output.result.extranonce2Size;
        this.sessionId = output.result.subscriptions[0]?.[1];
        break;
      case 'authorized':
        this.authorized = output.error === undefined;
        break;
      case 'answered':
        if (output.error === undefined) this.accepted++;
        else this.refusals.push(output.error);
        break;
      case 'difficulty':
        this.difficulties.push(output.difficulty);
        break;
      case 'versionMask':
        this.masks.push(output.mask);
        if (this.mask !== undefined) this.mask = output.mask;
        break;
      case 'job':
        if (output.job.cleanJobs) this.jobs.clear();
        this.jobs.set(output.job.jobId, { job: output.job, difficulty: this.difficulties.at(-1)! });
        this.notified.push(output.job);
        break;
      case 'fault':
        throw new Error(`the translator sent something odd: ${output.code}`);
      default:
        break;
    }
  }
}
