/** Bits of `SetupConnection.flags` and `SetupConnection.Error.flags` on a mining connection (spec 5.3.1). */
export const MINING_SETUP_FLAGS = {
  /** The client cannot process extended jobs. */
  requiresStandardJobs: 1 << 0,
  /** The client will send SetCustomMiningJob. */
  requiresWorkSelection: 1 << 1,
  /** The client must be allowed to roll version bits. */
  requiresVersionRolling: 1 << 2,
} as const;

/** Bits of `SetupConnection.Success.flags` on a mining connection (spec 5.3.1). */
export const MINING_SETUP_SUCCESS_FLAGS = {
  /** The server accepts no change of the version field. */
  requiresFixedVersion: 1 << 0,
  /** The server opens no standard channels. */
  requiresExtendedChannels: 1 << 1,
} as const;
