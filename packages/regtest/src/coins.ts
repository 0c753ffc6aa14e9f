import { isUnspendable } from './script.ts';
import { type ChainTransaction, outpointKey, spentKey } from './transaction.ts';

/** An unspent output. */
export interface Coin {
  /** Satoshis. */
  readonly value: bigint;
  readonly script: Uint8Array;
  /** Of the block that made it. */
  readonly height: number;
  readonly isCoinbase: boolean;
}

export interface CoinView {
  get(key: string): Coin | undefined;
}

/** What a block changed: each coin's state before it. */
export type CoinUndo = readonly (readonly [key: string, before: Coin | undefined])[];

/** The unspent outputs of the active chain. */
export class CoinSet implements CoinView {
  readonly #coins = new Map<string, Coin>();

  get size(): number {
    return this.#coins.size;
  }

  get(key: string): Coin | undefined {
    return this.#coins.get(key);
  }

  entries(): IterableIterator<[string, Coin]> {
    return this.#coins.entries();
  }

  /** Writes the changes of `overlay` and returns how to take them back. */
  apply(overlay: CoinOverlay): CoinUndo {
    const undo: [string, Coin | undefined][] = [];
    for (const [key, coin] of overlay.changes()) {
      undo.push([key, this.#coins.get(key)]);
      this.#set(key, coin);
    }
    return undo;
  }

  revert(undo: CoinUndo): void {
    for (const [key, before] of undo) this.#set(key, before);
  }

  #set(key: string, coin: Coin | undefined): void {
    if (coin === undefined) this.#coins.delete(key);
    else this.#coins.set(key, coin);
  }
}

/** Changes on top of another view, not yet written to it. */
export class CoinOverlay implements CoinView {
  readonly #base: CoinView;
  readonly #changed = new Map<string, Coin | undefined>();

  constructor(base: CoinView) {
    this.#base = base;
  }

  get(key: string): Coin | undefined {
    return this.#changed.has(key) ? this.#changed.get(key) : this.#base.get(key);
  }

  changes(): IterableIterator<[string, Coin | undefined]> {
    return this.#changed.entries();
  }

  /** Spends the inputs of `transaction` and adds its spendable outputs. */
  update(transaction: ChainTransaction, height: number): void {
    const { id, inputs, outputs, isCoinbase } = transaction;
    if (!isCoinbase) for (const input of inputs) this.#changed.set(spentKey(input), undefined);
    outputs.forEach(({ value, script }, index) => {
      if (!isUnspendable(script)) this.#changed.set(outpointKey(id, index), { value, script, height, isCoinbase });
    });
  }
}
