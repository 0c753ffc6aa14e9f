import type { Now } from '@stratumkit/codec';

/** Wall time at virtual time 0: 2026-01-01. */
export const EPOCH_SECONDS = 1_767_225_600;

/** To a multiple of 1/1024 ms, so that adding times is exact. */
export function roundUpToTick(timeMs: number): number {
  return Math.ceil(timeMs * 1024) / 1024;
}

/** The two clocks of one machine. The monotonic one starts anywhere and never jumps; the wall clock may be wrong and set. */
export class MachineClock {
  #monotonicOffsetMs = 0;
  #wallOffsetMs = 0;
  #driftPerMillion = 0;
  #driftSinceMs = 0;
  #lastReadMs = Number.NaN;
  #last: Now = { monotonicMs: 0, unixSeconds: 0 };

  /** What the clocks show at a virtual time. */
  read(virtualMs: number): Now {
    // A process asks many times within one moment.
    if (virtualMs !== this.#lastReadMs) {
      this.#lastReadMs = virtualMs;
      this.#last = {
        monotonicMs: virtualMs + this.#monotonicOffsetMs,
        unixSeconds: EPOCH_SECONDS + Math.floor((virtualMs + this.#wallOffset(virtualMs)) / 1_000),
      };
    }
    return this.#last;
  }

  toVirtual(monotonicMs: number): number {
    return monotonicMs - this.#monotonicOffsetMs;
  }

  /** A boot: the monotonic clock starts at another number. */
  restart(monotonicOffsetMs: number): void {
    this.#monotonicOffsetMs = monotonicOffsetMs;
    this.#lastReadMs = Number.NaN;
  }

  /** Sets the wall clock this much wrong; 0 sets it right. */
  setWallOffset(offsetMs: number, virtualMs: number): void {
    this.#wallOffsetMs = offsetMs;
    this.#driftSinceMs = virtualMs;
    this.#lastReadMs = Number.NaN;
  }

  /** From now on the wall clock gains this many parts in a million. */
  setDrift(perMillion: number, virtualMs: number): void {
    this.#wallOffsetMs = this.#wallOffset(virtualMs);
    this.#driftSinceMs = virtualMs;
    this.#driftPerMillion = perMillion;
    this.#lastReadMs = Number.NaN;
  }

  get isRight(): boolean {
    return this.#wallOffsetMs === 0 && this.#driftPerMillion === 0;
  }

  #wallOffset(virtualMs: number): number {
    return this.#wallOffsetMs + ((virtualMs - this.#driftSinceMs) * this.#driftPerMillion) / 1_000_000;
  }
}
