import {
  compareTargets,
  hashrateFromTarget,
  meetsTarget,
  targetFromDifficulty,
  targetFromHashrate,
  workFromTarget,
} from '@stratumkit/bitcoin';
import { Vardiff } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { type ToldDifficulty, toldDifficulty } from '@stratumkit/translation';
import type { MinerDifficultyOptions } from './translatorTypes.ts';

/** What the upstream judges a job by, and the next easier difficulty that can be told. */
export interface UpstreamDifficulty {
  readonly target: Uint8Array;
  readonly told: ToldDifficulty;
}

const MAX_HASHRATE = 1e24;
/** A miner may be so much slower than it is taken for at first. */
const SLOWEST_FACTOR = 2 ** 20;
const EASIEST_TARGET = new Uint8Array(32).fill(0xff);
/** A break in the work longer than this says nothing about the miner. */
const MAX_BREAK_MS = 10_000;

/** How fast one miner is, and what difficulty it is told. */
export class MinerDifficulty {
  readonly #options: MinerDifficultyOptions;
  #vardiff: Vardiff;
  /** What is told for vardiff's present target. */
  #wantedFor: { readonly target: Uint8Array; readonly told: ToldDifficulty } | undefined;
  /** No target above it is told. */
  #maxTarget: Uint8Array;
  #hasShares = false;
  #firstHashrate: number;
  #pausedMs: number | undefined = Number.NEGATIVE_INFINITY;

  constructor(options: MinerDifficultyOptions, now: Now) {
    this.#options = options;
    const { minDifficulty } = options;
    this.#maxTarget =
      minDifficulty === undefined ? EASIEST_TARGET : toldDifficulty(targetFromDifficulty(minDifficulty), 'up').target;
    this.#firstHashrate = options.minerHashrate;
    this.#vardiff = this.#createVardiff(now);
  }

  /** Hashes a second, estimated from its shares; before there are some, what it is taken to have. */
  get hashrate(): number {
    return this.#vardiff.hashrate;
  }

  /**
   * What may be claimed of it upstream. A miner may wish for any difficulty, but until it has shares it counts for no more than
   * any other: in a shared channel a wish would starve the rest.
   */
  get claimedHashrate(): number {
    return this.#hasShares ? this.hashrate : Math.min(this.hashrate, this.#options.minerHashrate);
  }

  /** The target that its claimed hashrate asks for. */
  get claimedTarget(): Uint8Array {
    return targetFromHashrate(this.claimedHashrate, this.#options.sharesPerMinute);
  }

  /** Whether the estimate rests on shares and is no longer searched for. */
  get isStable(): boolean {
    return this.#hasShares && !this.#vardiff.isSearching;
  }

  get dueMs(): number {
    return this.#options.vardiff ? this.#vardiff.deadline : Number.POSITIVE_INFINITY;
  }

  /**
   * The difficulty for a job: the wanted one; but not harder than the upstream's, where shares would be credited with less than they
   * are worth, unless that would be a flood.
   */
  forJob(upstream: UpstreamDifficulty, maxUncreditedFactor: number): ToldDifficulty {
    if (!this.#options.vardiff) return this.#clamped(upstream.told);
    const wanted = this.#wanted();
    const isCredited = compareTargets(wanted.target, upstream.target) >= 0;
    if (isCredited || upstream.told.difficulty * maxUncreditedFactor < wanted.difficulty) return wanted;
    return this.#clamped(upstream.told);
  }

  /** Feeds vardiff with an accepted share; true if another difficulty is due. */
  accepted(hash: Uint8Array, jobTarget: Uint8Array, now: Now): boolean {
    this.#hasShares = true;
    if (!this.#options.vardiff) return false;
    const { target } = this.#wanted();
    // Of a harder job only those are found that meet its own target: vardiff knows whether it is one of its earlier ones.
    if (compareTargets(jobTarget, target) < 0) return this.#feed(jobTarget, now);
    return meetsTarget(hash, target) && this.#feed(this.#vardiff.target, now);
  }

  /** True if another difficulty is due. */
  tick(now: Now): boolean {
    return this.#options.vardiff && this.#vardiff.tick(now) !== undefined;
  }

  /** There is work from now on. */
  resume(now: Now): void {
    if (this.#pausedMs === undefined) return;
    if (now.monotonicMs - this.#pausedMs > MAX_BREAK_MS) this.#vardiff = this.#createVardiff(now);
    this.#pausedMs = undefined;
  }

  /** There is no work from now on: time that passes says nothing about the miner. */
  pause(now: Now): void {
    this.#pausedMs ??= now.monotonicMs;
  }

  /** The miner's wish; taken while nothing better is known. `strict`: nothing easier, ever. True if its difficulty changes. */
  suggest(target: Uint8Array, strict: boolean, now: Now): boolean {
    if (!this.#options.vardiff) return false;
    const before = this.#vardiff.target;
    const wish = toldDifficulty(target, strict ? 'up' : 'nearest').target;
    if (strict && compareTargets(wish, this.#maxTarget) < 0) this.#maxTarget = wish;
    if (!this.#hasShares) {
      this.#firstHashrate = this.#hashrateOf(wish);
      this.#vardiff = this.#createVardiff(now);
    } else if (strict) this.#vardiff.update(0, this.#maxTarget, now);
    return compareTargets(before, this.#vardiff.target) !== 0;
  }

  #feed(target: Uint8Array, now: Now): boolean {
    return this.#vardiff.accepted(workFromTarget(target), now) !== undefined;
  }

  #wanted(): ToldDifficulty {
    const { target } = this.#vardiff;
    if (this.#wantedFor?.target !== target) this.#wantedFor = { target, told: toldDifficulty(target) };
    return this.#wantedFor.told;
  }

  #clamped(told: ToldDifficulty): ToldDifficulty {
    return compareTargets(told.target, this.#maxTarget) > 0 ? toldDifficulty(this.#maxTarget, 'up') : told;
  }

  #hashrateOf(target: Uint8Array): number {
    return Math.min(MAX_HASHRATE, Math.max(1e-3, hashrateFromTarget(target, this.#options.sharesPerMinute)));
  }

  #createVardiff(now: Now): Vardiff {
    const { sharesPerMinute, minerHashrate } = this.#options;
    const nominalHashrate = this.#hasShares ? this.hashrate : this.#firstHashrate;
    return new Vardiff(
      {
        sharesPerMinute,
        minHashrate: Math.min(nominalHashrate, minerHashrate) / SLOWEST_FACTOR,
        maxHashrate: MAX_HASHRATE,
        nominalHashrate,
        maxTarget: this.#maxTarget,
        roundTarget: (target) => toldDifficulty(target).target,
      },
      now,
    );
  }
}
