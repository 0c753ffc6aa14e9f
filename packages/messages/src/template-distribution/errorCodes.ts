/** Codes of RequestTransactionData.Error. The spec lists none; these are the ones in use. An unknown code is logged, nothing else. */
export const REQUEST_TRANSACTION_DATA_ERROR_CODES = {
  staleTemplateId: 'stale-template-id',
  templateIdNotFound: 'template-id-not-found',
} as const;
/** A code of `RequestTransactionData.Error` (spec 7.6) in use; a peer may send any other string. */
export type RequestTransactionDataErrorCode =
  (typeof REQUEST_TRANSACTION_DATA_ERROR_CODES)[keyof typeof REQUEST_TRANSACTION_DATA_ERROR_CODES];
