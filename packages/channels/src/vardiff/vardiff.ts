import { compareTargets, hashrateFromTarget, targetFromHashrate, workFromTarget } from '@stratumkit/bitcoin';
import { type Now, UsageError } from '@stratumkit/codec';
import { EarlierTargets } from './earlierTargets.ts';
import { HashratePosterior } from './hashratePosterior.ts';
import { hashrateToSteps, STEPS_PER_OCTAVE, stepsToHashrate } from './logScale.ts';

/**
 * The wanted share rate and the range of hashrates it is kept for. UsageError `vardiff-options` unless they are above 0 and in
 * order.
 */
export interface VardiffOptions {
  /** Wanted of the channel, in the long run. */
  readonly sharesPerMinute: number;
  /** Hashes per second. Targets are never easier than for the smallest, nor harder than for the largest. */
  readonly minHashrate: number;
  readonly maxHashrate: number;
  /** No two retargets are closer than this, except to stop a flood; by default 10,000. */
  readonly retargetIntervalMs?: number;
  /** What the client claimed; 0 or absent when unknown. */
  readonly nominalHashrate?: number;
  /** The client's `max_target`: no target is easier. */
  readonly maxTarget?: Uint8Array;
  /**
   * Where not every target can be told: the nearest one that can, or the very same if this one can. A rounded target stays until
   * the wanted one is off by a factor of 1.5, so that it does not jump to and fro between two steps.
   */
  readonly roundTarget?: (target: Uint8Array) => Uint8Array;
}

const OCTAVE = STEPS_PER_OCTAVE;
/** A belief narrower than this, half of its middle 68 %, is sure enough to stop searching. */
const SURE = 0.25 * OCTAVE;
/** A belief wider than this is probed at the full rate. */
const UNSURE = 0.5 * OCTAVE;
/** The highest probe: 4 times the wanted rate. */
const MAX_PROBE = 2 * OCTAVE;
/** A search ends after this, sure or not. */
const MAX_SEARCH_MS = 210_000;
/** Retargets closer than this are not worth a message while searching. */
const SEARCH_STEP = 0.3 * OCTAVE;
/** A median this far off the target begins a search. */
const LOST = 0.6 * OCTAVE;
/** At the end of a search the target is put right if it is off by this. */
const SETTLE_STEP = 0.07 * OCTAVE;
/** Later it is moved when the median is off by this and the belief is narrow, */
const FINE_STEP = 0.14 * OCTAVE;
const FINE_SURE = 0.2 * OCTAVE;
const FINE_INTERVAL_MS = 240_000;
/** or when four fifths of the belief agree that it is off by this. */
const CONFIDENT_STEP = 0.2 * OCTAVE;
const CONFIDENCE = 0.2;
/** As many shares before the next look are a reason to look at once. */
const BURST_SHARES = 12;
/** Spacing of retargets that stop a flood. */
const FLOOD_INTERVAL_MS = 2_000;
/** A silence may also be a device that was stopped or works off an old job: the target gets no easier than so much at once. */
const MAX_DROP = 3 * OCTAVE;
/** Spacing of retargets to easier targets while there is no share that shows that the last one was taken up; a client's known lag is added. */
const UNPROVEN_INTERVAL_MS = 20_000;

/** log2(1.5): how far off a rounded target may be. */
const ROUNDING_STEP = 0.585 * OCTAVE;
/** A step between two rounded targets is larger than this. */
const ROUNDED_STEP = OCTAVE / 2;
/**
 * Rounded, a target is half an octave off by itself: that alone begins no search. A search must tell which of two targets is the
 * nearer one, so it holds its full rate until that is likely.
 */
const ROUNDED_LOST = LOST + ROUNDED_STEP;
const ROUNDED_SURE = 0.2 * OCTAVE;
const ROUNDED_MAX_SEARCH_MS = 150_000;
/** With the rounding 4 times the wanted rate at most. */
const ROUNDED_PROBE = MAX_PROBE - ROUNDED_STEP;
const ROUNDED_PROBE_SLACK = 0.75 * OCTAVE;

/**
 * Keeps the share rate of one channel near the wanted one, fed by accepted shares only. It believes in a distribution of
 * hashrates; while that is wide it searches with an easier target (up to 4 times the wanted rate, to learn faster), once it is
 * narrow it holds still. All decisions are plain double arithmetic, the same on every machine.
 */
export class Vardiff {
  readonly #sharesPerMinute: number;
  readonly #retargetIntervalMs: number;
  readonly #minSteps: number;
  readonly #maxSteps: number;
  #posterior: HashratePosterior;
  #nominalHashrate: number;
  #easiestSteps: number;
  #maxTarget: Uint8Array | undefined;
  readonly #roundTarget: ((target: Uint8Array) => Uint8Array) | undefined;
  #target!: Uint8Array;
  #work!: bigint;
  #targetSteps!: number;
  #shares = 0;
  #lookedAtMs: number;
  readonly #earlier: EarlierTargets;
  #retargetedAtMs = Number.NEGATIVE_INFINITY;
  #search: { readonly sinceMs: number } | undefined;
  #settling = false;

  constructor(options: VardiffOptions, now: Now) {
    const { sharesPerMinute, minHashrate, maxHashrate, nominalHashrate = 0, maxTarget } = options;
    if (!(sharesPerMinute > 0 && minHashrate > 0 && maxHashrate >= minHashrate && Number.isFinite(maxHashrate)))
      throw new UsageError('vardiff-options', 'the share rate and the hashrate range must be above 0 and in order', {
        context: { sharesPerMinute, minHashrate, maxHashrate },
      });
    this.#sharesPerMinute = sharesPerMinute;
    this.#retargetIntervalMs = options.retargetIntervalMs ?? 10_000;
    this.#minSteps = hashrateToSteps(minHashrate);
    this.#maxSteps = hashrateToSteps(maxHashrate);
    this.#nominalHashrate = nominalHashrate;
    this.#maxTarget = maxTarget;
    this.#roundTarget = options.roundTarget;
    this.#easiestSteps = this.#easiest();
    const claim = this.#clamp(nominalHashrate > 0 ? hashrateToSteps(nominalHashrate) : this.#minSteps);
    this.#posterior = new HashratePosterior(claim);
    this.#earlier = new EarlierTargets(sharesPerMinute);
    this.#lookedAtMs = now.monotonicMs;
    this.#setTarget(claim);
  }

  /** The target in force: what SetTarget (or the open's Success) is to carry, unchanged. */
  get target(): Uint8Array {
    return this.#target;
  }

  /** Median of the belief, in hashes per second. */
  get hashrate(): number {
    return stepsToHashrate(this.#posterior.quantile(0.5));
  }

  /** True while it may be asking for more shares than wanted, to learn. */
  get isSearching(): boolean {
    return this.#search !== undefined;
  }

  /** When {@link tick} should be called next, in monotonic milliseconds. */
  get deadline(): number {
    return this.#lookedAtMs + this.#retargetIntervalMs / 2;
  }

  /**
   * An accepted share, with the work it was credited with. One of an earlier target proves that the client has mined for that one
   * until now; once it has a share of a later target, it says nothing. Returns a new target if one is due; a job should follow it.
   */
  accepted(work: bigint, now: Now): Uint8Array | undefined {
    if (work !== this.#work) {
      this.#earlier.accepted(work, now.monotonicMs);
      return undefined;
    }
    this.#settleEarlier();
    this.#shares++;
    const usual = (this.#sharesPerMinute * this.#retargetIntervalMs) / 120_000;
    if (this.#shares < Math.max(BURST_SHARES, 4 * usual)) return undefined;
    return now.monotonicMs - this.#retargetedAtMs < FLOOD_INTERVAL_MS / 2 ? undefined : this.#look(now.monotonicMs);
  }

  /** Returns a new target if one is due; a job should follow it. */
  tick(now: Now): Uint8Array | undefined {
    return now.monotonicMs >= this.deadline ? this.#look(now.monotonicMs) : undefined;
  }

  /** `UpdateChannel`: returns a new target if the smaller `max_target` or the changed claim calls for one at once. */
  update(nominalHashrate: number, maxTarget: Uint8Array, now: Now): Uint8Array | undefined {
    this.#maxTarget = maxTarget;
    this.#easiestSteps = this.#easiest();
    if (nominalHashrate > 0 && nominalHashrate !== this.#nominalHashrate) {
      this.#settleEarlier();
      this.#posterior.claim(this.#clamp(hashrateToSteps(nominalHashrate)));
    }
    this.#nominalHashrate = nominalHashrate;
    if (compareTargets(this.#target, maxTarget) <= 0) return undefined;
    this.#observe(now.monotonicMs);
    return this.#retarget(this.#targetSteps, now.monotonicMs);
  }

  #look(nowMs: number): Uint8Array | undefined {
    this.#observe(nowMs);
    return this.#decide(nowMs);
  }

  #takeEarlier(): void {
    const belief = this.#earlier.take();
    if (belief === undefined) return;
    this.#posterior = belief.posterior;
    this.#lookedAtMs = belief.atMs;
  }

  #settleEarlier(): void {
    this.#takeEarlier();
    this.#earlier.settle();
  }

  #observe(nowMs: number): void {
    this.#takeEarlier();
    const minutes = Math.max(0, nowMs - this.#lookedAtMs) / 60_000;
    this.#posterior.update(this.#shares, minutes, this.#targetSteps, this.#sharesPerMinute);
    this.#lookedAtMs = nowMs;
    this.#shares = 0;
  }

  #decide(nowMs: number): Uint8Array | undefined {
    const median = this.#posterior.quantile(0.5);
    const width = (this.#posterior.quantile(0.84) - this.#posterior.quantile(0.16)) / 2;
    const off = median - this.#targetSteps;
    const isRounded = this.#rounded(median) !== median;
    if (this.#search !== undefined && this.#isSearched(width, nowMs - this.#search.sinceMs, isRounded)) {
      this.#search = undefined;
      this.#settling = true;
    }
    const searching =
      this.#search !== undefined ||
      (isRounded ? !this.#settling && this.#isLost(off, ROUNDED_LOST) : this.#isLost(off, LOST));
    if (!searching && !this.#shouldMove(off, width, nowMs)) return undefined;

    let probe = searching ? probeFor(width, isRounded) : 0;
    if (isRounded && this.#search !== undefined && Math.abs(off - probe) < ROUNDED_PROBE_SLACK) return undefined;
    // Too many shares teach enough by themselves.
    if (off > 0) probe = Math.min(probe, off / 2);
    const wanted = this.#clamp(Math.max(median - probe, this.#targetSteps - MAX_DROP));
    const change = this.#rounded(wanted) - this.#targetSteps;
    if (isRounded ? this.#staysRounded(wanted, change) : searching && Math.abs(change) < SEARCH_STEP) {
      if (searching) this.#search ??= { sinceMs: nowMs };
      else this.#settling = false;
      return undefined;
    }
    const interval = this.#intervalBefore(change);
    if (nowMs - this.#retargetedAtMs < interval) return undefined;
    if (searching) this.#search ??= { sinceMs: nowMs };
    this.#settling = false;
    this.#posterior.recentre(median);
    // Nothing to say if the target is at a bound already.
    return Math.abs(change) < SETTLE_STEP ? undefined : this.#retarget(wanted, nowMs);
  }

  #intervalBefore(change: number): number {
    if (change > OCTAVE) return Math.min(FLOOD_INTERVAL_MS, this.#retargetIntervalMs);
    if (change > 0 || !this.#earlier.isOpen) return this.#retargetIntervalMs;
    return Math.max(UNPROVEN_INTERVAL_MS + this.#earlier.lagMs, this.#retargetIntervalMs);
  }

  #isSearched(width: number, tookMs: number, isRounded: boolean): boolean {
    return isRounded ? width < ROUNDED_SURE || tookMs > ROUNDED_MAX_SEARCH_MS : width < SURE || tookMs > MAX_SEARCH_MS;
  }

  /** After a search the nearest target is taken. */
  #staysRounded(wanted: number, change: number): boolean {
    if (Math.abs(change) < ROUNDED_STEP) return true;
    return !this.#settling && Math.abs(wanted - this.#targetSteps) < ROUNDING_STEP;
  }

  /** What becomes of these steps when their target is rounded; themselves if it need not be. */
  #rounded(steps: number): number {
    if (this.#roundTarget === undefined) return steps;
    const exact = targetFromHashrate(stepsToHashrate(steps), this.#sharesPerMinute);
    const target = this.#roundTarget(exact);
    return compareTargets(target, exact) === 0 ? steps : this.#stepsOf(target);
  }

  #isLost(off: number, limit: number): boolean {
    if (off > limit) return this.#posterior.quantile(CONFIDENCE) > this.#targetSteps + 0.1 * OCTAVE;
    return off < -limit && this.#posterior.quantile(1 - CONFIDENCE) < this.#targetSteps - 0.1 * OCTAVE;
  }

  #shouldMove(off: number, width: number, nowMs: number): boolean {
    const distance = Math.abs(off);
    if (this.#settling && distance > SETTLE_STEP) return true;
    const rested = nowMs - this.#retargetedAtMs > FINE_INTERVAL_MS;
    if (distance > FINE_STEP && width < FINE_SURE && rested) return true;
    return (
      this.#posterior.quantile(CONFIDENCE) - this.#targetSteps > CONFIDENT_STEP ||
      this.#posterior.quantile(1 - CONFIDENCE) - this.#targetSteps < -CONFIDENT_STEP
    );
  }

  #retarget(steps: number, nowMs: number): Uint8Array {
    this.#retargetedAtMs = nowMs;
    this.#earlier.push(this.#work, this.#targetSteps, this.#posterior, nowMs);
    this.#setTarget(this.#clamp(steps));
    return this.#target;
  }

  #setTarget(steps: number): void {
    const exact = targetFromHashrate(stepsToHashrate(steps), this.#sharesPerMinute);
    const target = this.#roundTarget?.(exact) ?? exact;
    const maxTarget = this.#maxTarget;
    this.#target = maxTarget !== undefined && compareTargets(target, maxTarget) > 0 ? maxTarget.slice() : target;
    this.#work = workFromTarget(this.#target);
    this.#targetSteps = this.#stepsOf(this.#target);
  }

  #stepsOf(target: Uint8Array): number {
    return hashrateToSteps(Math.max(hashrateFromTarget(target, this.#sharesPerMinute), 1e-300));
  }

  #easiest(): number {
    if (this.#maxTarget === undefined) return this.#minSteps;
    const hashrate = hashrateFromTarget(this.#maxTarget, this.#sharesPerMinute);
    return Math.max(this.#minSteps, hashrate > 0 ? hashrateToSteps(hashrate) : this.#minSteps);
  }

  /** The client's `max_target` wins over our own largest hashrate. */
  #clamp(steps: number): number {
    return Math.max(this.#easiestSteps, Math.min(this.#maxSteps, steps));
  }
}

/** By how much easier than wanted a search is, in steps. */
function probeFor(width: number, isRounded: boolean): number {
  if (isRounded) return width < ROUNDED_SURE ? 0 : ROUNDED_PROBE;
  return MAX_PROBE * Math.min(1, Math.max(0, (width - SURE) / (UNSURE - SURE)));
}
