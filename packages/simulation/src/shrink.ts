import { planFaults } from './faults/plan.ts';
import { type RunOptions, type RunReport, runSimulation } from './runSimulation.ts';

/** The least that still breaks the invariant. */
export interface ShrunkRun {
  /** The shortest failing run that was found. */
  readonly report: RunReport;
  /** Indices of the faults that it needs. */
  readonly keep: readonly number[];
  /** Runs made to find it. */
  readonly runs: number;
}

/** Runs spent on shrinking at most. */
const MAX_RUNS = 60;

/**
 * The shortest prefix of a failing run, and of its faults, that still breaks the same invariant: first the fewest faults from the
 * beginning, then without each of those that are not needed. Every run ends where the invariant breaks.
 */
export function shrinkRun(options: RunOptions, failed: RunReport): ShrunkRun {
  const invariant = failed.violation?.invariant;
  let best = failed;
  let keep: readonly number[] = failed.struck;
  let runs = 0;
  const attempt = (faults: readonly number[]): boolean => {
    if (runs >= MAX_RUNS) return false;
    runs++;
    const report = runSimulation({ ...options, keep: faults });
    if (report.violation?.invariant !== invariant) return false;
    best = report;
    keep = faults.filter((index) => report.struck.includes(index));
    return true;
  };

  const all = planFaults(options.seed, options.faults, options.runMs, options.quietMs)
    .map(({ index }) => index)
    .filter((index) => keep.includes(index));
  let enough = all.length;
  let tooFew = -1;
  while (enough - tooFew > 1) {
    const middle = (enough + tooFew) >> 1;
    if (attempt(all.slice(0, middle))) enough = middle;
    else tooFew = middle;
  }
  // Halves, quarters and so on, then one by one.
  for (let size = keep.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at < keep.length; ) {
      const without = [...keep.slice(0, at), ...keep.slice(at + size)];
      if (!attempt(without)) at += size;
    }
  return { report: best, keep, runs };
}
