/** Time of one measurement within a round: long against the clock, short against the drift of a machine. */
const SLICE_MS = 2;
/** WebAssembly is compiled anew in the background once it has run for a while. */
const WARM_UP_MS = 400;

export interface Measurement {
  readonly name: string;
  /** Microseconds a call. */
  readonly median: number;
  readonly best: number;
  readonly samples: number;
  /** Microseconds a call, by round. */
  readonly rounds: readonly number[];
}

/**
 * Measures tasks in turns, so that a machine that is busy for a while is so for all of them. What is compared is compared round by
 * round.
 */
export function interleave(tasks: Readonly<Record<string, () => void>>, timeMs: number): Map<string, Measurement> {
  const entries = Object.entries(tasks).map(([name, task]) => ({ name, task, calls: calibrate(task), rounds: [] }));
  const measured = entries as { name: string; task: () => void; calls: number; rounds: number[] }[];
  const rounds = Math.max(5, Math.ceil(timeMs / SLICE_MS));
  for (let round = 0; round < rounds; round++) {
    for (const entry of measured) entry.rounds.push(timeOf(entry.task, entry.calls));
  }
  return new Map(
    measured.map((entry) => {
      const sorted = entry.rounds.toSorted((a, b) => a - b);
      const median = sorted[sorted.length >> 1]!;
      return [
        entry.name,
        { name: entry.name, median, best: sorted[0]!, samples: rounds * entry.calls, rounds: entry.rounds },
      ];
    }),
  );
}

/** How many times longer one task takes than another: the median over the rounds, and by the best round of each. */
export function ratioOf(one: Measurement, other: Measurement): { readonly median: number; readonly best: number } {
  const ratios = one.rounds.map((time, round) => time / other.rounds[round]!).toSorted((a, b) => a - b);
  return { median: ratios[ratios.length >> 1]!, best: one.best / other.best };
}

/** Warms up, and says how many calls fill a slice. */
function calibrate(task: () => void): number {
  const end = performance.now() + WARM_UP_MS;
  let [calls, callUs] = [1, 0];
  while (performance.now() < end) {
    callUs = timeOf(task, calls);
    calls = Math.max(1, Math.ceil((SLICE_MS * 1000) / callUs));
  }
  return calls;
}

/** Microseconds a call. */
function timeOf(task: () => void, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) task();
  return ((performance.now() - start) * 1000) / calls;
}
