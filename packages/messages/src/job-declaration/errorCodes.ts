/** Codes of DeclareMiningJob.Error. The spec lists none; these are the ones in use. An unknown code is logged, nothing else. */
export const DECLARE_MINING_JOB_ERROR_CODES = {
  invalidMiningJobToken: 'invalid-mining-job-token',
  missingTxs: 'missing-txs',
  invalidCoinbaseTx: 'invalid-coinbase-tx',
  invalidCoinbaseTxInput: 'invalid-coinbase-tx-input',
  internalError: 'internal-error',
  staleChainTip: 'stale-chain-tip',
  invalidJob: 'invalid-job',
} as const;
/** A code of `DeclareMiningJob.Error` (spec 6.4.6) in use; a peer may send any other string. */
export type DeclareMiningJobErrorCode =
  (typeof DECLARE_MINING_JOB_ERROR_CODES)[keyof typeof DECLARE_MINING_JOB_ERROR_CODES];
