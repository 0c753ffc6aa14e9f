import { copy, isZero, multiply, square, squareTimes, subtract } from './field';

const base: usize = memory.data(72, 8);
const x2: usize = memory.data(72, 8);
const x3: usize = memory.data(72, 8);
const x22: usize = memory.data(72, 8);
const x44: usize = memory.data(72, 8);
const x88: usize = memory.data(72, 8);
const x223: usize = memory.data(72, 8);
const work: usize = memory.data(72, 8);

/** a^(p - 2): the inverse, and 0 for 0. */
export function invert(out: usize, a: usize): void {
  raiseToHead(a);
  raise(work, work, 5, base);
  raise(work, work, 3, x2);
  raise(out, work, 2, base);
}

/** The root a^((p + 1) / 4); false when `a` is no square, and `out` is not to be used then. */
export function squareRoot(out: usize, a: usize): bool {
  raiseToHead(a);
  raise(work, work, 6, x2);
  squareTimes(out, work, 2);
  square(work, out);
  subtract(work, work, base);
  return isZero(work);
}

/** The common begin of both exponents, 223 ones, a zero and 22 ones in binary, into `work`. */
function raiseToHead(a: usize): void {
  copy(base, a);
  raise(x2, base, 1, base);
  raise(x3, x2, 1, base);
  raise(work, x3, 3, x3);
  raise(work, work, 3, x3);
  raise(work, work, 2, x2);
  raise(x22, work, 11, work);
  raise(x44, x22, 22, x22);
  raise(x88, x44, 44, x44);
  raise(work, x88, 88, x88);
  raise(work, work, 44, x44);
  raise(x223, work, 3, x3);
  raise(work, x223, 23, x22);
}

const raised: usize = memory.data(72, 8);

/** out = a^(2^times) * factor; `factor` may be `out` or `a`. */
function raise(out: usize, a: usize, times: i32, factor: usize): void {
  squareTimes(raised, a, times);
  multiply(out, raised, factor);
}
