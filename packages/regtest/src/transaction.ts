import { bytesToHex } from '@noble/hashes/utils.js';
import {
  compactSizeLength,
  decodeTransaction,
  encodeTransaction,
  type HashBackend,
  type Transaction,
} from '@stratumkit/bitcoin';
import { WITNESS_SCALE_FACTOR } from './params.ts';

/** A transaction with everything validation asks for more than once. */
export interface ChainTransaction extends Transaction {
  /** With witness, as it stands in a block. */
  readonly bytes: Uint8Array;
  /** Wire order. */
  readonly txid: Uint8Array;
  /** Wire order. */
  readonly wtxid: Uint8Array;
  /** Hex of the txid in wire order: the key of every map here. */
  readonly id: string;
  readonly hasWitness: boolean;
  readonly isCoinbase: boolean;
  /** Bytes without witness. */
  readonly baseSize: number;
  readonly weight: number;
}

export function parseTransaction(bytes: Uint8Array, hash: HashBackend): ChainTransaction {
  return fromTransaction(decodeTransaction(bytes), hash);
}

export function fromTransaction(transaction: Transaction, hash: HashBackend): ChainTransaction {
  const hasWitness = transaction.inputs.some((input) => input.witness.length > 0);
  const bytes = encodeTransaction(transaction, { witness: true });
  const base = hasWitness ? encodeTransaction(transaction, { witness: false }) : bytes;
  const txid = hash.sha256d(base);
  const [first] = transaction.inputs;
  return {
    ...transaction,
    bytes,
    txid,
    wtxid: hasWitness ? hash.sha256d(bytes) : txid,
    id: bytesToHex(txid),
    hasWitness,
    isCoinbase: transaction.inputs.length === 1 && isNullOutpoint(first!),
    baseSize: base.length,
    weight: base.length * (WITNESS_SCALE_FACTOR - 1) + bytes.length,
  };
}

export function isNullOutpoint({ prevTxid, prevIndex }: { prevTxid: Uint8Array; prevIndex: number }): boolean {
  return prevIndex === 0xffffffff && prevTxid.every((byte) => byte === 0);
}

export function outpointKey(id: string, index: number): string {
  return `${id}:${index}`;
}

/** Key of the coin that an input spends. */
export function spentKey({ prevTxid, prevIndex }: { prevTxid: Uint8Array; prevIndex: number }): string {
  return outpointKey(bytesToHex(prevTxid), prevIndex);
}

/** Weight of header and transaction count of a block. */
export function blockOverheadWeight(transactionCount: number): number {
  return (80 + compactSizeLength(transactionCount)) * WITNESS_SCALE_FACTOR;
}
