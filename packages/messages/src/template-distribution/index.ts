export { REQUEST_TRANSACTION_DATA_ERROR_CODES, type RequestTransactionDataErrorCode } from './errorCodes.ts';
export { SubmitSolution } from './solution.ts';
export { CoinbaseOutputConstraints, NewTemplate, SetNewPrevHash } from './templates.ts';
export {
  RequestTransactionData,
  RequestTransactionDataError,
  RequestTransactionDataSuccess,
} from './transactionData.ts';
