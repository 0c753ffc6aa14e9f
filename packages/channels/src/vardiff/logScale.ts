/**
 * Hashrates on a logarithmic scale of eighths of an octave, from 1 hash a second. Only additions, multiplications and divisions
 * of doubles: Math.log, exp and pow may differ between machines in the last bit, and decisions must not.
 */
export const STEPS_PER_OCTAVE = 8;
/** Natural logarithm of one step. */
export const STEP_LN = 0.08664339756999316;

/** 2^(k / 8) */
const ROOTS = [
  1,
  1.0905077326652577,
  1.189207115002721,
  1.2968395546510096,
  Math.SQRT2,
  1.5422108254079407,
  1.681792830507429,
  1.8340080864093424,
] as const;
const STEP = ROOTS[1];

const LN_2 = STEPS_PER_OCTAVE * STEP_LN;
/** Beyond this many halvings a weight is nothing beside the floor that every weight has. */
const MAX_HALVINGS = 100;

export function powerOfTwo(exponent: number): number {
  let power = 1;
  for (let n = exponent; n > 0; n--) power *= 2;
  for (let n = exponent; n < 0; n++) power /= 2;
  return power;
}

/** Between the steps linear, which is off by 0.1 % at most. */
export function stepsToHashrate(steps: number): number {
  const whole = Math.floor(steps);
  const octave = Math.floor(whole / STEPS_PER_OCTAVE);
  const root = ROOTS[whole - octave * STEPS_PER_OCTAVE]!;
  return powerOfTwo(octave) * root * (1 + (steps - whole) * (STEP - 1));
}

/** The inverse of {@link stepsToHashrate}, for a finite hashrate above 0. */
export function hashrateToSteps(hashrate: number): number {
  let octave = 0;
  let rest = hashrate;
  for (; rest >= 2; rest /= 2) octave++;
  for (; rest < 1; rest *= 2) octave--;
  let index = ROOTS.length - 1;
  while (ROOTS[index]! > rest) index--;
  return octave * STEPS_PER_OCTAVE + index + (rest / ROOTS[index]! - 1) / (STEP - 1);
}

/** e^-x for x >= 0, to about 1e-15. */
export function expNegative(x: number): number {
  const halvings = Math.floor(x / LN_2);
  if (!(halvings <= MAX_HALVINGS)) return 0;
  const rest = x - halvings * LN_2;
  let sum = 1;
  for (let term = 16; term > 0; term--) sum = 1 - (rest / term) * sum;
  return sum * HALVES[halvings]!;
}

const HALVES = Array.from({ length: MAX_HALVINGS + 1 }, (_, n) => powerOfTwo(-n));
