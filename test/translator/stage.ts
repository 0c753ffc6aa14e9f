import { headerHash, meetsTarget, targetFromDifficulty } from '@stratumkit/bitcoin';
import { createPool, type Pool, type PoolAppEvent } from '@stratumkit/pool';
import { Resources, randomBytes } from '@stratumkit/runtime';
import {
  ClientSession,
  type ClientSessionOutput,
  type NotifyParams,
  type RpcError,
  shareHeader,
} from '@stratumkit/sv1';
import { createTemplateProvider } from '@stratumkit/template-provider';
import {
  createTranslator,
  defaultModules,
  type Translator,
  type TranslatorAppEvent,
  type TranslatorOptions,
} from '@stratumkit/translator';
import { connectLines, type LineLink } from '@stratumkit/transport';

const HOST = '127.0.0.1';

/** Wakes whoever waits for something to have happened. */
export class Happenings {
  readonly #waiting = new Set<() => void>();

  happened(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }
}

/** A regtest chain, a pool and a translator on sockets of this machine, encrypted where Stratum V2 is spoken. */
export class Stage extends Happenings {
  readonly poolEvents: PoolAppEvent[] = [];
  readonly events: TranslatorAppEvent[] = [];
  readonly resources = new Resources();
  pool!: Pool;
  translator!: Translator;

  static async start(options: Partial<TranslatorOptions> = {}): Promise<Stage> {
    const stage = new Stage();
    const { resources } = stage;
    const provider = await createTemplateProvider({
      listen: { host: HOST, port: 0 },
      source: { type: 'regtest', blockInterval: 3_600, expectedHashrate: 20_000, transactionsPerSecond: 1, seed: 1 },
      insecure: true,
    });
    resources.add('provider', () => provider.close());
    const authoritySecretKey = randomBytes(32);
    stage.pool = await createPool(
      {
        listen: { host: HOST, port: 0 },
        templateProvider: provider.address,
        templateProviderSecurity: 'plain',
        authoritySecretKey,
        network: 'regtest',
        coinbaseRewardScript: Uint8Array.of(0x51),
        sharesPerMinute: 600,
        minHashrate: 1,
        vardiff: false,
        shareBatchSize: 1,
      },
      undefined,
      (event) => {
        stage.poolEvents.push(event);
        stage.happened();
      },
    );
    resources.add('pool', () => stage.pool.close());
    stage.translator = await createTranslator(
      {
        listen: { host: HOST, port: 0 },
        upstreams: [{ ...stage.pool.address, userIdentity: 'farm' }],
        security: 'unverified',
        aggregateChannels: true,
        // Every few hundred hashes are a share.
        difficulty: { sharesPerMinute: 600, minerHashrate: 500, vardiff: true },
        ...options,
      },
      defaultModules,
      (event) => {
        stage.events.push(event);
        stage.happened();
      },
    );
    resources.add('translator', () => stage.translator.close());
    return stage;
  }

  async miner(workerName: string, mask?: number): Promise<Sv1Client> {
    const miner = await Sv1Client.connect(this.translator.address);
    this.resources.add(workerName, () => miner.close());
    await miner.greet(workerName, mask);
    return miner;
  }

  count(type: TranslatorAppEvent['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }

  poolCount(type: PoolAppEvent['type']): number {
    return this.poolEvents.filter((event) => event.type === type).length;
  }
}

/** An SV1 miner on a real socket that hashes for real. */
export class Sv1Client extends Happenings {
  readonly session = new ClientSession({ userAgent: 'test/1' });
  link!: LineLink;
  workerName = '';
  difficulty = 0;
  job: NotifyParams | undefined;
  jobs = 0;
  accepted = 0;
  closedBecause: string | undefined;
  readonly refusals: RpcError[] = [];
  #extranonce1 = new Uint8Array(0);
  #extranonce2Size = 0;
  #mask = 0;
  #isAuthorized = false;
  #nonce = 0;

  static async connect(address: { readonly host: string; readonly port: number }): Promise<Sv1Client> {
    const client = new Sv1Client();
    client.link = await connectLines({
      ...address,
      onEvent: (event) => {
        if (event.type === 'line') for (const output of client.session.handle(event.line)) client.#on(output);
        else client.closedBecause = event.cause;
        client.happened();
      },
    });
    return client;
  }

  async greet(workerName: string, mask?: number): Promise<void> {
    this.workerName = workerName;
    const { session, link } = this;
    if (mask !== undefined)
      link.send(session.configure({ extensions: ['version-rolling'], versionRolling: { mask, minBitCount: 0 } }));
    link.send(session.subscribe());
    link.send(session.authorize(workerName, 'x'));
    await this.until(() => this.job !== undefined && this.#isAuthorized);
  }

  /** Finds a share of the present job and hands it in; resolves with its answer. */
  async mine(): Promise<RpcError | undefined> {
    const job = this.job!;
    const target = targetFromDifficulty(this.difficulty);
    const extranonce2 = randomBytes(this.#extranonce2Size);
    const { jobId, ntime } = job;
    for (;;) {
      const nonce = this.#nonce++;
      const rolled = this.#mask === 0 ? {} : { versionBits: ((nonce << 13) & this.#mask) >>> 0 };
      const share = { workerName: this.workerName, jobId, extranonce2, ntime, nonce, ...rolled };
      const header = shareHeader(job, share, this.#extranonce1, { versionMask: this.#mask });
      if (!meetsTarget(headerHash(header), target)) continue;
      const before = this.accepted + this.refusals.length;
      this.link.send(this.session.submit(share, nonce));
      await this.until(() => this.accepted + this.refusals.length > before);
      return this.refusals.at(-1);
    }
  }

  async close(): Promise<void> {
    this.link.close('shutdown');
    await this.link.closed;
  }

  #on(output: ClientSessionOutput): void {
    switch (output.type) {
      case 'send':
        this.link.send(output.line);
        break;
      case 'configured':
        this.#mask = output.result.versionRollingMask ?? 0;
        break;
      case 'subscribed':
        this.#extranonce1 = output.result.extranonce1.slice();
        this.#extranonce2Size = output.result.extranonce2Size;
        break;
      case 'authorized':
        this.#isAuthorized = output.error === undefined;
        break;
      case 'difficulty':
        this.difficulty = output.difficulty;
        break;
      case 'job':
        this.job = output.job;
        this.jobs++;
        break;
      case 'answered':
        if (output.error === undefined) this.accepted++;
        else this.refusals.push(output.error);
        break;
      default:
        break;
    }
  }
}
