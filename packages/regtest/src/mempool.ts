import { transactionSigopsCost } from '@stratumkit/bitcoin';
import { checkTransaction } from './checkBlock.ts';
import type { Coin, CoinView } from './coins.ts';
import { checkInputs, verifyScripts } from './connectBlock.ts';
import { isFinal, sequenceLocksPassed } from './locktime.ts';
import type { RegtestChain } from './regtestChain.ts';
import { UNSUPPORTED_SCRIPT } from './script.ts';
import { type ChainTransaction, outpointKey, parseTransaction, spentKey } from './transaction.ts';

/** What a mempool holds; a transaction above it is refused, none is evicted for another. */
export interface MempoolLimits {
  readonly maximumTransactions: number;
  readonly maximumWeight: number;
  /** Unconfirmed ancestors and descendants, the transaction itself included. */
  readonly maximumAncestors: number;
  readonly maximumDescendants: number;
  /** Satoshis per 1,000 weight units. */
  readonly minimumFeeRate: bigint;
}

/** One satoshi per virtual byte at least, chains of 25 transactions at most. */
export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  maximumTransactions: 50_000,
  maximumWeight: 40_000_000,
  maximumAncestors: 25,
  maximumDescendants: 25,
  minimumFeeRate: 250n,
};

/** An unconfirmed transaction; ids are hex in wire order. */
export interface MempoolEntry {
  readonly transaction: ChainTransaction;
  /** Satoshis. */
  readonly fee: bigint;
  /** Cost: a legacy operation counts 4. */
  readonly sigops: number;
  /** Ids of unconfirmed transactions that this one spends, and that spend it. */
  readonly parents: Set<string>;
  readonly children: Set<string>;
}

/** `reason` is what Core would say where it refuses the same: `txn-mempool-conflict`, `min relay fee not met`. */
export type AddTransactionResult =
  | { readonly accepted: true; readonly entry: MempoolEntry }
  | { readonly accepted: false; readonly reason: string };

/** Transactions that wait for a block. Follows the chain: drops what a block confirms or contradicts, takes back what a
 * reorganisation frees. First come stays: no replacement. */
export class Mempool implements CoinView {
  readonly limits: MempoolLimits;
  readonly #chain: RegtestChain;
  readonly #entries = new Map<string, MempoolEntry>();
  readonly #spenders = new Map<string, string>();
  #weight = 0;
  #freed: ChainTransaction[] = [];
  #reorganising = false;

  constructor(chain: RegtestChain, limits: Partial<MempoolLimits> = {}) {
    this.limits = { ...DEFAULT_MEMPOOL_LIMITS, ...limits };
    this.#chain = chain;
    chain.observe({
      connected: (transactions) => this.#connected(transactions),
      disconnected: (transactions) => this.#disconnected(transactions),
      settled: () => this.#settled(),
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Of all transactions together. */
  get weight(): number {
    return this.#weight;
  }

  /** `id` as in {@link ChainTransaction}. */
  entry(id: string): MempoolEntry | undefined {
    return this.#entries.get(id);
  }

  /** In the order in which they came: parents before children. */
  entries(): IterableIterator<MempoolEntry> {
    return this.#entries.values();
  }

  /** A coin that the next transaction may spend: confirmed or not, and not spent here. */
  get(key: string): Coin | undefined {
    if (this.#spenders.has(key)) return undefined;
    const confirmed = this.#chain.coin(key);
    if (confirmed !== undefined) return confirmed;
    const separator = key.indexOf(':');
    const parent = this.#entries.get(key.slice(0, separator));
    const output = parent?.transaction.outputs[Number(key.slice(separator + 1))];
    return output && { ...output, height: this.#chain.height + 1, isCoinbase: false };
  }

  /** A transaction with its witness. RemoteError for bytes that are none. */
  add(bytes: Uint8Array): AddTransactionResult {
    return this.#add(parseTransaction(bytes, this.#chain.hash));
  }

  /** Ids of all unconfirmed transactions that this one depends on. */
  ancestors(id: string): Set<string> {
    return this.#closure(this.#entries.get(id)?.parents ?? [], 'parents');
  }

  /** Ids of all unconfirmed transactions that depend on this one. */
  descendants(id: string): Set<string> {
    return this.#closure(this.#entries.get(id)?.children ?? [], 'children');
  }

  #add(transaction: ChainTransaction): AddTransactionResult {
    const checked = this.#check(transaction);
    if (typeof checked === 'string') return { accepted: false, reason: checked };
    const { fee, sigops, parents } = checked;
    const entry: MempoolEntry = { transaction, fee, sigops, parents, children: new Set() };
    this.#entries.set(transaction.id, entry);
    this.#weight += transaction.weight;
    for (const input of transaction.inputs) this.#spenders.set(spentKey(input), transaction.id);
    for (const parent of parents) this.#entries.get(parent)!.children.add(transaction.id);
    return { accepted: true, entry };
  }

  #check(transaction: ChainTransaction): { fee: bigint; sigops: number; parents: Set<string> } | string {
    const { limits } = this;
    const next = this.#chain.nextBlock;
    const malformed = checkTransaction(transaction);
    if (malformed !== undefined) return malformed;
    if (transaction.isCoinbase) return 'coinbase';
    if (!isFinal(transaction, next.height, next.medianTimePast)) return 'non-final';
    if (this.#entries.has(transaction.id)) return 'txn-already-in-mempool';
    if (transaction.inputs.some((input) => this.#spenders.has(spentKey(input)))) return 'txn-mempool-conflict';
    if (transaction.outputs.some((_, index) => this.#chain.coin(outpointKey(transaction.id, index)) !== undefined))
      return 'txn-already-known';
    const inputs = checkInputs(transaction, this, next.height);
    if (typeof inputs === 'string') return inputs;
    const { spent, fee } = inputs;
    if (!sequenceLocksPassed(transaction, spent, next)) return 'non-BIP68-final';
    if (fee * 1_000n < limits.minimumFeeRate * BigInt(transaction.weight)) return 'min relay fee not met';
    if (this.#entries.size >= limits.maximumTransactions || this.#weight + transaction.weight > limits.maximumWeight)
      return 'mempool full';
    const parents = this.#unconfirmedParents(transaction);
    const ancestors = this.#closure(parents, 'parents');
    const crowded = [...ancestors].some((id) => this.descendants(id).size + 2 > limits.maximumDescendants);
    if (crowded || ancestors.size + 1 > limits.maximumAncestors) return 'too-long-mempool-chain';
    const failure = verifyScripts(transaction, spent);
    if (failure !== undefined)
      return failure === UNSUPPORTED_SCRIPT ? failure : `mempool-script-verify-flag-failed (${failure})`;
    return {
      fee,
      sigops: transactionSigopsCost(
        transaction,
        spent.map(({ script }) => script),
      ),
      parents,
    };
  }

  #unconfirmedParents({ inputs }: ChainTransaction): Set<string> {
    const parents = new Set<string>();
    for (const input of inputs) {
      const id = spentKey(input).split(':', 1)[0]!;
      if (this.#entries.has(id)) parents.add(id);
    }
    return parents;
  }

  #closure(from: Iterable<string>, direction: 'parents' | 'children'): Set<string> {
    const found = new Set(from);
    for (const id of found) for (const next of this.#entries.get(id)?.[direction] ?? []) found.add(next);
    return found;
  }

  #connected(transactions: readonly ChainTransaction[]): void {
    for (const transaction of transactions) {
      this.#remove(transaction.id);
      if (transaction.isCoinbase) continue;
      for (const input of transaction.inputs) {
        const conflict = this.#spenders.get(spentKey(input));
        if (conflict !== undefined) this.#removeWithDescendants(conflict);
      }
    }
  }

  #disconnected(transactions: readonly ChainTransaction[]): void {
    this.#reorganising = true;
    this.#freed.unshift(...transactions.filter((transaction) => !transaction.isCoinbase));
  }

  /** After a reorganisation everything is judged anew: coins may be gone, immature or locked again. */
  #settled(): void {
    if (!this.#reorganising) return;
    const waiting = [...this.#freed, ...[...this.#entries.values()].map(({ transaction }) => transaction)];
    this.#freed = [];
    this.#reorganising = false;
    this.#entries.clear();
    this.#spenders.clear();
    this.#weight = 0;
    for (const transaction of waiting) this.#add(transaction);
  }

  #removeWithDescendants(id: string): void {
    for (const descendant of this.descendants(id)) this.#remove(descendant);
    this.#remove(id);
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    this.#weight -= entry.transaction.weight;
    for (const input of entry.transaction.inputs) this.#spenders.delete(spentKey(input));
    for (const parent of entry.parents) this.#entries.get(parent)?.children.delete(id);
    for (const child of entry.children) this.#entries.get(child)?.parents.delete(id);
  }
}
