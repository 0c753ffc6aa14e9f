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

/** Beyond this a weight is nothing beside the floor that every weight has. */
const MAX_EXPONENT = 70;
/** Powers of e that are kept: for this many parts of one. */
const PARTS = 16;

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
  const part = Math.floor(x * PARTS);
  if (!(part < POWERS.length)) return 0;
  const rest = x - part / PARTS;
  // What comes behind is below 1e-16: rest is less than a sixteenth.
  const cubed = 1 / 6 - rest * (1 / 24 - rest * (1 / 120 - rest * (1 / 720 - rest * (1 / 5040 - rest / 40320))));
  return POWERS[part]! * (1 - rest * (1 - rest * (1 / 2 - rest * cubed)));
}

const POWERS = Float64Array.from({ length: MAX_EXPONENT * PARTS }, (_, part) => powerOfE(part));

/** e^(-part / PARTS) */
function powerOfE(part: number): number {
  const whole = Math.floor(part / PARTS);
  const rest = part / PARTS - whole;
  let sum = 1;
  for (let term = 20; term > 0; term--) sum = 1 - (rest / term) * sum;
  let power = 1;
  for (let n = 0; n < whole; n++) power *= Math.E;
  return sum / power;
}
