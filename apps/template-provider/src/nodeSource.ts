import { setTimeout as delay } from 'node:timers/promises';
import { displayHash } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { type NodeBlockTemplate, NodeError, type NodeNetwork, type NodeRpc } from '@stratumkit/node-rpc';
import type { BlockPacer } from '@stratumkit/regtest';
import type { SubmitBlockOutput } from '@stratumkit/roles';
import type { DataDirectory } from './dataDirectory.ts';
import type { BlockEvent } from './events.ts';
import type { BlockPace } from './options.ts';
import { createPacer } from './pace.ts';
import type { SourceSink, TemplateSource } from './source.ts';

export interface NodeSourceOptions {
  readonly network: NodeNetwork;
  /** How often fees are asked for; a new tip comes by long poll at once. */
  readonly refreshIntervalMs: number;
  /** Only for regtest. */
  readonly pace: BlockPace | undefined;
}

export interface NodeSourceModules {
  readonly rpc: NodeRpc;
  readonly clock: () => Now;
  /** Where found blocks are written before they are submitted. */
  readonly dataDirectory: DataDirectory | undefined;
}

const FIRST_RETRY_MS = 250;
const MAXIMUM_RETRY_MS = 10_000;
const MAXIMUM_PENDING_BLOCKS = 64;
/** The node cannot read the block at all: another attempt would be the same. */
const RPC_DESERIALIZATION_ERROR = -22;

/** Templates from a Bitcoin node by RPC. Waits for a node that is not there, not ready or on another network. */
export class NodeSource implements TemplateSource {
  readonly #options: NodeSourceOptions;
  readonly #rpc: NodeRpc;
  readonly #clock: () => Now;
  readonly #pacer: BlockPacer | undefined;
  #clients = 0;
  #prevHash = '';
  readonly #data: DataDirectory | undefined;
  readonly #controller = new AbortController();
  #sink: SourceSink | undefined;
  #running: Promise<void> | undefined;
  #state: 'unknown' | 'ready' | NodeError['code'] = 'unknown';
  #pendingBlocks = 0;
  #polls = 0;

  constructor(options: NodeSourceOptions, { rpc, clock, dataDirectory }: NodeSourceModules) {
    this.#options = options;
    this.#rpc = rpc;
    this.#clock = clock;
    if (options.pace !== undefined) this.#pacer = createPacer(options.pace, clock());
    this.#data = dataDirectory;
  }

  async start(sink: SourceSink): Promise<void> {
    this.#sink = sink;
    this.#running = this.#run();
  }

  clientsChanged(count: number): void {
    if (this.#clients === 0) this.#pacer?.resume(this.#clock());
    this.#clients = count;
  }

  async submitBlock(block: SubmitBlockOutput): Promise<Pick<BlockEvent, 'outcome' | 'reason'>> {
    this.#save(block);
    if (this.#pendingBlocks >= MAXIMUM_PENDING_BLOCKS)
      return { outcome: 'rejected', reason: 'too-many-pending-blocks' };
    this.#pendingBlocks += 1;
    try {
      return await this.#submit(block);
    } finally {
      this.#pendingBlocks -= 1;
    }
  }

  async *exportBlocks(): AsyncGenerator<string> {
    const count = await this.#rpc.getBlockCount();
    for (let height = 1; height <= count; height++) {
      const block = await this.#rpc.getBlock(await this.#rpc.getBlockHash(height));
      yield Buffer.from(block).toString('hex');
    }
  }

  async close(): Promise<void> {
    this.#controller.abort();
    await this.#running;
    this.#rpc.close();
  }

  get #signal(): AbortSignal {
    return this.#controller.signal;
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (!this.#signal.aborted) {
      try {
        await this.#rpc.requireNetwork(this.#options.network, { signal: this.#signal });
        await this.#follow(() => {
          retryMs = FIRST_RETRY_MS;
        });
      } catch (error) {
        if (this.#signal.aborted) return;
        this.#lost(error);
        await this.#sleep(retryMs);
        retryMs = Math.min(retryMs * 2, MAXIMUM_RETRY_MS);
      }
    }
  }

  /** Delivers templates until something fails. */
  async #follow(progress: () => void): Promise<void> {
    const signal = this.#signal;
    const first = await this.#rpc.getBlockTemplate({ signal });
    this.#deliver(first);
    progress();
    const round = new AbortController();
    const both = { signal: AbortSignal.any([signal, round.signal]) };
    try {
      await Promise.race([this.#followTip(first.longPollId, both), this.#followFees(both)]);
    } finally {
      round.abort();
    }
  }

  /**
   * One long poll at a time, left alone until the node answers: Core keeps a thread for each until then, even if nobody
   * listens any more. That the node is gone shows in {@link NodeSource.#followFees}.
   */
  async #followTip(longPollId: string | undefined, options: { signal: AbortSignal }): Promise<void> {
    for (let id = longPollId; id !== undefined; ) {
      const template = await this.#rpc.getBlockTemplate({ longPollId: id, ...options });
      this.#polls += 1;
      this.#deliver(template);
      id = template.longPollId;
    }
    await new Promise(() => undefined);
  }

  async #followFees(options: { signal: AbortSignal }): Promise<void> {
    for (;;) {
      await delay(this.#options.refreshIntervalMs, undefined, options);
      const before = this.#polls;
      const template = await this.#rpc.getBlockTemplate(options);
      // Overtaken by a long poll, whose answer is the newer one.
      if (before === this.#polls) this.#deliver(template);
    }
  }

  #deliver(template: NodeBlockTemplate): void {
    if (this.#state !== 'ready') {
      this.#state = 'ready';
      this.#sink?.event({ type: 'source-ready', source: 'node', height: template.height - 1 });
    }
    const target = this.#paceTo(template);
    this.#sink?.template({ ...template, target });
  }

  /** Every new tip counts as a block found at the target that was announced. */
  #paceTo({ prevHash, target }: NodeBlockTemplate): Uint8Array {
    const pacer = this.#pacer;
    if (pacer === undefined) return target;
    const now = this.#clock();
    const before = this.#prevHash;
    this.#prevHash = displayHash(prevHash);
    if (before !== '' && before !== this.#prevHash) pacer.solved(now);
    else if (this.#clients > 0 && pacer.tick(now))
      this.#sink?.event({ type: 'target-eased', hashrate: pacer.hashrate });
    return pacer.target;
  }

  #lost(error: unknown): void {
    if (!(error instanceof NodeError)) throw error;
    const { code, message } = error;
    if (this.#state === code) return;
    this.#state = code;
    this.#sink?.event({ type: 'source-lost', source: 'node', code, message });
    this.#sink?.lost();
  }

  /** Tries until the node has judged the block: it may be worth more than everything else here. */
  async #submit(block: SubmitBlockOutput): Promise<Pick<BlockEvent, 'outcome' | 'reason'>> {
    let retryMs = FIRST_RETRY_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        const reason = await this.#rpc.submitBlock(block.bytes);
        // Nobody else has this block: an earlier attempt counted, whose answer got lost.
        if (reason === undefined || reason === 'duplicate') return { outcome: 'accepted', reason };
        return { outcome: reason === 'inconclusive' ? 'inconclusive' : 'rejected', reason };
      } catch (error) {
        if (!(error instanceof NodeError)) throw error;
        if (error.context.rpcCode === RPC_DESERIALIZATION_ERROR) return { outcome: 'rejected', reason: error.message };
        if (this.#signal.aborted) return { outcome: 'rejected', reason: `not submitted: ${error.message}` };
        this.#sink?.event({ type: 'submit-retry', hash: displayHash(block.hash), attempt, message: error.message });
      }
      await this.#sleep(retryMs);
      retryMs = Math.min(retryMs * 2, MAXIMUM_RETRY_MS);
    }
  }

  #save({ hash, bytes }: SubmitBlockOutput): void {
    try {
      this.#data?.saveSolvedBlock(displayHash(hash), bytes);
    } catch (error) {
      this.#sink?.event({ type: 'storage-failed', path: this.#data?.path ?? '', message: (error as Error).message });
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#signal }).catch(() => undefined);
  }
}
