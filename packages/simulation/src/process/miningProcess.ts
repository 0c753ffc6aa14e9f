import type { Now } from '@stratumkit/codec';
import type { SearchChunk } from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import { TRACE } from '../core/world.ts';
import type { FoundShare } from '../invariants/foundShare.ts';
import { type HashKey, hashKey } from '../invariants/keys.ts';
import type { Host } from '../network/host.ts';
import type { SimulationContext } from './context.ts';
import { Searcher } from './searcher.ts';
import { type Machine, SimProcess } from './simProcess.ts';

/** A nonce that was found, on its way to the machine. */
interface FoundInput {
  readonly type: 'found';
  readonly device: number;
  readonly chunk: SearchChunk;
  readonly nonce: number;
}

interface MiningMachine<Input, Output> extends Machine<Input, Output> {
  take(device: number, count: number, now: Now): SearchChunk | undefined;
}

interface MiningNode {
  readonly name: string;
  readonly upstreams: readonly string[];
  readonly hashrate: number;
}

/** A mining device of either protocol on its machine: how it searches, and what becomes of what it finds. */
export abstract class MiningProcess<Input = unknown, Output = unknown> extends SimProcess<Input | FoundInput, Output> {
  abstract readonly node: MiningNode;
  depth = 0;
  readonly searchers: readonly Searcher[];
  protected readonly context: SimulationContext;
  protected readonly random: Prng;
  #found: FoundInput | undefined;

  /** `labels`: of the search of each device. */
  constructor(context: SimulationContext, host: Host, random: Prng, hashrate: number, labels: readonly string[]) {
    super(context.world, host, context.onError);
    this.context = context;
    this.random = random;
    const { world, pow } = context;
    this.searchers = labels.map(
      (label, device) =>
        new Searcher({
          world,
          pow,
          random: random.fork(label),
          hashrate,
          take: (count, now) => this.machine?.take(device, count, now),
          now: () => this.now(),
          turn: (action) => this.turn(action),
          onFound: (chunk, nonce) => this.#find(device, chunk, nonce),
        }),
    );
  }

  /** Name of the pool or relay it is connected to, or was last. */
  abstract get upstream(): string;

  /** What it was sent over its present connection. */
  abstract get book(): { overdue(foundBeforeMs: number): FoundShare | undefined } | undefined;

  get minedTips(): readonly (HashKey | undefined)[] {
    return this.searchers.map(({ order }) => order && hashKey(order.work.tip.prevHash));
  }

  /** Finds a block at once if it has work. For blocks that come at the same moment. */
  findBlock(device: number, attempts: number): boolean {
    const blockTarget = this.context.tipsOf(this.upstream)?.blockTarget;
    let found = false;
    if (blockTarget === undefined) return found;
    this.turn(() => {
      const searcher = this.searchers[device];
      const aimed = searcher?.aimAt(blockTarget, attempts);
      if (searcher === undefined || aimed === undefined) return;
      const { totals } = this.context.observer.shares;
      const before = totals.found;
      const { targetWork } = searcher;
      this.#find(device, aimed.chunk, aimed.nonce);
      // What the device is told may be harder than a block.
      found = totals.found > before;
      if (found) totals.extraWork += targetWork;
    });
    return found;
  }

  protected abstract override get machine(): MiningMachine<Input | FoundInput, Output> | undefined;

  protected override onCrash(): void {
    for (const searcher of this.searchers) searcher.search(undefined);
  }

  /** The share that is on its way to the machine; undefined if the device has lost its work meanwhile. */
  protected createShare(
    sequenceNumber: number,
    hash: Uint8Array,
    heard: Pick<FoundShare, 'channelId' | 'tipReceivedMs' | 'tipsHeard'>,
  ): FoundShare | undefined {
    const { device, chunk, nonce } = this.#found!;
    const { order, targetWork } = this.searchers[device]!;
    if (order === undefined) return undefined;
    return {
      key: hashKey(hash),
      hash,
      origin: undefined,
      next: undefined,
      accepted: undefined,
      device: this.host.index,
      isHonest: this.host.isHonest,
      channelId: heard.channelId,
      sequenceNumber,
      jobId: chunk.jobId,
      tip: hashKey(order.work.tip.prevHash),
      work: targetWork,
      version: chunk.version,
      ntime: chunk.ntime,
      nonce,
      foundMs: this.world.nowMs,
      tipReceivedMs: heard.tipReceivedMs,
      tipsHeard: heard.tipsHeard,
      isCounted: false,
      isRefused: false,
      state: 'sent',
    };
  }

  #find(device: number, chunk: SearchChunk, nonce: number): void {
    this.#found = { type: 'found', device, chunk, nonce };
    this.world.note(TRACE.found, this.host.index, nonce);
    this.handle(this.#found);
    this.#found = undefined;
  }
}
