/** Named bounds of one channel. Whatever a peer or a long quiet tip could grow is listed here. */
export interface ChannelLimits {
  /** Future jobs kept; the oldest one becomes stale when another is added. */
  readonly maxFutureJobs: number;
  /** Active and past jobs kept; the oldest one becomes stale when another is added. */
  readonly maxLiveJobs: number;
  /** Stale jobs remembered, to answer `stale-share` and to find late blocks in them. */
  readonly maxStaleJobs: number;
  /** Header hashes remembered for one chain tip. When full, the oldest work is retired. */
  readonly maxRememberedShares: number;
  /** Chain tips whose header hashes are remembered: more than one, because tips come back (A, B, A). */
  readonly maxRememberedTips: number;
  /** Works retired for lack of memory on one tip. When reached, no job is credited before the next tip. */
  readonly maxRetiredWorks: number;
  /** Hashes of solutions handed out, so that each one is handed out once. */
  readonly maxRememberedSolutions: number;
}

/** Each can be set alone. */
export const DEFAULT_CHANNEL_LIMITS: ChannelLimits = {
  maxFutureJobs: 8,
  maxLiveJobs: 16,
  maxStaleJobs: 32,
  maxRememberedShares: 65_536,
  maxRememberedTips: 3,
  maxRetiredWorks: 64,
  maxRememberedSolutions: 64,
};
