import { bytesToHex } from '@noble/hashes/utils.js';
import { type HashBackend, portableHash, targetFromNbits, workFromTarget } from '@stratumkit/bitcoin';
import { RemoteError } from '@stratumkit/codec';
import { type ChainBlock, parseBlock, serializeBlock, withWitnessReservedValue } from './block.ts';
import { type BlockNode, commonAncestor, medianTimePast } from './blockIndex.ts';
import { checkBlock } from './checkBlock.ts';
import { type Coin, type CoinOverlay, CoinSet } from './coins.ts';
import { connectBlock, sequenceLockContext } from './connectBlock.ts';
import { contextualCheckBlock, contextualCheckHeader } from './contextualCheck.ts';
import { genesisBlock } from './genesis.ts';
import type { SequenceLockContext } from './locktime.ts';
import type { ChainTransaction } from './transaction.ts';

/** The back end that hashes blocks and transactions; the portable one by default. */
export interface RegtestChainOptions {
  readonly hash?: HashBackend;
}

/** The best block. Times are Unix seconds. */
export interface ChainTipInfo {
  /** Wire order. */
  readonly hash: Uint8Array;
  readonly height: number;
  readonly time: number;
  readonly medianTimePast: number;
  /** Expected hashes behind the whole chain. */
  readonly chainWork: bigint;
}

/** What became of a block, and what that did to the active chain. */
export interface SubmitBlockResult {
  /** As Core's submitblock answers: undefined when the block was connected, `inconclusive` for a valid side branch. */
  readonly reason: string | undefined;
  /** Wire order; undefined when the bytes are no block. */
  readonly hash: Uint8Array | undefined;
  readonly height: number | undefined;
  /** The block as kept: to be saved when defined. The witness reserved value has been filled in if it was missing. */
  readonly stored: Uint8Array | undefined;
  /** Whether another block is the tip now. */
  readonly tipChanged: boolean;
  /** Ids (hex, wire order) of blocks that left and joined the active chain, each in the order it happened. */
  readonly disconnected: readonly string[];
  readonly connected: readonly string[];
}

/** Told about each change of the active chain, in order. */
export interface ChainObserver {
  connected(transactions: readonly ChainTransaction[]): void;
  disconnected(transactions: readonly ChainTransaction[]): void;
  /** The chain has reached its new tip. */
  settled(): void;
}

const NO_CHANGE = { tipChanged: false, disconnected: [], connected: [] } as const;

/** The tree of blocks and the coins of its best branch. Owns no clock, no file and no transactions that wait. */
export class RegtestChain {
  readonly hash: HashBackend;
  readonly coins = new CoinSet();
  readonly #nodes = new Map<string, BlockNode>();
  readonly #active: BlockNode[] = [];
  readonly #observers = new Set<ChainObserver>();
  /** Blocks that might become the tip: more work than it, or still without an ancestor. */
  readonly #candidates = new Set<BlockNode>();
  #order = 0;

  constructor(options: RegtestChainOptions = {}) {
    this.hash = options.hash ?? portableHash;
    const bytes = genesisBlock();
    const genesis = this.#addNode(parseBlock(bytes, this.hash), undefined);
    genesis.bytes = bytes;
    this.#active.push(genesis);
  }

  get tip(): ChainTipInfo {
    return tipInfo(this.#tipNode);
  }

  get height(): number {
    return this.#tipNode.height;
  }

  /** What a transaction of the next block must satisfy. */
  get nextBlock(): SequenceLockContext {
    return sequenceLockContext(this.#tipNode);
  }

  observe(observer: ChainObserver): void {
    this.#observers.add(observer);
  }

  /** `key` is the txid as hex in wire order, a colon, and the index of the output. */
  coin(key: string): Coin | undefined {
    return this.coins.get(key);
  }

  /** Hash of the active block at `height`, in wire order. */
  blockHash(height: number): Uint8Array | undefined {
    return this.#active[height]?.hash;
  }

  /** The active block at `height`. */
  blockAt(height: number): Uint8Array | undefined {
    return this.#active[height]?.bytes;
  }

  /** The blocks of the active chain from height 1 on, in order. */
  *exportBlocks(): Generator<Uint8Array> {
    for (const node of this.#active.slice(1)) yield node.bytes!;
  }

  /** Validates a block and moves to the chain of most work, with the reasons and the order of checks of Core. */
  submitBlock(bytes: Uint8Array, unixSeconds: number): SubmitBlockResult {
    let block: ChainBlock;
    try {
      block = parseBlock(bytes, this.hash);
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      return { reason: 'block-decode-failed', hash: undefined, height: undefined, stored: undefined, ...NO_CHANGE };
    }
    if (this.#nodes.has(bytesToHex(block.header.prevHash))) block = withWitnessReservedValue(block, this.hash);
    const accepted = this.#accept(block, unixSeconds);
    if (typeof accepted === 'string') {
      const height = this.#nodes.get(block.id)?.height;
      return { reason: accepted, hash: block.hash, height, stored: undefined, ...NO_CHANGE };
    }
    const change = this.#activateBestChain(accepted, block);
    return { hash: block.hash, height: accepted.height, stored: accepted.bytes, ...change };
  }

  /**
   * Takes blocks saved earlier, in the order in which they were saved. Their times were judged when they came first.
   * Throws `RemoteError` ('stored-block') naming the first that is refused.
   */
  load(blocks: Iterable<Uint8Array>): number {
    let count = 0;
    for (const bytes of blocks) {
      const { reason } = this.submitBlock(bytes, 0xffffffff);
      if (reason !== undefined && reason !== 'inconclusive' && reason !== 'duplicate')
        throw new RemoteError('stored-block', `stored block ${count + 1} is refused: ${reason}`, {
          context: { index: count, reason },
        });
      count += 1;
    }
    return count;
  }

  get #tipNode(): BlockNode {
    return this.#active.at(-1)!;
  }

  /** Core's AcceptBlock behind ProcessNewBlock's CheckBlock. */
  #accept(block: ChainBlock, unixSeconds: number): BlockNode | string {
    const reason = checkBlock(block, this.hash);
    if (reason !== undefined) return reason;
    const known = this.#nodes.get(block.id);
    if (known?.invalid) return 'duplicate-invalid';
    if (known?.bytes !== undefined) return 'duplicate';
    const parent = known?.parent ?? this.#nodes.get(bytesToHex(block.header.prevHash));
    if (parent === undefined) return 'prev-blk-not-found';
    if (known === undefined) {
      if (parent.invalid) return 'bad-prevblk';
      const failure = contextualCheckHeader(block.header, parent, unixSeconds);
      if (failure !== undefined) return failure;
    }
    const node = known ?? this.#addNode(block, parent);
    const failure = contextualCheckBlock(block, parent, this.hash);
    if (failure !== undefined) {
      if (!failure.mutated) this.#invalidate(node);
      return failure.reason;
    }
    node.bytes = serializeBlock(block);
    node.order = this.#order++;
    this.#candidates.add(node);
    return node;
  }

  #addNode(block: ChainBlock, parent: BlockNode | undefined): BlockNode {
    const node: BlockNode = {
      id: block.id,
      hash: block.hash,
      header: block.header,
      height: parent === undefined ? 0 : parent.height + 1,
      parent,
      chainWork: (parent?.chainWork ?? 0n) + workFromTarget(targetFromNbits(block.header.nbits)),
      bytes: undefined,
      order: -1,
      invalid: false,
      undo: undefined,
    };
    this.#nodes.set(node.id, node);
    return node;
  }

  #activateBestChain(submitted: BlockNode, block: ChainBlock): Omit<SubmitBlockResult, 'hash' | 'height' | 'stored'> {
    const before = this.#tipNode;
    const disconnected: string[] = [];
    const connected: string[] = [];
    let reason: string | undefined = 'inconclusive';
    this.#candidates.add(before);
    for (let best = this.#bestNode(); best !== this.#tipNode; best = this.#bestNode()) {
      const fork = commonAncestor(best, this.#tipNode);
      while (this.#tipNode !== fork) disconnected.push(this.#disconnectTip());
      const path: BlockNode[] = [];
      for (let at = best; at !== fork; at = at.parent!) path.unshift(at);
      for (const node of path) {
        const failure = this.#connectTip(node, node === submitted ? block : parseBlock(node.bytes!, this.hash));
        if (node === submitted) reason = failure;
        if (failure !== undefined) {
          this.#invalidate(node);
          break;
        }
        connected.push(node.id);
      }
    }
    const { chainWork } = this.#tipNode;
    for (const node of this.#candidates) if (node.invalid || node.chainWork <= chainWork) this.#candidates.delete(node);
    if (disconnected.length > 0 || connected.length > 0) for (const observer of this.#observers) observer.settled();
    return { reason, tipChanged: before !== this.#tipNode, disconnected, connected };
  }

  /** Most work first, then first seen, among the branches whose blocks are all here and not refused. */
  #bestNode(): BlockNode {
    let best = this.#tipNode;
    for (const node of this.#candidates) if (isBetter(node, best) && isComplete(node)) best = node;
    return best;
  }

  #connectTip(node: BlockNode, block: ChainBlock): string | undefined {
    const result: CoinOverlay | string = connectBlock(block, node, this.coins);
    if (typeof result === 'string') return result;
    node.undo = this.coins.apply(result);
    this.#active.push(node);
    for (const observer of this.#observers) observer.connected(block.transactions);
    return undefined;
  }

  #disconnectTip(): string {
    const node = this.#active.pop()!;
    this.coins.revert(node.undo!);
    node.undo = undefined;
    const { transactions } = parseBlock(node.bytes!, this.hash);
    for (const observer of this.#observers) observer.disconnected(transactions);
    return node.id;
  }

  /** Condemns `node` and everything built on it. */
  #invalidate(node: BlockNode): void {
    node.invalid = true;
    for (const other of this.#nodes.values())
      if (other.height > node.height && hasAncestor(other, node)) other.invalid = true;
  }
}

function tipInfo(node: BlockNode): ChainTipInfo {
  const { hash, height, header, chainWork } = node;
  return { hash, height, time: header.time, medianTimePast: medianTimePast(node), chainWork };
}

function isBetter(node: BlockNode, best: BlockNode): boolean {
  if (node.chainWork !== best.chainWork) return node.chainWork > best.chainWork;
  return node.order < best.order;
}

/** Genesis and connected blocks end the walk: what lies below them is complete. */
function isComplete(node: BlockNode): boolean {
  for (let at: BlockNode | undefined = node; at !== undefined; at = at.parent) {
    if (at.invalid || at.bytes === undefined) return false;
    if (at.undo !== undefined) return true;
  }
  return true;
}

function hasAncestor(node: BlockNode, ancestor: BlockNode): boolean {
  let at: BlockNode | undefined = node;
  while (at !== undefined && at.height > ancestor.height) at = at.parent;
  return at === ancestor;
}
