import { bigintToBytes32, bytesToBigint, FIELD_PRIME, halve, invert, isCurveX, modP, squareRoot } from './field.ts';
import type { RandomBytes } from './types.ts';

const P = FIELD_PRIME;
const SQRT_MINUS_3 = 0xa2d2ba93507f1df233770c2a797962cc61f6d15da14ecd47d8d27ae1cd5f852n;
const HALF_ONE_MINUS_ROOT = halve(modP(1n - SQRT_MINUS_3));
const HALF_ONE_PLUS_ROOT = halve(modP(1n + SQRT_MINUS_3));

/** Which x coordinates lie on the curve; a back end may bring a faster test than the bigint one. */
export type CurveTest = (x: bigint) => boolean;

/** BIP324 `XSwiftEC`: the x coordinate that a 64-byte encoding stands for. Every encoding stands for one. */
export function decodeEllswift(encoded: Uint8Array, isOnCurve: CurveTest = isCurveX): bigint {
  const u = bytesToBigint(encoded.subarray(0, 32)) % P || 1n;
  let t = bytesToBigint(encoded.subarray(32, 64)) % P || 1n;
  const g = curveSide(u);
  let tt = (t * t) % P;
  if ((g + tt) % P === 0n) {
    t = (2n * t) % P;
    tt = (4n * tt) % P;
  }
  // X = n / 2t and Y = m / (2t sqrt(-3) u): one inversion serves both quotients.
  const n = modP(g - tt);
  const m = (g + tt) % P;
  const denominator = (((2n * t * SQRT_MINUS_3) % P) * u) % P;
  const inverse = invert((denominator * m) % P);
  const y = (((m * m) % P) * inverse) % P;
  const third = (u + 4n * ((y * y) % P)) % P;
  if (isOnCurve(third)) return third;
  const root = (((((n * inverse) % P) * denominator) % P) * ((SQRT_MINUS_3 * u) % P)) % P;
  const second = halve(modP(-root - u));
  return isOnCurve(second) ? second : halve(modP(root - u));
}

/**
 * BIP324 `XElligatorSwift`: a random 64-byte encoding of `x`. Each attempt draws 33 bytes: `u`, then the case in the
 * lowest three bits of the last byte; about four attempts are needed.
 */
export function encodeEllswift(
  x: bigint,
  random: RandomBytes,
  inverse: (x: bigint, u: bigint, branch: number) => bigint | undefined = invertXSwiftEc,
): Uint8Array {
  for (;;) {
    const draw = random(33);
    const u = bytesToBigint(draw.subarray(0, 32));
    if (u === 0n || u >= P) continue;
    const t = inverse(x, u, draw[32]! & 7);
    if (t === undefined) continue;
    const encoded = new Uint8Array(64);
    encoded.set(bigintToBytes32(u));
    encoded.set(bigintToBytes32(t), 32);
    return encoded;
  }
}

/** BIP324 `xswiftec_inv`: the `t` of one of eight branches with XSwiftEC(u, t) = x, where that branch has one. */
export function invertXSwiftEc(
  x: bigint,
  u: bigint,
  branch: number,
  isOnCurve: CurveTest = isCurveX,
): bigint | undefined {
  let v: bigint;
  let s: bigint;
  if ((branch & 2) === 0) {
    if (isOnCurve(modP(-x - u))) return undefined;
    v = x;
    s = modP(-curveSide(u) * invert((u * u + u * v + v * v) % P));
  } else {
    s = modP(x - u);
    if (s === 0n) return undefined;
    const r = squareRoot(modP(-s * ((4n * curveSide(u) + 3n * s * ((u * u) % P)) % P)));
    if (r === undefined || ((branch & 1) === 1 && r === 0n)) return undefined;
    v = halve(modP(r * invert(s) - u));
  }
  const w = squareRoot(s);
  if (w === undefined) return undefined;
  const factor = (branch & 1) === 0 ? HALF_ONE_MINUS_ROOT : HALF_ONE_PLUS_ROOT;
  const t = (w * ((u * factor + v) % P)) % P;
  return (branch & 5) === 0 || (branch & 5) === 5 ? modP(-t) : t;
}

/** u^3 + 7 */
function curveSide(u: bigint): bigint {
  return (((u * u) % P) * u + 7n) % P;
}
