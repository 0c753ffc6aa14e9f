import { concatBytes } from '@noble/hashes/utils.js';
import { type BlockHeader, equalBytes, type HashBackend, merkleRoot, pushHeight } from '@stratumkit/bitcoin';
import { type ChainBlock, witnessCommitment } from './block.ts';
import { type BlockNode, medianTimePast } from './blockIndex.ts';
import { isFinal } from './locktime.ts';
import { MAX_BLOCK_WEIGHT, MAX_FUTURE_BLOCK_SECONDS, MINIMUM_BLOCK_VERSION, REGTEST_NBITS } from './params.ts';
import { blockOverheadWeight } from './transaction.ts';

/** Core's ContextualCheckBlockHeader. */
export function contextualCheckHeader(header: BlockHeader, parent: BlockNode, unixSeconds: number): string | undefined {
  if (header.nbits !== REGTEST_NBITS) return 'bad-diffbits';
  if (header.time <= medianTimePast(parent)) return 'time-too-old';
  if (header.time > unixSeconds + MAX_FUTURE_BLOCK_SECONDS) return 'time-too-new';
  if ((header.version | 0) < MINIMUM_BLOCK_VERSION)
    return `bad-version(0x${header.version.toString(16).padStart(8, '0')})`;
  return undefined;
}

/** `mutated` refusals do not condemn the header: the same header may come again with the right witnesses. */
export interface ContextualFailure {
  readonly reason: string;
  readonly mutated: boolean;
}

/** Core's ContextualCheckBlock. */
export function contextualCheckBlock(
  block: ChainBlock,
  parent: BlockNode,
  hash: HashBackend,
): ContextualFailure | undefined {
  const height = parent.height + 1;
  const cutoff = medianTimePast(parent);
  if (!block.transactions.every((transaction) => isFinal(transaction, height, cutoff)))
    return { reason: 'bad-txns-nonfinal', mutated: false };

  const expected = pushHeight(height);
  const { scriptSig } = block.transactions[0]!.inputs[0]!;
  if (!equalBytes(scriptSig.subarray(0, expected.length), expected)) return { reason: 'bad-cb-height', mutated: false };

  const witnessFailure = checkWitnesses(block, hash);
  if (witnessFailure !== undefined) return { reason: witnessFailure, mutated: true };

  return blockWeight(block) > MAX_BLOCK_WEIGHT ? { reason: 'bad-blk-weight', mutated: false } : undefined;
}

export function blockWeight({ transactions }: ChainBlock): number {
  return transactions.reduce((sum, { weight }) => sum + weight, blockOverheadWeight(transactions.length));
}

function checkWitnesses({ transactions }: ChainBlock, hash: HashBackend): string | undefined {
  const coinbase = transactions[0]!;
  const commitment = witnessCommitment(coinbase);
  if (commitment === undefined)
    return transactions.some(({ hasWitness }) => hasWitness) ? 'unexpected-witness' : undefined;
  const { witness } = coinbase.inputs[0]!;
  const [reserved] = witness;
  if (witness.length !== 1 || reserved?.length !== 32) return 'bad-witness-nonce-size';
  const leaves = transactions.map(({ wtxid }, index) => (index === 0 ? new Uint8Array(32) : wtxid));
  const expected = hash.sha256d(concatBytes(merkleRoot(leaves, hash), reserved));
  return equalBytes(expected, commitment) ? undefined : 'bad-witness-merkle-match';
}
