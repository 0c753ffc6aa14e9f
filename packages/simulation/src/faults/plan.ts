import { Prng } from '../core/prng.ts';
import type { FaultKind } from './kinds.ts';

/** One fault of a run. What exactly it does follows from its seed; it does not depend on other faults. */
export interface PlannedFault {
  /** Place in the whole plan: a shrunk run names the faults it keeps by it. */
  readonly index: number;
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly seed: number;
}

/** Of each kind. */
const FAULTS_PER_KIND = 3;
const FIRST_FAULT_MS = 90_000;
/** At the end nothing happens any more, so that everybody has to be back at work. */
const QUIET_MS = 360_000;

/** The faults of a seed, in the order of time. */
export function planFaults(
  seed: number,
  kinds: readonly FaultKind[],
  runMs: number,
  quietMs = QUIET_MS,
): readonly PlannedFault[] {
  const random = new Prng(seed, 'faults');
  const lastMs = Math.max(runMs - quietMs, runMs * (quietMs === QUIET_MS ? 0.6 : 0.4));
  const firstMs = Math.min(FIRST_FAULT_MS, runMs * 0.2);
  const faults = kinds.flatMap((kind) =>
    Array.from({ length: FAULTS_PER_KIND + random.below(2) }, () => ({
      kind,
      atMs: firstMs + Math.floor((lastMs - firstMs) * random.fraction()),
      seed: random.uint32(),
    })),
  );
  faults.sort((a, b) => a.atMs - b.atMs || (a.kind < b.kind ? -1 : 1));
  return faults.map((fault, index) => ({ index, ...fault }));
}
