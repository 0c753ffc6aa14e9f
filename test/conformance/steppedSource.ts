import { fastHash } from '@stratumkit/accelerate';
import { displayHash } from '@stratumkit/bitcoin';
import { createTemplate, Mempool, mineBlock, premine, RegtestChain, TransactionGenerator } from '@stratumkit/regtest';
import type { FoundBlock, SourceSink, TemplateSource } from '@stratumkit/template-provider';

/** In every template there are some. */
const NEW_TRANSACTIONS = 5;

const unixSeconds = () => Math.floor(Date.now() / 1000);

/** A regtest chain on which nothing happens unless a test says so. */
export class SteppedSource implements TemplateSource {
  readonly #chain = new RegtestChain({ hash: fastHash });
  readonly #mempool = new Mempool(this.#chain);
  readonly #generator = new TransactionGenerator(this.#chain, this.#mempool, { seed: 1 });
  readonly #target: Uint8Array;
  #sink: SourceSink | undefined;

  /** `target`: what a block's hash has to meet, as announced. */
  constructor(target: Uint8Array) {
    this.#target = target;
  }

  async start(sink: SourceSink): Promise<void> {
    this.#sink = sink;
    premine(this.#chain, this.#mempool, unixSeconds());
    this.addTransactions(NEW_TRANSACTIONS);
  }

  get height(): number {
    return this.#chain.height;
  }

  /** New transactions, and with them a new template. */
  addTransactions(count: number): void {
    for (let added = 0; added < count; added++) this.#generator.next();
    this.#deliver();
  }

  findBlock(): FoundBlock {
    const { reason } = this.#chain.submitBlock(mineBlock(this.#template(), { hash: fastHash }), unixSeconds());
    if (reason !== undefined) throw new Error(`the block was refused: ${reason}`);
    const { height, hash } = this.#chain.tip;
    this.addTransactions(NEW_TRANSACTIONS);
    return { height, hash: displayHash(hash) };
  }

  async submitBlock({ bytes }: Parameters<TemplateSource['submitBlock']>[0]) {
    const { reason, tipChanged } = this.#chain.submitBlock(bytes, unixSeconds());
    if (tipChanged) this.addTransactions(NEW_TRANSACTIONS);
    return { outcome: reason === undefined ? ('accepted' as const) : ('rejected' as const), reason };
  }

  async *exportBlocks(): AsyncGenerator<string> {}

  async close(): Promise<void> {}

  #template() {
    return createTemplate(this.#chain, this.#mempool, unixSeconds(), { target: this.#target });
  }

  #deliver(): void {
    this.#sink?.template(this.#template());
  }
}
