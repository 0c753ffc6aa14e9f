import type { Now } from '@stratumkit/codec';

/** The upstreams and how patiently they are tried. */
export interface UpstreamListOptions<Upstream> {
  /** In order of preference; at least one. */
  readonly upstreams: readonly Upstream[];
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly policy?: Partial<RetryPolicy>;
}

/** Delays between attempts double from the first to the largest; chance shortens each by up to half. */
export interface RetryPolicy {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Failures in a row until the next upstream of the list is tried; after the last one the first is tried again. */
  readonly attemptsPerUpstream: number;
}

/** Policy of an {@link UpstreamList} where its options do not say. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = { firstDelayMs: 500, maxDelayMs: 30_000, attemptsPerUpstream: 3 };

/**
 * An ordered list of upstreams with jittered exponential backoff. It never gives up: a used upstream is tried again, for
 * ever. The delay grows with the failures in a row and is forgotten when an upstream has served work.
 */
export class UpstreamList<Upstream> {
  readonly #upstreams: readonly Upstream[];
  readonly #random: () => number;
  readonly #policy: RetryPolicy;
  #index = 0;
  #failures = 0;
  #failuresHere = 0;
  #retryAtMs: number | undefined;

  constructor(options: UpstreamListOptions<Upstream>) {
    this.#upstreams = options.upstreams;
    this.#random = options.random;
    this.#policy = { ...DEFAULT_RETRY_POLICY, ...options.policy };
  }

  get current(): Upstream {
    return this.#upstreams[this.#index]!;
  }

  get index(): number {
    return this.#index;
  }

  /** When to try {@link current} again; undefined while there is nothing to wait for. */
  get deadline(): number | undefined {
    return this.#retryAtMs;
  }

  /** The upstream to connect to now, once its time has come. */
  due(now: Now): Upstream | undefined {
    if (this.#retryAtMs === undefined || now.monotonicMs < this.#retryAtMs) return undefined;
    this.#retryAtMs = undefined;
    return this.current;
  }

  /** Starts without delay. */
  start(now: Now): void {
    this.#retryAtMs = now.monotonicMs;
  }

  /**
   * The connection failed or was lost; returns the delay until the next attempt, which is on the next upstream at once if
   * `isPersistent`.
   */
  failed(now: Now, isPersistent = false): number {
    this.#failures++;
    this.#failuresHere++;
    if (isPersistent || this.#failuresHere >= this.#policy.attemptsPerUpstream) {
      this.#index = (this.#index + 1) % this.#upstreams.length;
      this.#failuresHere = 0;
    }
    const { firstDelayMs, maxDelayMs } = this.#policy;
    const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(this.#failures - 1, 30));
    const jittered = Math.round(delay * (0.5 + this.#random() / 2));
    this.#retryAtMs = now.monotonicMs + jittered;
    return jittered;
  }

  /** The upstream has served work: the next failure starts from the shortest delay. */
  succeeded(): void {
    this.#failures = 0;
    this.#failuresHere = 0;
  }

  /** The upstream of this index serves work, however it was reached: it is tried first when it fails. */
  serving(index: number): void {
    this.#index = index;
    this.#retryAtMs = undefined;
    this.succeeded();
  }
}
