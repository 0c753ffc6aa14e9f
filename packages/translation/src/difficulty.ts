import { bigintToTarget, difficultyFromTarget, MAX_TARGET, targetFromDifficulty } from '@stratumkit/bitcoin';
import { type DifficultyRounding, tellableDifficulty } from '@stratumkit/sv1';

/** A difficulty that every device understands, and the target that judges it. */
export interface ToldDifficulty {
  readonly difficulty: number;
  /** Exactly that of the difficulty as it was told. */
  readonly target: Uint8Array;
}

const EASIEST = difficultyFromTarget(bigintToTarget(MAX_TARGET));
/** Beyond this no double is a power of two that means anything to a device. */
const HARDEST = 2 ** 160;

/** A fraction that only differs from 1 because doubles do. */
const ALMOST_ONE = 1 - 1e-9;

/** The nearest tellable difficulty to a target; `down` gives an easier one, `up` a harder one. */
export function toldDifficulty(target: Uint8Array, rounding: DifficultyRounding = 'nearest'): ToldDifficulty {
  const exact = Math.min(HARDEST, Math.max(EASIEST, difficultyFromTarget(target)));
  const isAlmostOne = exact < 1 && exact > ALMOST_ONE && rounding !== 'down';
  const difficulty = isAlmostOne ? 1 : tellableDifficulty(exact, rounding);
  return { difficulty, target: targetFromDifficulty(difficulty) };
}
