import {
  type BlockHeader,
  decodeTransaction,
  encodeBlock,
  encodeHeader,
  encodeTransaction,
  findWitnessCommitment,
  meetsTarget,
  merkleRoot,
  portableHash,
  pushHeight,
  type Transaction,
  type TxInput,
  type TxOutput,
  targetFromNbits,
  txid,
  witnessCommitmentScript,
  wtxid,
} from '@stratumkit/bitcoin';
import { ANYONE_CAN_SPEND, createTemplate, type Mempool, REGTEST_NBITS, type RegtestChain } from '@stratumkit/regtest';

/** A block open to damage. */
export interface Draft {
  header: BlockHeader;
  /** Coinbase first. */
  transactions: Transaction[];
}

export interface SealOptions {
  /** By default the right one. */
  readonly merkleRoot?: Uint8Array;
  /** False leaves an existing commitment as it is. */
  readonly commit?: boolean;
  /** By default the hash meets regtest's target. */
  readonly proofOfWork?: boolean;
}

/** An honest block on the tip. */
export function createDraft(chain: RegtestChain, mempool: Mempool, unixSeconds: number): Draft {
  const template = createTemplate(chain, mempool, unixSeconds);
  const coinbase: Transaction = {
    version: 2,
    inputs: [
      {
        prevTxid: new Uint8Array(32),
        prevIndex: 0xffffffff,
        scriptSig: Uint8Array.of(...pushHeight(template.height), 1, 7),
        sequence: 0xffffffff,
        witness: [new Uint8Array(32)],
      },
    ],
    outputs: [
      { value: template.coinbaseValue, script: ANYONE_CAN_SPEND.script },
      { value: 0n, script: witnessCommitmentScript([new Uint8Array(32)]) },
    ],
    locktime: 0,
  };
  return {
    header: {
      version: template.version,
      prevHash: template.prevHash,
      merkleRoot: new Uint8Array(32),
      time: template.time,
      nbits: template.nbits,
      nonce: 0,
    },
    transactions: [coinbase, ...template.transactions.map(({ data }) => decodeTransaction(data))],
  };
}

/** Commits to witnesses, computes the root, searches a nonce. */
export function sealDraft({ header, transactions }: Draft, options: SealOptions = {}): Uint8Array {
  const all = options.commit === false ? transactions : withCommitment(transactions);
  const sealed = {
    ...header,
    merkleRoot: options.merkleRoot ?? merkleRoot(all.map((transaction) => txid(transaction))),
  };
  const wanted = options.proofOfWork ?? true;
  const target = targetFromNbits(REGTEST_NBITS);
  for (let nonce = 0; ; nonce++) {
    const mined = { ...sealed, nonce };
    if (meetsTarget(portableHash.sha256d(encodeHeader(mined)), target) === wanted)
      return encodeBlock(
        mined,
        all.map((transaction) => encodeTransaction(transaction)),
      );
  }
}

export function withInput(transaction: Transaction, change: Partial<TxInput>, index = 0): Transaction {
  return {
    ...transaction,
    inputs: transaction.inputs.map((input, at) => (at === index ? { ...input, ...change } : input)),
  };
}

export function withOutput(transaction: Transaction, change: Partial<TxOutput>, index = 0): Transaction {
  return {
    ...transaction,
    outputs: transaction.outputs.map((output, at) => (at === index ? { ...output, ...change } : output)),
  };
}

export function addOutputs(transaction: Transaction, ...outputs: TxOutput[]): Transaction {
  return { ...transaction, outputs: [...outputs, ...transaction.outputs] };
}

/** Spends outputs of `from` to one anyone-can-spend output. */
export function spend(from: Uint8Array, prevIndex: number, value: bigint, change: Partial<TxInput> = {}): Transaction {
  const { scriptSig, witness, script } = ANYONE_CAN_SPEND;
  return {
    version: 2,
    inputs: [{ prevTxid: from, prevIndex, scriptSig, sequence: 0xffffffff, witness, ...change }],
    outputs: [{ value, script }],
    locktime: 0,
  };
}

function withCommitment(transactions: readonly Transaction[]): readonly Transaction[] {
  const [coinbase, ...others] = transactions;
  const index = findWitnessCommitment(coinbase!.outputs);
  if (index < 0) return transactions;
  const reserved = coinbase!.inputs[0]!.witness[0] ?? new Uint8Array(32);
  const script = witnessCommitmentScript([new Uint8Array(32), ...others.map((other) => wtxid(other))], reserved);
  return [withOutput(coinbase!, { script }, index), ...others];
}
