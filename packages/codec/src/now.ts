/** The time as a caller hands it to a machine: one clock that never jumps, for deadlines, and the wall clock in seconds. */
export interface Now {
  readonly monotonicMs: number;
  readonly unixSeconds: number;
}
