export { ANYONE_CAN_SPEND, ANYONE_CAN_SPEND_KINDS, type AnyoneCanSpend } from './anyoneCanSpend.ts';
export { type BlockRecords, decodeBlockRecords, encodeBlockRecord } from './blockFile.ts';
export { BlockPacer, type BlockPacerOptions } from './blockPacer.ts';
export { type BlockTemplate, createTemplate, type TemplateOptions, type TemplateTransaction } from './blockTemplate.ts';
export type { Coin } from './coins.ts';
export {
  type AddTransactionResult,
  DEFAULT_MEMPOOL_LIMITS,
  Mempool,
  type MempoolEntry,
  type MempoolLimits,
} from './mempool.ts';
export { DEFAULT_PREMINED_BLOCKS, type MineBlockOptions, mineBlock, type PremineOptions, premine } from './mining.ts';
export { blockSubsidy, COINBASE_MATURITY, HALVING_INTERVAL, REGTEST_NBITS } from './params.ts';
export { type ChainTipInfo, RegtestChain, type RegtestChainOptions, type SubmitBlockResult } from './regtestChain.ts';
export { UNSUPPORTED_SCRIPT } from './script.ts';
export type { ChainTransaction } from './transaction.ts';
export { TransactionGenerator, type TransactionGeneratorOptions } from './transactionGenerator.ts';
