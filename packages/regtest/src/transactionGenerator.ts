import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { encodeTransaction, type Transaction, type TxInput, type TxOutput } from '@stratumkit/bitcoin';
import { ANYONE_CAN_SPEND_KINDS, type AnyoneCanSpend } from './anyoneCanSpend.ts';
import type { Coin } from './coins.ts';
import type { Mempool, MempoolEntry } from './mempool.ts';
import { COINBASE_MATURITY } from './params.ts';
import { SeededRandom } from './random.ts';
import type { RegtestChain } from './regtestChain.ts';
import { outpointKey, parseTransaction } from './transaction.ts';

/** The same seed over the same chain gives the same transactions. */
export interface TransactionGeneratorOptions {
  /** Whole number; its lowest 32 bits count. */
  readonly seed: number;
  /** Satoshis per virtual byte, drawn evenly on a logarithmic scale. */
  readonly minimumFeeRate?: number;
  readonly maximumFeeRate?: number;
}

/** Below this a coin is not spent any more: its fee could not be paid. */
const DUST = 20_000n;
const MAXIMUM_OUTPUTS = 12;
const ATTEMPTS = 20;

interface OwnCoin {
  readonly key: string;
  readonly kind: AnyoneCanSpend;
  readonly value: bigint;
  readonly unconfirmed: boolean;
}

/**
 * Makes transactions from the outputs of the chain that anyone can spend: payments, splits, consolidations and children of
 * unconfirmed parents, with and without witness. The same seed over the same chain gives the same transactions.
 */
export class TransactionGenerator {
  readonly #chain: RegtestChain;
  readonly #mempool: Mempool;
  readonly #random: SeededRandom;
  readonly #minimumFeeRate: number;
  readonly #maximumFeeRate: number;
  readonly #kinds = new Map(ANYONE_CAN_SPEND_KINDS.map((kind) => [bytesToHex(kind.script), kind]));
  /** Keys of coins that may be spendable; looked up again before use. */
  #keys: string[] = [];

  constructor(chain: RegtestChain, mempool: Mempool, options: TransactionGeneratorOptions) {
    this.#chain = chain;
    this.#mempool = mempool;
    this.#random = new SeededRandom(options.seed);
    this.#minimumFeeRate = options.minimumFeeRate ?? 1;
    this.#maximumFeeRate = options.maximumFeeRate ?? 100;
  }

  /** Puts one more transaction into the mempool; undefined when no coin is free or the mempool is full. */
  next(): MempoolEntry | undefined {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const bytes = this.#create();
      if (bytes === undefined) return undefined;
      const result = this.#mempool.add(bytes);
      if (result.accepted) {
        const { transaction } = result.entry;
        for (const index of transaction.outputs.keys()) this.#keys.push(outpointKey(transaction.id, index));
        return result.entry;
      }
      if (result.reason === 'mempool full') return undefined;
    }
    return undefined;
  }

  #create(): Uint8Array | undefined {
    const first = this.#take() ?? (this.#refill() ? this.#take() : undefined);
    if (first === undefined) return undefined;
    const coins = [first];
    const shape = this.#random.fraction();
    let outputCount = 2;
    if (first.value > 1_000_000_000n || shape < 0.15) outputCount = this.#random.between(4, MAXIMUM_OUTPUTS);
    else if (shape < 0.3) {
      outputCount = 1;
      for (let extra = this.#random.between(1, 3); extra > 0; extra--) {
        const coin = this.#take();
        if (coin !== undefined) coins.push(coin);
      }
    }
    // A child pays more than its parent did, so that fee rates of packages matter.
    const rate = this.#feeRate() * (coins.some(({ unconfirmed }) => unconfirmed) ? 2 : 1);
    return this.#assemble(coins, outputCount, rate);
  }

  #assemble(coins: readonly OwnCoin[], outputCount: number, feeRate: number): Uint8Array {
    const total = coins.reduce((sum, { value }) => sum + value, 0n);
    const inputs: TxInput[] = coins.map(({ key, kind }) => {
      const [id, index] = key.split(':');
      const { scriptSig, witness } = kind;
      return { prevTxid: hexToBytes(id!), prevIndex: Number(index), scriptSig, sequence: 0xfffffffd, witness };
    });
    const kinds = Array.from({ length: outputCount }, () => this.#pick(ANYONE_CAN_SPEND_KINDS));
    const build = (fee: bigint): Transaction => ({
      version: 2,
      inputs,
      outputs: this.#split(total - fee, kinds),
      locktime: this.#random.below(4) === 0 ? this.#chain.height : 0,
    });
    const draft = build(0n);
    const { weight } = parseTransaction(encodeTransaction(draft, { witness: true }), this.#chain.hash);
    const fee = BigInt(Math.ceil((weight / 4) * feeRate));
    const capped = fee < total / 2n ? fee : total / 2n;
    const last = draft.outputs.at(-1)!;
    const outputs = [...draft.outputs.slice(0, -1), { ...last, value: last.value - capped }];
    return encodeTransaction({ ...draft, outputs }, { witness: true });
  }

  /** The last output takes the rest and at least half, so that it can pay the fee. */
  #split(total: bigint, kinds: readonly AnyoneCanSpend[]): TxOutput[] {
    let rest = total;
    return kinds.map(({ script }, index) => {
      const share = total / BigInt(2 * kinds.length);
      const value = index === kinds.length - 1 ? rest : (share * BigInt(this.#random.between(50, 100))) / 100n;
      rest -= value;
      return { value, script };
    });
  }

  #take(): OwnCoin | undefined {
    while (this.#keys.length > 0) {
      const index = this.#random.below(this.#keys.length);
      const key = this.#keys[index]!;
      const last = this.#keys.pop()!;
      if (index < this.#keys.length) this.#keys[index] = last;
      const coin = this.#mempool.get(key);
      const kind = coin && this.#kinds.get(bytesToHex(coin.script));
      if (coin === undefined || kind === undefined || coin.value < DUST || !this.#isMature(coin)) continue;
      return { key, kind, value: coin.value, unconfirmed: this.#chain.coin(key) === undefined };
    }
    return undefined;
  }

  /** Coins that others confirmed, that matured, or that a reorganisation gave back. */
  #refill(): boolean {
    this.#keys = [];
    for (const [key, coin] of this.#chain.coins.entries())
      if (this.#isMature(coin) && this.#kinds.has(bytesToHex(coin.script))) this.#keys.push(key);
    return this.#keys.length > 0;
  }

  #isMature({ isCoinbase, height }: Coin): boolean {
    return !isCoinbase || this.#chain.height + 1 - height >= COINBASE_MATURITY;
  }

  #feeRate(): number {
    const ratio = this.#maximumFeeRate / this.#minimumFeeRate;
    return this.#minimumFeeRate * ratio ** this.#random.fraction();
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)]!;
  }
}
