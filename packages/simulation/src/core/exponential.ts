import type { Prng } from './prng.ts';

const { LN2 } = Math;
/** Terms of the series below: enough for a double on [1, 2). */
const TERMS = 16;

/**
 * Natural logarithm of a whole number from 1 to 2^32, by additions, multiplications and divisions only: these are the same on every
 * machine, while `Math.log` may differ in its last bits.
 */
export function logarithm(value: number): number {
  let mantissa = value;
  let exponent = 0;
  while (mantissa >= 2) {
    mantissa /= 2;
    exponent++;
  }
  // ln m = 2 atanh((m - 1) / (m + 1))
  const z = (mantissa - 1) / (mantissa + 1);
  const square = z * z;
  let sum = 0;
  for (let term = TERMS; term >= 0; term--) sum = sum * square + 1 / (2 * term + 1);
  return exponent * LN2 + 2 * z * sum;
}

const LN_2_32 = 32 * LN2;

/** Time until the next event of a Poisson process with this mean distance. */
export function exponential(random: Prng, mean: number): number {
  return mean * (LN_2_32 - logarithm(random.uint32() + 1));
}
