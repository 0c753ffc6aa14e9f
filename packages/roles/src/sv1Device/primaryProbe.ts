import type { Now } from '@stratumkit/codec';

/** When a device that mines on a fallback tries whether its first upstream can be reached again. */
export class PrimaryProbe {
  readonly #intervalMs: number | undefined;
  #dueMs: number | undefined;
  #isAsking = false;

  /** Without an interval it never does. */
  constructor(intervalMs: number | undefined) {
    this.#intervalMs = intervalMs;
  }

  get deadline(): number | undefined {
    return this.#dueMs;
  }

  /** It has work of a fallback. */
  watch(now: Now): void {
    if (this.#dueMs === undefined && !this.#isAsking) this.#plan(now);
  }

  /** It is on no fallback any more; an answer that is still to come means nothing. */
  stop(): void {
    this.#dueMs = undefined;
    this.#isAsking = false;
  }

  /** True once when the time has come; the answer goes to {@link answered}. */
  ask(now: Now): boolean {
    if (this.#dueMs === undefined || now.monotonicMs < this.#dueMs) return false;
    this.#dueMs = undefined;
    this.#isAsking = true;
    return true;
  }

  /** True if the device is to go back. */
  answered(reached: boolean, now: Now): boolean {
    if (!this.#isAsking) return false;
    this.#isAsking = false;
    if (!reached) this.#plan(now);
    return reached;
  }

  #plan(now: Now): void {
    if (this.#intervalMs !== undefined) this.#dueMs = now.monotonicMs + this.#intervalMs;
  }
}
