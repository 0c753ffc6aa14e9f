import type { Now } from '@stratumkit/codec';

/** Runs a machine when its deadline comes. */
export class CoreTimer {
  readonly #clock: () => Now;
  readonly #onDue: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: () => Now, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** `deadline` of the monotonic clock; undefined for never. */
  set(deadline: number | undefined): void {
    clearTimeout(this.#timer);
    if (deadline === undefined) return;
    const delay = Math.max(0, Math.ceil(deadline - this.#clock().monotonicMs));
    this.#timer = setTimeout(this.#onDue, delay);
  }
}
