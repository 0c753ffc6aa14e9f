/** BIP324 ElligatorSwift over `field.ts`. Arguments and results lie in `io`, 32 bytes each, big-endian. */

import { add, isZero, multiply, readElement, setSmall, square, subtract, writeElement } from './field';
import { io } from './io';
import { invert, squareRoot } from './powers';
import { isSquare } from './squareTest';

// -3's square root, 1/2, (1 - that root) / 2, (1 + that root) / 2
const ROOT: usize = memory.data<u64>([
  0x1cd5f852, 0xc693d70, 0x53b351f, 0x1eda2bb4, 0x1962cc61, 0x186153cb, 0x77c8cdd, 0x1526a0fe, 0xa2d2b,
]);
const HALF: usize = memory.data<u64>([
  0x1ffffe18, 0x1ffffffb, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x1fffffff, 0x7fffff,
]);
const HALF_ONE_MINUS_ROOT: usize = memory.data<u64>([
  0x119501ef, 0x9cb6143, 0x1d626570, 0x92ea25, 0x34e99cf, 0x3cf561a, 0x1c41b991, 0x56caf80, 0x7ae96a,
]);
const HALF_ONE_PLUS_ROOT: usize = memory.data<u64>([
  0xe6afa41, 0x16349eb4, 0x29d9a8f, 0x1f6d15da, 0x1cb16630, 0x1c30a9e5, 0x3be466e, 0x1a93507f, 0x851695,
]);

const zero: usize = memory.data(72, 8);
const seven: usize = memory.data(72, 8);
setSmall(zero, 0);
setSmall(seven, 7);

const u: usize = memory.data(72, 8);
const t: usize = memory.data(72, 8);
const g: usize = memory.data(72, 8);
const x: usize = memory.data(72, 8);
const y: usize = memory.data(72, 8);
const s: usize = memory.data(72, 8);
const n: usize = memory.data(72, 8);
const m: usize = memory.data(72, 8);
const denominator: usize = memory.data(72, 8);
const inverse: usize = memory.data(72, 8);
const root: usize = memory.data(72, 8);
const scratch: usize = memory.data(72, 8);

/** `XSwiftEC`: u at 0, t at 32; a point's x to 64 and y to 96. */
export function decode(): void {
  readElement(u, io);
  if (isZero(u)) setSmall(u, 1);
  readElement(t, io + 32);
  if (isZero(t)) setSmall(t, 1);
  curveSide(g, u);
  square(s, t);
  add(m, g, s);
  if (isZero(m)) {
    add(t, t, t);
    square(s, t);
    add(m, g, s);
  }
  subtract(n, g, s);
  multiply(scratch, ROOT, u);
  add(denominator, t, t);
  multiply(denominator, denominator, scratch);
  multiply(inverse, denominator, m);
  invert(inverse, inverse);

  square(y, m);
  multiply(y, y, inverse);
  square(x, y);
  add(x, x, x);
  add(x, x, x);
  add(x, x, u);
  curveSide(s, x);
  if (!isSquare(s)) {
    multiply(root, n, inverse);
    multiply(root, root, denominator);
    multiply(root, root, scratch);
    subtract(x, zero, root);
    subtract(x, x, u);
    multiply(x, x, HALF);
    curveSide(s, x);
    if (!isSquare(s)) {
      subtract(x, root, u);
      multiply(x, x, HALF);
      curveSide(s, x);
    }
  }
  squareRoot(y, s);
  writeElement(io + 64, x);
  writeElement(io + 96, y);
}

/** `xswiftec_inv`: x at 0, u at 32, the branch's t to 64; false when this branch has none. */
export function encode(branch: i32): bool {
  readElement(x, io);
  readElement(u, io + 32);
  curveSide(g, u);
  if ((branch & 2) === 0) {
    add(scratch, x, u);
    subtract(scratch, zero, scratch);
    curveSide(s, scratch);
    if (isSquare(s)) return false;
    // s = -g / m with m = u^2 + uv + v^2 and v = x; it is a square when -g m is.
    square(m, u);
    multiply(n, u, x);
    add(m, m, n);
    square(n, x);
    add(m, m, n);
    subtract(s, zero, g);
    multiply(n, s, m);
    if (!isSquare(n)) return false;
    invert(m, m);
    multiply(s, s, m);
  } else {
    subtract(s, x, u);
    if (isZero(s) || !isSquare(s)) return false;
    // r^2 = -s (4g + 3 s u^2)
    square(m, u);
    multiply(m, m, s);
    add(n, m, m);
    add(m, m, n);
    add(n, g, g);
    add(n, n, n);
    add(m, m, n);
    multiply(m, m, s);
    subtract(m, zero, m);
    if (!isSquare(m) || ((branch & 1) !== 0 && isZero(m))) return false;
    squareRoot(t, m);
    // v = (r / s - u) / 2
    invert(m, s);
    multiply(t, t, m);
    subtract(t, t, u);
    multiply(x, t, HALF);
  }
  squareRoot(root, s);
  multiply(t, u, (branch & 1) === 0 ? HALF_ONE_MINUS_ROOT : HALF_ONE_PLUS_ROOT);
  add(t, t, x);
  multiply(t, t, root);
  const side = branch & 5;
  if (side === 0 || side === 5) subtract(t, zero, t);
  writeElement(io + 64, t);
  return true;
}

/** a^3 + 7 */
function curveSide(out: usize, a: usize): void {
  square(cube, a);
  multiply(cube, cube, a);
  add(out, cube, seven);
}

const cube: usize = memory.data(72, 8);
