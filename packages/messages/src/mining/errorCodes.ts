/*
 * The spec lists no error codes (3.5); these are the strings in use. A peer may send any other: log it, change nothing.
 */

/** Codes of `OpenMiningChannel.Error` (spec 5.3.6), for standard and extended channels alike. */
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
/** A code of `OpenMiningChannel.Error` in use; a peer may send any other string. */
export type OpenMiningChannelErrorCode =
  (typeof OPEN_MINING_CHANNEL_ERROR_CODES)[keyof typeof OPEN_MINING_CHANNEL_ERROR_CODES];

/** Codes of `UpdateChannel.Error` (spec 5.3.8). */
export const UPDATE_CHANNEL_ERROR_CODES = {
  invalidNominalHashrate: 'invalid-nominal-hashrate',
  invalidChannelId: 'invalid-channel-id',
} as const;
/** A code of `UpdateChannel.Error` in use; a peer may send any other string. */
export type UpdateChannelErrorCode = (typeof UPDATE_CHANNEL_ERROR_CODES)[keyof typeof UPDATE_CHANNEL_ERROR_CODES];

/** Codes of `SubmitShares.Error` (spec 5.3.14). */
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
/** A code of `SubmitShares.Error` in use; a peer may send any other string. */
export type SubmitSharesErrorCode = (typeof SUBMIT_SHARES_ERROR_CODES)[keyof typeof SUBMIT_SHARES_ERROR_CODES];

/** Codes of `SetCustomMiningJob.Error` (spec 5.3.20). */
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
/** A code of `SetCustomMiningJob.Error` in use; a peer may send any other string. */
export type SetCustomMiningJobErrorCode =
  (typeof SET_CUSTOM_MINING_JOB_ERROR_CODES)[keyof typeof SET_CUSTOM_MINING_JOB_ERROR_CODES];
