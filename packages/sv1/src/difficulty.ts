import { targetFromDifficulty } from '@stratumkit/bitcoin';
import { UsageError } from '@stratumkit/codec';

/** The target of difficulty 1, 0xffff * 2^208, in wire order. SV1 difficulties are fractions of it. */
export const DIFFICULTY_ONE_TARGET: Uint8Array = targetFromDifficulty(1);

/** Which of the two neighbours is taken; `down` is easier for the miner. */
export type DifficultyRounding = 'down' | 'nearest' | 'up';

/**
 * The nearest difficulty that every device understands: a whole power of two from 1 up, and any fraction below 1. `nearest` is by
 * ratio, so that the result is within a factor of the square root of 2 (from 1 up). Throws UsageError `difficulty` unless it is
 * finite and above 0.
 */
export function tellableDifficulty(difficulty: number, rounding: DifficultyRounding = 'nearest'): number {
  if (!(difficulty > 0) || difficulty === Number.POSITIVE_INFINITY) {
    throw new UsageError('difficulty', 'a difficulty is a finite number above 0', { context: { difficulty } });
  }
  const below = 2 ** floorLog2(difficulty);
  if (difficulty === below) return difficulty;
  // Between the largest fraction and 1 there is nothing to round to but the number itself.
  if (difficulty < 1) return difficulty;
  switch (rounding) {
    case 'down':
      return below;
    case 'up':
      return Number.isFinite(below * 2) ? below * 2 : below;
    case 'nearest':
      return difficulty / below < Math.SQRT2 ? below : below * 2;
  }
}

/** Exact, unlike `Math.log2` beside a power of two. */
function floorLog2(value: number): number {
  const guess = Math.floor(Math.log2(value));
  if (2 ** guess > value) return guess - 1;
  return 2 ** (guess + 1) <= value ? guess + 1 : guess;
}
