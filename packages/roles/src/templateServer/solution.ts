import {
  addWitness,
  decodeTransaction,
  encodeBlock,
  encodeTransaction,
  foldMerklePath,
  type HashBackend,
  headerHash,
  meetsTarget,
  type Transaction,
  VERSION_ROLLING_MASK,
} from '@stratumkit/bitcoin';
import { RemoteError } from '@stratumkit/codec';
import type { SubmitSolution } from '@stratumkit/messages/template-distribution';
import type { Work } from './work.ts';

/** Why a SubmitSolution (spec 7.7) makes no block for the node. The protocol has no answer for it: it is for the log. */
export type SolutionRefusal =
  | 'template-id-not-found'
  | 'invalid-non-rollable-version-bit'
  | 'invalid-coinbase'
  | 'target-not-met'
  | 'duplicate-solution';

export interface SolvedBlock {
  readonly bytes: Uint8Array;
  /** Wire order. */
  readonly hash: Uint8Array;
}

/** The full block of a solution, or why there is none. Everything else is for the node to judge. */
export function solveBlock(work: Work, solution: SubmitSolution, hash: HashBackend): SolvedBlock | SolutionRefusal {
  if (((solution.version ^ work.version) & ~VERSION_ROLLING_MASK) !== 0) return 'invalid-non-rollable-version-bit';
  const coinbase = decodeCoinbase(solution.coinbaseTx);
  if (coinbase === undefined) return 'invalid-coinbase';
  const stripped = encodeTransaction(coinbase, { witness: false });
  const header = {
    version: solution.version,
    prevHash: work.prevHash,
    merkleRoot: foldMerklePath(hash.sha256d(stripped), work.merklePath, hash),
    time: solution.headerTimestamp,
    nbits: work.nbits,
    nonce: solution.headerNonce,
  };
  const blockHash = headerHash(header, hash);
  if (!meetsTarget(blockHash, work.target)) return 'target-not-met';
  // A client that stripped the BIP141 fields (spec 7.7 forbids it) would lose its block only for that.
  const hasWitness = coinbase.inputs.some(({ witness }) => witness.length > 0);
  const full = work.witness && !hasWitness ? addWitness(stripped) : solution.coinbaseTx;
  return { bytes: encodeBlock(header, [full, ...work.transactions.map(({ data }) => data)]), hash: blockHash };
}

function decodeCoinbase(bytes: Uint8Array): Transaction | undefined {
  try {
    const transaction = decodeTransaction(bytes);
    return transaction.inputs.length === 1 ? transaction : undefined;
  } catch (error) {
    if (error instanceof RemoteError) return undefined;
    throw error;
  }
}
