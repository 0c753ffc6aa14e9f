/** A range of nonces to try; bytes are copied on the way to the worker. */
export interface SearchTask {
  readonly header: Uint8Array;
  readonly target: Uint8Array;
  readonly firstNonce: number;
  readonly count: number;
}

/** What a worker found: a `SearchResult` and what it cost. */
export interface SearchDone {
  readonly nonces: readonly number[];
  readonly tried: number;
  /** Time the worker spent. */
  readonly elapsedMs: number;
}
