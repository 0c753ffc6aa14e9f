import { displayHash, type HashBackend } from '@stratumkit/bitcoin';
import { ConfigError, type Now, RemoteError, UsageError } from '@stratumkit/codec';
import {
  type BlockPacer,
  createTemplate,
  Mempool,
  mineBlock,
  premine,
  RegtestChain,
  TransactionGenerator,
} from '@stratumkit/regtest';
import type { SubmitBlockOutput } from '@stratumkit/roles';
import type { DataDirectory } from './dataDirectory.ts';
import type { BlockEvent } from './events.ts';
import type { RegtestChainSource } from './options.ts';
import { createPacer } from './pace.ts';
import type { FoundBlock, SourceSink, TemplateSource } from './source.ts';

export interface RegtestSourceModules {
  readonly clock: () => Now;
  readonly hash: HashBackend;
  /** Undefined keeps the chain in memory only. */
  readonly dataDirectory: DataDirectory | undefined;
}

const TICK_MS = 200;
/** How often a changed mempool is looked at for a new template. */
const REFRESH_MS = 1_000;
const MAXIMUM_TRANSACTIONS_PER_TICK = 500;
const MAXIMUM_FIRST_TRANSACTIONS = 200;

/** Templates from a regtest chain in this process. */
export class RegtestSource implements TemplateSource {
  readonly #options: RegtestChainSource;
  readonly #clock: () => Now;
  readonly #data: DataDirectory | undefined;
  readonly #chain: RegtestChain;
  readonly #mempool: Mempool;
  readonly #pacer: BlockPacer;
  readonly #generator: TransactionGenerator;
  #sink: SourceSink | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #tickedAt = 0;
  #refreshedAt = 0;
  #owedTransactions = 0;
  #isChanged = false;
  #clients = 0;

  constructor(options: RegtestChainSource, { clock, hash, dataDirectory }: RegtestSourceModules) {
    this.#options = options;
    this.#clock = clock;
    this.#data = dataDirectory;
    this.#chain = new RegtestChain({ hash });
    this.#mempool = new Mempool(this.#chain);
    this.#generator = new TransactionGenerator(this.#chain, this.#mempool, { seed: options.seed });
    this.#pacer = createPacer(options, clock());
  }

  async start(sink: SourceSink): Promise<void> {
    this.#sink = sink;
    this.#openChain();
    const { transactionsPerSecond, blockInterval } = this.#options;
    this.#generate(Math.min(Math.ceil(transactionsPerSecond * blockInterval), MAXIMUM_FIRST_TRANSACTIONS));
    sink.event({ type: 'source-ready', source: 'regtest chain', height: this.#chain.height });
    this.#deliver();
    this.#tickedAt = this.#clock().monotonicMs;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Without clients nobody works: time does not count towards the next block. */
  clientsChanged(count: number): void {
    if (this.#clients === 0) this.#pacer.resume(this.#clock());
    this.#clients = count;
  }

  /** At the target of nbits, which every second hash meets: the pace of those who work goes on as before. */
  findBlock(): FoundBlock {
    const now = this.#clock();
    const template = createTemplate(this.#chain, this.#mempool, now.unixSeconds);
    const block = mineBlock(template, { hash: this.#chain.hash });
    const { reason, stored } = this.#chain.submitBlock(block, now.unixSeconds);
    if (reason !== undefined) throw new UsageError('block-refused', `the chain refuses its own block: ${reason}`);
    if (stored !== undefined) this.#save(stored);
    this.#pacer.resume(now);
    this.#deliver();
    const { height, hash } = this.#chain.tip;
    return { height, hash: displayHash(hash) };
  }

  async submitBlock({ bytes }: SubmitBlockOutput): Promise<Pick<BlockEvent, 'outcome' | 'reason'>> {
    const now = this.#clock();
    const { reason, stored, tipChanged } = this.#chain.submitBlock(bytes, now.unixSeconds);
    if (stored !== undefined) this.#save(stored);
    if (tipChanged) {
      this.#pacer.solved(now);
      this.#deliver();
    }
    if (reason === undefined) return { outcome: 'accepted', reason };
    return { outcome: reason === 'inconclusive' ? 'inconclusive' : 'rejected', reason };
  }

  async *exportBlocks(): AsyncGenerator<string> {
    for (const block of this.#chain.exportBlocks()) yield Buffer.from(block).toString('hex');
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  #openChain(): void {
    const saved = this.#data?.readBlocks() ?? [];
    try {
      this.#chain.load(saved);
    } catch (cause) {
      if (!(cause instanceof RemoteError)) throw cause;
      throw new ConfigError('blocks-file', `${this.#data?.blocksFile}: ${cause.message}`, { cause });
    }
    if (this.#chain.height > 0) return;
    for (const { stored } of premine(this.#chain, this.#mempool, this.#clock().unixSeconds)) this.#save(stored!);
  }

  /** A full disk costs the file, not the running chain. */
  #save(block: Uint8Array): void {
    try {
      this.#data?.appendBlock(block);
    } catch (error) {
      this.#sink?.event({
        type: 'storage-failed',
        path: this.#data?.blocksFile ?? '',
        message: (error as Error).message,
      });
    }
  }

  #tick(): void {
    const now = this.#clock();
    const elapsedSeconds = (now.monotonicMs - this.#tickedAt) / 1_000;
    this.#tickedAt = now.monotonicMs;
    this.#owedTransactions += elapsedSeconds * this.#options.transactionsPerSecond;
    const count = Math.min(Math.floor(this.#owedTransactions), MAXIMUM_TRANSACTIONS_PER_TICK);
    this.#owedTransactions -= Math.floor(this.#owedTransactions);
    this.#generate(count);
    if (this.#clients > 0 && this.#pacer.tick(now)) {
      this.#sink?.event({ type: 'target-eased', hashrate: this.#pacer.hashrate });
      this.#deliver();
    } else if (this.#isChanged && now.monotonicMs >= this.#refreshedAt + REFRESH_MS) this.#deliver();
  }

  #generate(count: number): void {
    for (let i = 0; i < count; i++) if (this.#generator.next() !== undefined) this.#isChanged = true;
  }

  #deliver(): void {
    const now = this.#clock();
    this.#refreshedAt = now.monotonicMs;
    this.#isChanged = false;
    const { target } = this.#pacer;
    this.#sink?.template(createTemplate(this.#chain, this.#mempool, now.unixSeconds, { target }));
  }
}
