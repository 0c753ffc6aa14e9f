import { bigintToTarget, targetToBigint } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';

/** How often a block is wanted and what is known of those who search it. */
export interface BlockPacerOptions {
  readonly blockIntervalSeconds: number;
  /** Of all devices together, in hashes per second, until blocks tell. */
  readonly expectedHashrate: number;
  /** Never exceeded: the target of the header's nbits. */
  readonly maximumTarget: Uint8Array;
  /** Blocks that the estimate remembers; also the weight of `expectedHashrate` at the start is part of this. */
  readonly memoryBlocks?: number;
  /** How many blocks `expectedHashrate` counts for at the start. */
  readonly priorBlocks?: number;
  /** The estimate moves by this factor at most from one block to the next. */
  readonly maximumStep?: number;
  /** Without a block for this many intervals the target is eased. */
  readonly overdueIntervals?: number;
  /** Easing ends here, so that nobody at work is not taken for hardly any hashrate. By default 1/256 of the expected one. */
  readonly lowestEasedHashrate?: number;
}

const TWO_256 = 1n << 256n;

/**
 * Chooses the target of the templates so that a block comes about every `blockIntervalSeconds` (spec 7.3 allows a target
 * below that of nbits). The hashrate is estimated as work done over time spent, both fading with every block, and
 * `expectedHashrate` stands for the first blocks.
 */
export class BlockPacer {
  readonly #interval: number;
  readonly #maximumTarget: bigint;
  readonly #decay: number;
  readonly #maximumStep: number;
  readonly #overdueSeconds: number;
  readonly #lowestEasedHashrate: number;
  #hashrate: number;
  #work: number;
  #seconds: number;
  #since: number;
  #easedAt: number;
  #target: Uint8Array;

  constructor(options: BlockPacerOptions, now: Now) {
    const { blockIntervalSeconds, expectedHashrate, memoryBlocks = 10, priorBlocks = 2 } = options;
    this.#interval = blockIntervalSeconds;
    this.#maximumTarget = targetToBigint(options.maximumTarget);
    this.#decay = 1 - 1 / Math.max(memoryBlocks, 2);
    this.#maximumStep = options.maximumStep ?? 4;
    this.#overdueSeconds = blockIntervalSeconds * (options.overdueIntervals ?? 5);
    this.#hashrate = Math.max(expectedHashrate, 1);
    this.#lowestEasedHashrate = options.lowestEasedHashrate ?? this.#hashrate / 256;
    this.#seconds = blockIntervalSeconds * priorBlocks;
    this.#work = this.#hashrate * this.#seconds;
    this.#since = now.monotonicMs;
    this.#easedAt = now.monotonicMs;
    this.#target = this.#computeTarget();
  }

  /** Wire order. */
  get target(): Uint8Array {
    return this.#target;
  }

  /** The estimate, in hashes per second. */
  get hashrate(): number {
    return this.#hashrate;
  }

  /** When {@link tick} has something to do, in monotonic milliseconds. */
  get deadline(): number {
    return this.#easedAt + this.#overdueSeconds * 1_000;
  }

  /** A block met the present target. Gives the target for the next one. */
  solved(now: Now): Uint8Array {
    const elapsed = Math.max((now.monotonicMs - this.#since) / 1_000, 0.001);
    this.#work = this.#work * this.#decay + Number(TWO_256 / (targetToBigint(this.#target) + 1n));
    this.#seconds = this.#seconds * this.#decay + elapsed;
    this.#move(this.#work / this.#seconds);
    this.#since = now.monotonicMs;
    this.#easedAt = now.monotonicMs;
    return this.#target;
  }

  /** Work begins again after a pause, which is not held against the target. */
  resume(now: Now): void {
    this.#since = now.monotonicMs;
    this.#easedAt = now.monotonicMs;
  }

  /** Eases the target when a block is long overdue. True when it changed. */
  tick(now: Now): boolean {
    if (now.monotonicMs < this.deadline) return false;
    this.#easedAt = now.monotonicMs;
    const before = this.#target;
    const elapsed = (now.monotonicMs - this.#since) / 1_000;
    const estimate = (this.#work * this.#decay) / (this.#seconds * this.#decay + elapsed);
    this.#move(Math.max(estimate, Math.min(this.#hashrate, this.#lowestEasedHashrate)));
    return targetToBigint(before) !== targetToBigint(this.#target);
  }

  #move(estimate: number): void {
    const lowest = this.#hashrate / this.#maximumStep;
    const highest = this.#hashrate * this.#maximumStep;
    this.#hashrate = Math.max(Math.min(Math.max(estimate, lowest), highest), 1);
    this.#target = this.#computeTarget();
  }

  #computeTarget(): Uint8Array {
    const hashes = Math.max(this.#hashrate * this.#interval, 2);
    const target = TWO_256 / BigInt(Math.min(Math.round(hashes), Number.MAX_SAFE_INTEGER)) - 1n;
    return bigintToTarget(target > this.#maximumTarget ? this.#maximumTarget : target);
  }
}
