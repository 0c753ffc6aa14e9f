/** Arithmetic modulo the secp256k1 field prime. Values are bigints from 0 to p - 1. Not constant in time. */

export const FIELD_PRIME = 2n ** 256n - 2n ** 32n - 977n;
export const GROUP_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const INVERSE_OF_TWO = (FIELD_PRIME + 1n) / 2n;

export function modP(value: bigint): bigint {
  const rest = value % FIELD_PRIME;
  return rest < 0n ? rest + FIELD_PRIME : rest;
}

export function halve(value: bigint): bigint {
  return (value * INVERSE_OF_TWO) % FIELD_PRIME;
}

/** Extended Euclid. The inverse of 0 is 0. */
export function invert(value: bigint): bigint {
  let [a, b] = [value, FIELD_PRIME];
  let [x, y] = [1n, 0n];
  while (a > 1n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return a === 0n ? 0n : modP(x);
}

/** The root `value^((p+1)/4)`, or undefined when `value` is no square. */
export function squareRoot(value: bigint): bigint | undefined {
  const root = powQuarter(value);
  return (root * root) % FIELD_PRIME === value ? root : undefined;
}

export function isSquare(value: bigint): boolean {
  return squareRoot(value) !== undefined;
}

/** Whether some curve point has this x coordinate. */
export function isCurveX(x: bigint): boolean {
  return isSquare(((((x * x) % FIELD_PRIME) * x) % FIELD_PRIME) + 7n);
}

export function bytesToBigint(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let value = 0n;
  for (let offset = 0; offset < bytes.length; offset += 8) value = (value << 64n) | view.getBigUint64(offset);
  return value;
}

export function bigintToBytes32(value: bigint): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  for (let offset = 24, rest = value; offset >= 0; offset -= 8, rest >>= 64n) {
    view.setBigUint64(offset, BigInt.asUintN(64, rest));
  }
  return bytes;
}

/** value^((p+1)/4): (p+1)/4 is 223 ones, a zero, 22 ones, 0000, 11, 00 in binary. */
function powQuarter(value: bigint): bigint {
  const x2 = (squareTimes(value, 1) * value) % FIELD_PRIME;
  const x3 = (squareTimes(x2, 1) * value) % FIELD_PRIME;
  const x6 = (squareTimes(x3, 3) * x3) % FIELD_PRIME;
  const x9 = (squareTimes(x6, 3) * x3) % FIELD_PRIME;
  const x11 = (squareTimes(x9, 2) * x2) % FIELD_PRIME;
  const x22 = (squareTimes(x11, 11) * x11) % FIELD_PRIME;
  const x44 = (squareTimes(x22, 22) * x22) % FIELD_PRIME;
  const x88 = (squareTimes(x44, 44) * x44) % FIELD_PRIME;
  const x176 = (squareTimes(x88, 88) * x88) % FIELD_PRIME;
  const x220 = (squareTimes(x176, 44) * x44) % FIELD_PRIME;
  const x223 = (squareTimes(x220, 3) * x3) % FIELD_PRIME;
  const head = (squareTimes(x223, 23) * x22) % FIELD_PRIME;
  return squareTimes((squareTimes(head, 6) * x2) % FIELD_PRIME, 2);
}

function squareTimes(value: bigint, times: number): bigint {
  let result = value;
  for (let i = 0; i < times; i++) result = (result * result) % FIELD_PRIME;
  return result;
}
