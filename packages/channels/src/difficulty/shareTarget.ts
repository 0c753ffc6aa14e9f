import { difficultyFromTarget, targetToBigint, workFromTarget } from '@stratumkit/bitcoin';

/** A share target with all that accounting wants to know of it, computed once and shared by the jobs it applies to. */
export interface ShareTarget {
  /** Wire order, a copy of its own. */
  readonly target: Uint8Array;
  /** For people; see `difficultyFixed` for sums. */
  readonly difficulty: number;
  /** Expected hashes per share, exact. */
  readonly work: bigint;
  /** Difficulty in units of 2^-64, rounded down: exact sums where a float would drift. */
  readonly difficultyFixed: bigint;
}

/** Fraction bits of {@link ShareTarget.difficultyFixed}. */
export const DIFFICULTY_FRACTION_BITS = 64n;

const DIFFICULTY_ONE_TARGET = 0xffffn << 208n;

/** Copies the target. It must not be zero. */
export function createShareTarget(target: Uint8Array): ShareTarget {
  const copy = target.slice();
  return {
    target: copy,
    difficulty: difficultyFromTarget(copy),
    work: workFromTarget(copy),
    difficultyFixed: (DIFFICULTY_ONE_TARGET << DIFFICULTY_FRACTION_BITS) / targetToBigint(copy),
  };
}
