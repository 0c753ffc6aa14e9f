export interface VardiffOptions {
  readonly sharesPerMinute: number;
  /** Hashes per second. Targets are never easier than for the smallest, nor harder than for the largest. */
  readonly minHashrate: number;
  readonly maxHashrate: number;
  /** No two retargets are closer than this, except to stop a flood; by default 30,000. */
  readonly retargetIntervalMs?: number;
  /** What the client claimed; 0 when unknown. */
  readonly nominalHashrate?: number;
  /** The client's `max_target`: no target is easier. */
  readonly maxTarget?: Uint8Array;
}
