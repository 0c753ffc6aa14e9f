/** First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
export const K: readonly number[] = fractions(64, Math.cbrt, 3n);
/** The same of the square roots of the first 8 primes: the initial state. */
export const IV: readonly number[] = fractions(8, Math.sqrt, 2n);

/** The state after one 64-byte block. */
export function compress(state: readonly number[], block: Uint8Array): number[] {
  const view = new DataView(block.buffer, block.byteOffset, 64);
  const w = Array.from({ length: 16 }, (_, i) => view.getUint32(4 * i));
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w.push((w[i - 16]! + s0 + w[i - 7]! + s1) >>> 0);
  }
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) >>> 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) >>> 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) >>> 0, c, b, a, (t1 + t2) >>> 0];
  }
  return [a, b, c, d, e, f, g, h].map((value, i) => (value + state[i]!) >>> 0);
}

function rotate(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

/** Exact: the double is only a first guess at floor(root * 2^32). */
function fractions(count: number, root: (value: number) => number, power: bigint): number[] {
  const out: number[] = [];
  for (let candidate = 2; out.length < count; candidate++) {
    if (isPrime(candidate)) out.push(Number(floorRoot(candidate, root, power) & 0xffffffffn));
  }
  return out;
}

function floorRoot(prime: number, root: (value: number) => number, power: bigint): bigint {
  const scaled = BigInt(prime) << (32n * power);
  let guess = BigInt(Math.floor(root(prime) * 2 ** 32));
  while (guess ** power > scaled) guess--;
  while ((guess + 1n) ** power <= scaled) guess++;
  return guess;
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false;
  return true;
}
