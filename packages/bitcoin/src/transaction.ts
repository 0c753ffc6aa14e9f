import { UsageError } from '@stratumkit/codec';
import { concatBytes, u32Bytes, u64Bytes } from './bytes.ts';
import { ByteReader, encodeCompactSize } from './compactSize.ts';
import { type HashBackend, portableHash } from './hash.ts';

/** An input as it is on the wire. A coinbase's has a `prevTxid` of 32 zero bytes and the `prevIndex` 0xffffffff. */
export interface TxInput {
  /** Wire order. */
  readonly prevTxid: Uint8Array;
  /** U32. */
  readonly prevIndex: number;
  /** Without its length. */
  readonly scriptSig: Uint8Array;
  /** U32. */
  readonly sequence: number;
  /** BIP-0141 stack items; empty without a witness. */
  readonly witness: readonly Uint8Array[];
}

/** An output as it is on the wire; its `value` is a U64. */
export interface TxOutput {
  /** Satoshi. */
  readonly value: bigint;
  /** Without its length. */
  readonly script: Uint8Array;
}

/** A transaction with or without witness. It has BIP-0141 fields when an input's `witness` is not empty. */
export interface Transaction {
  /** Unsigned 32-bit. */
  readonly version: number;
  readonly inputs: readonly TxInput[];
  readonly outputs: readonly TxOutput[];
  /** U32: a height below 500,000,000, Unix seconds from there on. */
  readonly locktime: number;
}

const MIN_INPUT_SIZE = 41;
const MIN_OUTPUT_SIZE = 9;

/** Decodes exactly one transaction, with or without BIP-0141 fields. The result holds copies. */
export function decodeTransaction(bytes: Uint8Array): Transaction {
  const reader = new ByteReader(bytes);
  const transaction = readTransaction(reader);
  reader.expectEnd();
  return transaction;
}

/** Decodes the transaction at the reader's position, by the rules of Bitcoin Core. */
export function readTransaction(reader: ByteReader): Transaction {
  const version = reader.u32();
  let segwit = false;
  if (reader.peek() === 0) {
    reader.u8();
    const flag = reader.u8();
    if (flag > 1) reader.fail('unknown optional data in a transaction');
    if (flag === 0) return { version, inputs: [], outputs: [], locktime: reader.u32() };
    segwit = true;
  }
  let inputs = readList(reader, MIN_INPUT_SIZE, readInput);
  const outputs = readList(reader, MIN_OUTPUT_SIZE, readOutput);
  if (segwit) {
    inputs = inputs.map((input) => ({ ...input, witness: readList(reader, 1, (r) => r.varBytes()) }));
    if (inputs.every((input) => input.witness.length === 0)) reader.fail('witness without content');
  }
  return { version, inputs, outputs, locktime: reader.u32() };
}

/** Encodes a transaction; the BIP-0141 fields are written when wanted (the default) and when an input has a witness. */
export function encodeTransaction(transaction: Transaction, options: { witness?: boolean } = {}): Uint8Array {
  const witness = options.witness !== false && transaction.inputs.some((input) => input.witness.length > 0);
  const parts = [u32Bytes(transaction.version)];
  if (witness) parts.push(Uint8Array.of(0, 1));
  parts.push(encodeCompactSize(transaction.inputs.length));
  for (const input of transaction.inputs) {
    parts.push(input.prevTxid, u32Bytes(input.prevIndex), encodeCompactSize(input.scriptSig.length), input.scriptSig);
    parts.push(u32Bytes(input.sequence));
  }
  parts.push(encodeCompactSize(transaction.outputs.length), encodeOutputs(transaction.outputs));
  if (witness) for (const input of transaction.inputs) parts.push(encodeWitness(input.witness));
  parts.push(u32Bytes(transaction.locktime));
  return concatBytes(...parts);
}

/** The outputs one after another, without their count. Throws UsageError `output-value` for a value that is no U64. */
export function encodeOutputs(outputs: readonly TxOutput[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { value, script } of outputs) {
    if (value < 0n || value >= 1n << 64n) {
      throw new UsageError('output-value', 'an output value lies within 0 and 2^64 - 1 satoshi', {
        context: { value: value.toString() },
      });
    }
    parts.push(u64Bytes(value), encodeCompactSize(script.length), script);
  }
  return concatBytes(...parts);
}

/** Exactly `count` outputs that fill `bytes`; the inverse of {@link encodeOutputs}. */
export function decodeOutputs(bytes: Uint8Array, count: number): TxOutput[] {
  const reader = new ByteReader(bytes);
  if (count * MIN_OUTPUT_SIZE > reader.remaining) reader.fail('more outputs announced than bytes follow');
  const outputs = Array.from({ length: count }, () => readOutput(reader));
  reader.expectEnd();
  return outputs;
}

/** Hash of the transaction without its BIP-0141 fields, in wire order. */
export function txid(transaction: Transaction | Uint8Array, hash: HashBackend = portableHash): Uint8Array {
  const decoded = transaction instanceof Uint8Array ? decodeTransaction(transaction) : transaction;
  return hash.sha256d(encodeTransaction(decoded, { witness: false }));
}

/** Hash of the whole transaction, in wire order. (In the witness commitment the coinbase counts as 32 zero bytes.) */
export function wtxid(transaction: Transaction | Uint8Array, hash: HashBackend = portableHash): Uint8Array {
  return hash.sha256d(transaction instanceof Uint8Array ? transaction : encodeTransaction(transaction));
}

/** BIP-0141 weight: three times the size without witness plus the whole size. */
export function transactionWeight(transaction: Transaction): number {
  return encodeTransaction(transaction, { witness: false }).length * 3 + encodeTransaction(transaction).length;
}

function encodeWitness(items: readonly Uint8Array[]): Uint8Array {
  const parts = [encodeCompactSize(items.length)];
  for (const item of items) parts.push(encodeCompactSize(item.length), item);
  return concatBytes(...parts);
}

function readList<T>(reader: ByteReader, minSize: number, read: (reader: ByteReader) => T): T[] {
  const count = reader.count(minSize);
  const out: T[] = [];
  for (let i = 0; i < count; i++) out.push(read(reader));
  return out;
}

function readInput(reader: ByteReader): TxInput {
  const prevTxid = reader.bytes(32);
  const prevIndex = reader.u32();
  const scriptSig = reader.varBytes();
  return { prevTxid, prevIndex, scriptSig, sequence: reader.u32(), witness: [] };
}

function readOutput(reader: ByteReader): TxOutput {
  return { value: reader.u64(), script: reader.varBytes() };
}
