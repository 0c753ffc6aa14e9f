import { targetToBigint, workFromTarget } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { SeededRandom } from './seededRandom.ts';

/** What a run needs of an algorithm. */
export interface Retargeter {
  readonly target: Uint8Array;
  readonly deadline: number;
  accepted(work: bigint, now: Now): Uint8Array | undefined;
  tick(now: Now): Uint8Array | undefined;
}

export interface Scenario {
  /** True hashrate at the start. */
  readonly hashrate: number;
  readonly step?: { readonly atMs: number; readonly factor: number };
  /** How long the device goes on with the old target after a SetTarget; by default 200. */
  readonly latencyMs?: number;
  /** The device is stopped in this time: it neither searches nor takes a target. */
  readonly silence?: { readonly atMs: number; readonly endMs: number };
  readonly endMs: number;
}

/** Piecewise constant: the expected share rate over the wanted one, from each moment on. */
export interface Trace {
  readonly points: readonly { readonly ms: number; readonly ratio: number }[];
  readonly endMs: number;
  readonly setTargetsAtMs: readonly number[];
}

const LATENCY_MS = 200;

/** Runs one algorithm against one simulated device. Shares are a Poisson process of the target the device really has. */
export function simulate(
  create: (now: Now) => Retargeter,
  sharesPerMinute: number,
  scenario: Scenario,
  seed: number,
): Trace {
  const random = new SeededRandom(seed);
  const at = (ms: number): Now => ({ monotonicMs: ms, unixSeconds: ms / 1000 });
  const retargeter = create(at(0));
  const points: { ms: number; ratio: number }[] = [];
  const setTargetsAtMs: number[] = [];
  let { hashrate } = scenario;
  let step = scenario.step;
  const { latencyMs = LATENCY_MS, silence } = scenario;
  const isSilent = (ms: number) => silence !== undefined && ms >= silence.atMs && ms < silence.endMs;
  let device = { perMs: perMs(retargeter.target, hashrate), work: workFromTarget(retargeter.target) };
  const pending: { ms: number; target: Uint8Array }[] = [];
  const note = (ms: number) =>
    void points.push({ ms, ratio: (perMs(retargeter.target, hashrate) * 60_000) / sharesPerMinute });
  note(0);
  for (let ms = 0; ; ) {
    const found = (isSilent(ms) ? silence!.endMs : ms) + random.exponential() / device.perMs;
    const share = isSilent(found) ? Infinity : found;
    const next = Math.min(share, retargeter.deadline, step?.atMs ?? Infinity, pending[0]?.ms ?? Infinity);
    if (next > scenario.endMs) return { points, endMs: scenario.endMs, setTargetsAtMs };
    ms = next;
    if (step !== undefined && ms === step.atMs) {
      hashrate *= step.factor;
      device = { ...device, perMs: device.perMs * step.factor };
      step = undefined;
      note(ms);
      continue;
    }
    if (ms === pending[0]?.ms) {
      const { target } = pending.shift()!;
      device = { perMs: perMs(target, hashrate), work: workFromTarget(target) };
      continue;
    }
    const target = ms === share ? retargeter.accepted(device.work, at(ms)) : retargeter.tick(at(ms));
    if (target === undefined) continue;
    const dueMs = ms + latencyMs;
    pending.push({ ms: isSilent(ms) || isSilent(dueMs) ? silence!.endMs + latencyMs : dueMs, target });
    setTargetsAtMs.push(ms);
    note(ms);
  }
}

function perMs(target: Uint8Array, hashrate: number): number {
  return (hashrate * Number(targetToBigint(target) + 1n)) / 2 ** 256 / 1000;
}

/** The ratio in force at a time. */
export function ratioAt(trace: Trace, ms: number): number {
  return trace.points.findLast((point) => point.ms <= ms)!.ratio;
}

/** Fraction of the time from `fromMs` on in which the ratio was within the bounds. */
export function timeWithin(trace: Trace, low: number, high: number, fromMs = 0): number {
  let inside = 0;
  for (const [start, end, ratio] of pieces(trace))
    if (ratio >= low && ratio <= high && end > fromMs) inside += end - Math.max(start, fromMs);
  return inside / (trace.endMs - fromMs);
}

/** The highest ratio in force from `fromMs` on. */
export function highest(trace: Trace, fromMs = 0): number {
  return Math.max(ratioAt(trace, fromMs), ...trace.points.filter(({ ms }) => ms > fromMs).map(({ ratio }) => ratio));
}

/** The longest stretch in which the ratio was above `limit`. */
export function longestAbove(trace: Trace, limit: number): number {
  let longest = 0;
  let current = 0;
  for (const [start, end, ratio] of pieces(trace)) {
    current = ratio > limit ? current + end - start : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}

function* pieces({ points, endMs }: Trace): Generator<[start: number, end: number, ratio: number]> {
  for (const [index, { ms, ratio }] of points.entries()) yield [ms, points[index + 1]?.ms ?? endMs, ratio];
}
