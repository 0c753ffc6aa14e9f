import { concatBytes } from './bytes.ts';
import { ByteReader, encodeCompactSize } from './compactSize.ts';
import { type HashBackend, portableHash } from './hash.ts';
import { type BlockHeader, decodeHeader, encodeHeader, HEADER_SIZE } from './header.ts';
import { merkleRoot } from './merkle.ts';
import { OP_RETURN } from './script.ts';
import { readTransaction, type Transaction, type TxOutput } from './transaction.ts';

const COMMITMENT_HEADER = Uint8Array.of(OP_RETURN, 0x24, 0xaa, 0x21, 0xa9, 0xed);
const COMMITMENT_SIZE = 38;
const MIN_TRANSACTION_SIZE = 10;

/** A whole block; the transactions are given in full, coinbase first with its witness. */
export function encodeBlock(header: BlockHeader | Uint8Array, transactions: readonly Uint8Array[]): Uint8Array {
  const head = header instanceof Uint8Array ? header : encodeHeader(header);
  return concatBytes(head, encodeCompactSize(transactions.length), ...transactions);
}

/** A decoded block: coinbase first, every array a copy. */
export interface Block {
  readonly header: BlockHeader;
  readonly transactions: readonly Transaction[];
}

/** Decodes exactly one block; no consensus rule is checked. */
export function decodeBlock(bytes: Uint8Array): Block {
  const header = decodeHeader(bytes);
  const reader = new ByteReader(bytes.subarray(HEADER_SIZE));
  const count = reader.count(MIN_TRANSACTION_SIZE);
  const transactions: Transaction[] = [];
  for (let i = 0; i < count; i++) transactions.push(readTransaction(reader));
  reader.expectEnd();
  return { header, transactions };
}

/**
 * The output script that commits to all wtxids (BIP-0141). The first of `wtxids`, the coinbase's, is 32 zero bytes;
 * `reservedValue` is the coinbase's witness item.
 */
export function witnessCommitmentScript(
  wtxids: readonly Uint8Array[],
  reservedValue: Uint8Array = new Uint8Array(32),
  hash: HashBackend = portableHash,
): Uint8Array {
  return concatBytes(COMMITMENT_HEADER, hash.sha256dPair(merkleRoot(wtxids, hash), reservedValue));
}

/** Index of the output that carries the witness commitment: the last one of that form, or -1. */
export function findWitnessCommitment(outputs: readonly TxOutput[]): number {
  return outputs.findLastIndex(
    ({ script }) => script.length >= COMMITMENT_SIZE && COMMITMENT_HEADER.every((byte, i) => script[i] === byte),
  );
}
