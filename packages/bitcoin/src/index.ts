export {
  type AddressProblem,
  type AddressResult,
  decodeAddress,
  isValidAddress,
  NETWORKS,
  type Network,
  scriptFromAddress,
} from './address.ts';
export { type Block, decodeBlock, encodeBlock, findWitnessCommitment, witnessCommitmentScript } from './block.ts';
export { equalBytes } from './bytes.ts';
export {
  addWitness,
  buildCoinbase,
  type CoinbaseParts,
  coinbaseHeight,
  joinCoinbase,
  MAX_COINBASE_SCRIPT_SIZE,
  MIN_COINBASE_SCRIPT_SIZE,
  stripWitness,
} from './coinbase.ts';
export { ByteReader, compactSizeLength, encodeCompactSize } from './compactSize.ts';
export { scriptFromDescriptor } from './descriptor.ts';
export { descriptorChecksum } from './descriptorChecksum.ts';
export {
  difficultyFromTarget,
  hashrateFromTarget,
  targetFromDifficulty,
  targetFromHashrate,
  workFromTarget,
} from './difficulty.ts';
export { displayHash, type HashBackend, parseHash, portableHash } from './hash.ts';
export {
  type BlockHeader,
  decodeHeader,
  encodeHeader,
  encodeHeaderInto,
  HEADER_SIZE,
  headerHash,
  headerHashWithNonce,
  VERSION_ROLLING_MASK,
} from './header.ts';
export { foldMerklePath, merklePath, merkleRoot } from './merkle.ts';
export { fitsNetwork } from './powLimit.ts';
export {
  countSigops,
  legacySigops,
  OP_RETURN,
  OP_TRUE,
  parseScript,
  pushBytes,
  pushHeight,
  type ScriptOperation,
} from './script.ts';
export { transactionLegacySigops, transactionSigopsCost } from './sigops.ts';
export {
  bigintToTarget,
  compareTargets,
  decodeNbits,
  isValidNbits,
  MAX_TARGET,
  meetsTarget,
  nbitsFromTarget,
  targetFromNbits,
  targetToBigint,
} from './target.ts';
export {
  decodeOutputs,
  decodeTransaction,
  encodeOutputs,
  encodeTransaction,
  type Transaction,
  type TxInput,
  type TxOutput,
  transactionWeight,
  txid,
  wtxid,
} from './transaction.ts';
