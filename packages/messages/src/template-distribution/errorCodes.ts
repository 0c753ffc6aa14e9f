/** Codes of RequestTransactionData.Error. The spec lists none; these are the ones in use. An unknown code is logged, nothing else. */
export const REQUEST_TRANSACTION_DATA_ERROR_CODES = {
  staleTemplateId: 'stale-template-id',
  templateIdNotFound: 'template-id-not-found',
} as const;
export type RequestTransactionDataErrorCode =
  (typeof REQUEST_TRANSACTION_DATA_ERROR_CODES)[keyof typeof REQUEST_TRANSACTION_DATA_ERROR_CODES];
