export { DeclareMiningJob, DeclareMiningJobError, DeclareMiningJobSuccess } from './declare.ts';
export { DECLARE_MINING_JOB_ERROR_CODES, type DeclareMiningJobErrorCode } from './errorCodes.ts';
export { JOB_DECLARATION_SETUP_FLAGS } from './flags.ts';
export { PushSolution } from './solution.ts';
export { AllocateMiningJobToken, AllocateMiningJobTokenSuccess } from './tokens.ts';
export { ProvideMissingTransactions, ProvideMissingTransactionsSuccess } from './transactions.ts';
