import {
  bigintToTarget,
  equalBytes,
  type HashBackend,
  isValidNbits,
  meetsTarget,
  targetFromNbits,
  transactionLegacySigops,
} from '@stratumkit/bitcoin';
import type { ChainBlock } from './block.ts';
import { MAX_BLOCK_SIGOPS_COST, MAX_BLOCK_WEIGHT, MAX_MONEY, POW_LIMIT, WITNESS_SCALE_FACTOR } from './params.ts';
import { blockOverheadWeight, type ChainTransaction, isNullOutpoint, spentKey } from './transaction.ts';

/** Core's CheckBlock: what a block alone tells. Undefined when it passes, else Core's reject reason. */
export function checkBlock(block: ChainBlock, hash: HashBackend): string | undefined {
  return checkProofOfWork(block) ?? checkMerkleRoot(block, hash) ?? checkShape(block) ?? checkTransactions(block);
}

export function checkProofOfWork({ hash, header }: ChainBlock): string | undefined {
  const valid = isValidNbits(header.nbits, POW_LIMIT) && meetsTarget(hash, targetFromNbits(header.nbits));
  return valid ? undefined : 'high-hash';
}

/** Core's CheckTransaction. */
export function checkTransaction(transaction: ChainTransaction): string | undefined {
  const { inputs, outputs, baseSize, isCoinbase } = transaction;
  if (inputs.length === 0) return 'bad-txns-vin-empty';
  if (outputs.length === 0) return 'bad-txns-vout-empty';
  if (baseSize * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT) return 'bad-txns-oversize';
  let total = 0n;
  for (const { value } of outputs) {
    if (BigInt.asIntN(64, value) < 0n) return 'bad-txns-vout-negative';
    if (value > MAX_MONEY) return 'bad-txns-vout-toolarge';
    total += value;
    if (total > MAX_MONEY) return 'bad-txns-txouttotal-toolarge';
  }
  if (new Set(inputs.map(spentKey)).size !== inputs.length) return 'bad-txns-inputs-duplicate';
  if (isCoinbase) {
    const { length } = inputs[0]!.scriptSig;
    return length < 2 || length > 100 ? 'bad-cb-length' : undefined;
  }
  return inputs.some(isNullOutpoint) ? 'bad-txns-prevout-null' : undefined;
}

/** The root also tells whether two equal subtrees stand side by side, which would leave it unchanged (CVE-2012-2459). */
function checkMerkleRoot({ header, transactions }: ChainBlock, hash: HashBackend): string | undefined {
  let level = transactions.map((transaction) => transaction.txid);
  let mutated = false;
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i]!;
      const right = level[i + 1];
      if (right !== undefined && equalBytes(left, right)) mutated = true;
      next.push(hash.sha256dPair(left, right ?? left));
    }
    level = next;
  }
  if (!equalBytes(level[0] ?? bigintToTarget(0n), header.merkleRoot)) return 'bad-txnmrklroot';
  return mutated ? 'bad-txns-duplicate' : undefined;
}

function checkShape({ transactions }: ChainBlock): string | undefined {
  const count = transactions.length;
  const baseWeight = transactions.reduce(
    (sum, transaction) => sum + transaction.baseSize * WITNESS_SCALE_FACTOR,
    blockOverheadWeight(count),
  );
  if (count === 0 || count * WITNESS_SCALE_FACTOR > MAX_BLOCK_WEIGHT || baseWeight > MAX_BLOCK_WEIGHT)
    return 'bad-blk-length';
  if (!transactions[0]!.isCoinbase) return 'bad-cb-missing';
  if (transactions.some((transaction, index) => index > 0 && transaction.isCoinbase)) return 'bad-cb-multiple';
  return undefined;
}

function checkTransactions({ transactions }: ChainBlock): string | undefined {
  for (const transaction of transactions) {
    const reason = checkTransaction(transaction);
    if (reason !== undefined) return reason;
  }
  const sigops = transactions.reduce((sum, transaction) => sum + transactionLegacySigops(transaction), 0);
  return sigops * WITNESS_SCALE_FACTOR > MAX_BLOCK_SIGOPS_COST ? 'bad-blk-sigops' : undefined;
}
