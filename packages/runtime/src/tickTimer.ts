import type { Now } from '@stratumkit/codec';

/** Longest delay that `setTimeout` takes; it makes 1 ms of a longer one. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Ticks a machine when its deadline comes. What is due already is done in the next turn of the event loop, after sockets and timers. */
export class TickTimer {
  readonly #clock: () => Now;
  readonly #tick: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #nextTurn: ReturnType<typeof setImmediate> | undefined;
  #isClosed = false;

  constructor(clock: () => Now, tick: () => void) {
    this.#clock = clock;
    this.#tick = tick;
  }

  /**
   * Asks for a tick at `deadline`, in monotonic milliseconds. A timer is moved only if it would fire too late, so there may be
   * ticks before the deadline: every message would move it otherwise.
   */
  schedule(deadline: number | undefined): void {
    if (deadline === undefined || deadline >= this.#timerAtMs || this.#isClosed) return;
    const delayMs = deadline - this.#clock().monotonicMs;
    if (delayMs <= 0) {
      this.#nextTurn ??= setImmediate(() => {
        this.#nextTurn = undefined;
        this.#tick();
      });
      return;
    }
    clearTimeout(this.#timer);
    this.#timerAtMs = deadline;
    this.#timer = setTimeout(
      () => {
        this.#timerAtMs = Number.POSITIVE_INFINITY;
        this.#tick();
      },
      Math.min(MAX_DELAY_MS, Math.ceil(delayMs)),
    );
  }

  /** No tick any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#nextTurn);
  }
}
