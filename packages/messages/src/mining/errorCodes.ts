/*
 * The spec lists no error codes (3.5); these are the strings in use. A peer may send any other: log it, change nothing.
 */

export const OPEN_MINING_CHANNEL_ERROR_CODES = {
  standardChannelsNotSupportedForCustomWork: 'standard-channels-not-supported-for-custom-work',
  extendedChannelsNotSupportedForStandardJobs: 'extended-channels-not-supported-for-standard-jobs',
  invalidUserIdentity: 'invalid-user-identity',
  invalidNominalHashrate: 'invalid-nominal-hashrate',
  minExtranonceSizeTooLarge: 'min-extranonce-size-too-large',
  maxTargetOutOfRange: 'max-target-out-of-range',
  unknownUser: 'unknown-user',
  channelCapacityExhausted: 'channel-capacity-exhausted',
} as const;
export type OpenMiningChannelErrorCode =
  (typeof OPEN_MINING_CHANNEL_ERROR_CODES)[keyof typeof OPEN_MINING_CHANNEL_ERROR_CODES];

export const UPDATE_CHANNEL_ERROR_CODES = {
  invalidNominalHashrate: 'invalid-nominal-hashrate',
  invalidChannelId: 'invalid-channel-id',
} as const;
export type UpdateChannelErrorCode = (typeof UPDATE_CHANNEL_ERROR_CODES)[keyof typeof UPDATE_CHANNEL_ERROR_CODES];

export const SUBMIT_SHARES_ERROR_CODES = {
  invalidChannelId: 'invalid-channel-id',
  invalidShare: 'invalid-share',
  staleShare: 'stale-share',
  invalidJobId: 'invalid-job-id',
  difficultyTooLow: 'difficulty-too-low',
  duplicateShare: 'duplicate-share',
  badExtranonceSize: 'bad-extranonce-size',
  versionRollingNotAllowed: 'version-rolling-not-allowed',
  invalidNonRollableVersionBit: 'invalid-non-rollable-version-bit',
} as const;
export type SubmitSharesErrorCode = (typeof SUBMIT_SHARES_ERROR_CODES)[keyof typeof SUBMIT_SHARES_ERROR_CODES];

export const SET_CUSTOM_MINING_JOB_ERROR_CODES = {
  jdNotSupported: 'jd-not-supported',
  invalidChannelId: 'invalid-channel-id',
  invalidMiningJobToken: 'invalid-mining-job-token',
  jobNotYetValidated: 'job-not-yet-validated',
  staleChainTip: 'stale-chain-tip',
  invalidMinNtime: 'invalid-min-ntime',
  invalidNbits: 'invalid-nbits',
  invalidVersion: 'invalid-version',
  invalidCoinbaseTx: 'invalid-coinbase-tx',
  invalidCoinbaseTxVersion: 'invalid-coinbase-tx-version',
  invalidCoinbasePrefix: 'invalid-coinbase-prefix',
  invalidCoinbaseTxInputNSequence: 'invalid-coinbase-tx-input-n-sequence',
  invalidCoinbaseTxOutputs: 'invalid-coinbase-tx-outputs',
  invalidCoinbaseTxLocktime: 'invalid-coinbase-tx-locktime',
  invalidMerklePath: 'invalid-merkle-path',
} as const;
export type SetCustomMiningJobErrorCode =
  (typeof SET_CUSTOM_MINING_JOB_ERROR_CODES)[keyof typeof SET_CUSTOM_MINING_JOB_ERROR_CODES];
