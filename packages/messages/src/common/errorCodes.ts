/** Codes of SetupConnection.Error. The spec lists none; these are the ones in use. An unknown code is logged, nothing else. */
export const SETUP_CONNECTION_ERROR_CODES = {
  unsupportedFeatureFlags: 'unsupported-feature-flags',
  unsupportedProtocol: 'unsupported-protocol',
  protocolVersionMismatch: 'protocol-version-mismatch',
  missingDeclareTxDataFlag: 'missing-declare-tx-data-flag',
} as const;
/** A code of `SetupConnection.Error` (spec 3.6.3) in use; a peer may send any other string. */
export type SetupConnectionErrorCode = (typeof SETUP_CONNECTION_ERROR_CODES)[keyof typeof SETUP_CONNECTION_ERROR_CODES];
