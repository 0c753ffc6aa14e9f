import { targetFromNbits } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import {
  BlockPacer,
  type BlockTemplate,
  blockSubsidy,
  createTemplate,
  Mempool,
  mineBlock,
  premine,
  REGTEST_NBITS,
  RegtestChain,
  type SubmitBlockResult,
  TransactionGenerator,
} from '@stratumkit/regtest';
import { EPOCH_SECONDS } from '../core/clock.ts';
import { TRACE, type World } from '../core/world.ts';
import type { ProofOfWork } from '../pow/proofOfWork.ts';

const FEE_RATE = 20;
/** Height of a version 4 block is checked, time has to be after the median of the last 11. */
const TEMPLATE_VERSION = 0x20000000;

/** The blocks that every node begins with. */
export function premineBlocks(pow: ProofOfWork): readonly Uint8Array[] {
  const chain = new RegtestChain({ hash: pow.hash });
  return premine(chain, new Mempool(chain), EPOCH_SECONDS).map(({ stored }) => stored!);
}

export interface ChainNodeOptions {
  readonly world: World;
  readonly pow: ProofOfWork;
  readonly index: number;
  readonly premined: readonly Uint8Array[];
  readonly expectedHashrate: number;
  readonly blockIntervalSeconds: number;
  readonly now: () => Now;
}

/** A Bitcoin node: chain, mempool and blocks from its peers. Its disk outlives every crash of what runs beside it. */
export class ChainNode {
  readonly chain: RegtestChain;
  readonly #options: ChainNodeOptions;
  readonly #mempool: Mempool;
  readonly #generator: TransactionGenerator;
  readonly #pacer: BlockPacer;
  /** Every block taken after the first ones, in the order it came. */
  readonly #log: Uint8Array[] = [];
  /** Length of each peer's log that was taken over. */
  readonly #synced = new Map<ChainNode, number>();
  readonly #listeners: (() => void)[] = [];
  #rivalBlocks = 0;

  constructor(options: ChainNodeOptions) {
    this.#options = options;
    this.chain = new RegtestChain({ hash: options.pow.hash });
    this.chain.load(options.premined);
    this.#mempool = new Mempool(this.chain);
    this.#generator = new TransactionGenerator(this.chain, this.#mempool, {
      seed: options.world.random(`transactions:${options.index}`).uint32(),
      minimumFeeRate: FEE_RATE,
      maximumFeeRate: FEE_RATE,
    });
    const { expectedHashrate, blockIntervalSeconds } = options;
    this.#pacer = new BlockPacer(
      { expectedHashrate, blockIntervalSeconds, maximumTarget: targetFromNbits(REGTEST_NBITS) },
      options.now(),
    );
  }

  /** Called whenever there may be a better template. */
  listen(listener: () => void): void {
    this.#listeners.push(listener);
  }

  template(): BlockTemplate {
    const { target } = this.#pacer;
    return createTemplate(this.chain, this.#mempool, this.#options.now().unixSeconds, { target });
  }

  /** A block of a pool, of a rival, or of a peer. */
  submit(block: Uint8Array, from: 'pool' | 'rival' | 'peer'): SubmitBlockResult {
    const now = this.#options.now();
    const result = this.chain.submitBlock(block, now.unixSeconds);
    this.#options.world.noteText(TRACE.block, this.#options.index, `${from}:${result.reason ?? ''}:${result.height}`);
    if (result.stored !== undefined) this.#log.push(result.stored);
    if (result.tipChanged) {
      if (from === 'pool') this.#pacer.solved(now);
      this.#notify();
    }
    return result;
  }

  generateTransaction(): void {
    if (this.#generator.next() !== undefined) this.#notify();
  }

  /** Eases the block target when a block is long overdue. */
  tick(): void {
    if (this.#pacer.tick(this.#options.now())) this.#notify();
  }

  /** Takes over what a peer has and this node does not. */
  syncFrom(peer: ChainNode): void {
    let at = this.#synced.get(peer) ?? 0;
    for (; at < peer.#log.length; at++) this.submit(peer.#log[at]!, 'peer');
    this.#synced.set(peer, at);
  }

  /** Other miners find blocks that fork off so many blocks below the tip; one more than that moves the tip. */
  mineRival(count: number, depth: number): readonly SubmitBlockResult[] {
    const { chain } = this;
    const results: SubmitBlockResult[] = [];
    let height = chain.height - depth;
    let prevHash = chain.blockHash(height);
    for (let index = 0; index < count && prevHash !== undefined; index++) {
      height++;
      const time = Math.max(this.#options.now().unixSeconds, chain.tip.medianTimePast + 1);
      const template: BlockTemplate = {
        prevHash,
        height,
        version: TEMPLATE_VERSION,
        nbits: REGTEST_NBITS,
        time,
        minTime: time,
        coinbaseValue: blockSubsidy(height),
        transactions: [],
        target: targetFromNbits(REGTEST_NBITS),
        witness: true,
      };
      const tag = Uint8Array.from([0x72, this.#options.index & 0xff, ...u32(this.#rivalBlocks++)]);
      const result = this.submit(mineBlock(template, { hash: chain.hash, tag }), 'rival');
      results.push(result);
      prevHash = result.hash;
    }
    return results;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function u32(value: number): readonly number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}
