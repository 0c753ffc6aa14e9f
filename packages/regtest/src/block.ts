import { bytesToHex } from '@noble/hashes/utils.js';
import {
  type BlockHeader,
  decodeBlock,
  encodeBlock,
  findWitnessCommitment,
  type HashBackend,
  headerHash,
} from '@stratumkit/bitcoin';
import { type ChainTransaction, fromTransaction } from './transaction.ts';

export interface ChainBlock {
  readonly header: BlockHeader;
  /** Wire order. */
  readonly hash: Uint8Array;
  /** Hex of the hash in wire order. */
  readonly id: string;
  readonly transactions: readonly ChainTransaction[];
}

/** Throws `RemoteError` ('decode') on anything but one whole block. */
export function parseBlock(bytes: Uint8Array, hash: HashBackend): ChainBlock {
  const { header, transactions } = decodeBlock(bytes);
  const blockHash = headerHash(header, hash);
  return {
    header,
    hash: blockHash,
    id: bytesToHex(blockHash),
    transactions: transactions.map((transaction) => fromTransaction(transaction, hash)),
  };
}

export function serializeBlock({ header, transactions }: ChainBlock): Uint8Array {
  return encodeBlock(
    header,
    transactions.map((transaction) => transaction.bytes),
  );
}

/** The committed hash of the last output that has the form of a witness commitment (BIP141). */
export function witnessCommitment({ outputs }: ChainTransaction): Uint8Array | undefined {
  return outputs[findWitnessCommitment(outputs)]?.script.subarray(6, 38);
}

/**
 * Gives a coinbase with a commitment but no witness the witness reserved value of zeros, as Core's submitblock does
 * before it validates.
 */
export function withWitnessReservedValue(block: ChainBlock, hash: HashBackend): ChainBlock {
  const [coinbase, ...others] = block.transactions;
  if (coinbase === undefined || coinbase.hasWitness || witnessCommitment(coinbase) === undefined) return block;
  const [input, ...inputs] = coinbase.inputs;
  if (input === undefined) return block;
  const filled = fromTransaction(
    { ...coinbase, inputs: [{ ...input, witness: [new Uint8Array(32)] }, ...inputs] },
    hash,
  );
  return { ...block, transactions: [filled, ...others] };
}
