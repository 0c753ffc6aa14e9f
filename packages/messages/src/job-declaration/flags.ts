/** Bits of `SetupConnection.flags` and `SetupConnection.Error.flags` on a job declaration connection (spec 6.4.1). */
export const JOB_DECLARATION_SETUP_FLAGS = {
  /** The client agrees to reveal the transactions of its template. */
  declareTxData: 1 << 0,
} as const;
