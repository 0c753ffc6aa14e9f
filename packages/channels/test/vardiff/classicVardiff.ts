import { hashrateFromTarget, targetFromHashrate, workFromTarget } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import type { Retargeter } from './monteCarlo.ts';

const INTERVAL_MS = 60_000;
const MIN_DATA_MS = 15_000;

/** The reference implementation's algorithm, for comparison only. */
export class ClassicVardiff implements Retargeter {
  readonly #sharesPerMinute: number;
  #target: Uint8Array;
  #shares = 0;
  #sinceMs: number;
  #tickedAtMs: number;

  constructor(sharesPerMinute: number, hashrate: number, now: Now) {
    this.#sharesPerMinute = sharesPerMinute;
    this.#target = targetFromHashrate(hashrate, sharesPerMinute);
    this.#sinceMs = now.monotonicMs;
    this.#tickedAtMs = now.monotonicMs;
  }

  get target(): Uint8Array {
    return this.#target;
  }

  get deadline(): number {
    return this.#tickedAtMs + INTERVAL_MS;
  }

  accepted(work: bigint): undefined {
    if (work === workFromTarget(this.#target)) this.#shares++;
  }

  tick(now: Now): Uint8Array | undefined {
    this.#tickedAtMs = now.monotonicMs;
    const elapsedMs = now.monotonicMs - this.#sinceMs;
    if (elapsedMs < MIN_DATA_MS) return undefined;
    const current = hashrateFromTarget(this.#target, this.#sharesPerMinute);
    const realised = (this.#shares * 60_000) / elapsedMs;
    let estimate = (current * realised) / this.#sharesPerMinute;
    const offPercent = Math.abs(estimate / current - 1) * 100;
    if (offPercent < thresholdPercent(elapsedMs / 1000)) return undefined;
    if (realised === 0) estimate = current / (elapsedMs <= 30_000 ? 1.5 : elapsedMs <= 60_000 ? 2 : 3);
    else if (estimate > 10 * current) estimate = current * (elapsedMs <= 30_000 ? 10 : elapsedMs <= 60_000 ? 5 : 3);
    this.#shares = 0;
    this.#sinceMs = now.monotonicMs;
    this.#target = targetFromHashrate(estimate, this.#sharesPerMinute);
    return this.#target;
  }
}

function thresholdPercent(seconds: number): number {
  if (seconds >= 300) return 15;
  if (seconds >= 240) return 30;
  if (seconds >= 180) return 45;
  if (seconds >= 120) return 50;
  if (seconds >= 60) return 60;
  return 100;
}
