/** Bounds on what an upstream can make a client remember. */
export interface MiningClientLimits {
  /** Future jobs kept per channel; the oldest gives way. */
  readonly futureJobsPerChannel: number;
  /** Shares without an answer kept per channel; the oldest is counted as lost. */
  readonly pendingSharesPerChannel: number;
  /** The same for all channels together: with more, a channel that sends one keeps no other besides. */
  readonly pendingSharesInAll: number;
  /** Job ids of the present tip that shares may still name, per channel; the oldest gives way. */
  readonly pastJobsPerChannel: number;
  /** Requests for channels without an answer, per connection; the oldest is forgotten, and an answer to it breaks the protocol. */
  readonly unansweredRequests: number;
}

/** Limits of a mining client where its options do not say. */
export const DEFAULT_MINING_CLIENT_LIMITS: MiningClientLimits = {
  futureJobsPerChannel: 16,
  pendingSharesPerChannel: 4096,
  pendingSharesInAll: 100_000,
  pastJobsPerChannel: 64,
  unansweredRequests: 16_384,
};
