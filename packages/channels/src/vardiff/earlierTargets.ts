import type { HashratePosterior } from './hashratePosterior.ts';

/** Earlier targets whose shares are still evidence. */
const MAX_EARLIER_TARGETS = 8;
const MAX_LAG_MS = 30_000;

interface EarlierTarget {
  readonly work: bigint;
  readonly steps: number;
  readonly untilMs: number;
}

/** A belief, and the time up to which it takes everything in. */
export interface Belief {
  readonly posterior: HashratePosterior;
  readonly atMs: number;
}

/**
 * The targets before the present one, until a share shows that the client has switched: one that goes on with its old job for a
 * while looks dead for the present target, but its shares prove what it mined for. They are taken in with the time since the last
 * moment of which that was known; what was believed since then on the supposition that it had switched is dropped.
 */
export class EarlierTargets {
  readonly #sharesPerMinute: number;
  /** The belief at the last time of which it is known what the client mined for. */
  #proven: Belief | undefined;
  /** Oldest first. */
  readonly #targets: EarlierTarget[] = [];
  /** Shares of one of them since then. */
  #late: { readonly target: EarlierTarget; shares: number; lastMs: number } | undefined;
  #hasNews = false;
  #lagMs = 0;

  constructor(sharesPerMinute: number) {
    this.#sharesPerMinute = sharesPerMinute;
  }

  /** True while no share shows that the client has taken up the present target. */
  get isOpen(): boolean {
    return this.#proven !== undefined;
  }

  /** How late shares of earlier targets came, up to 30 s; halved with every switch. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /** A target is replaced, with what is believed by then. */
  push(work: bigint, steps: number, posterior: HashratePosterior, nowMs: number): void {
    this.#proven ??= { posterior: posterior.copy(), atMs: nowMs };
    this.#targets.push({ work, steps, untilMs: nowMs });
    if (this.#targets.length > MAX_EARLIER_TARGETS) this.#targets.shift();
  }

  /** A share that is not of the present target; nothing happens unless it is of one that the client may still mine for. */
  accepted(work: bigint, nowMs: number): void {
    const index = this.#targets.findLastIndex((target) => target.work === work);
    const target = this.#targets[index];
    if (target === undefined) return;
    if (this.#late?.target !== target) {
      this.#takeIn();
      this.#targets.splice(0, index);
      this.#late = { target, shares: 0, lastMs: nowMs };
    }
    this.#late.shares++;
    this.#late.lastMs = nowMs;
    this.#lagMs = Math.max(this.#lagMs, Math.min(MAX_LAG_MS, nowMs - target.untilMs));
  }

  /** What is to be believed instead, if there were such shares since the last call. */
  take(): Belief | undefined {
    this.#takeIn();
    if (!this.#hasNews || this.#proven === undefined) return undefined;
    this.#hasNews = false;
    return { posterior: this.#proven.posterior.copy(), atMs: this.#proven.atMs };
  }

  /** The client mines for the present target from now on. Call {@link take} first. */
  settle(): void {
    if (this.#proven === undefined) return;
    this.#proven = undefined;
    this.#targets.length = 0;
    this.#lagMs /= 2;
  }

  #takeIn(): void {
    if (this.#late === undefined || this.#proven === undefined) return;
    const { target, shares, lastMs } = this.#late;
    const { posterior, atMs } = this.#proven;
    posterior.update(shares, Math.max(0, lastMs - atMs) / 60_000, target.steps, this.#sharesPerMinute);
    this.#proven = { posterior, atMs: lastMs };
    this.#late = undefined;
    this.#hasNews = true;
  }
}
