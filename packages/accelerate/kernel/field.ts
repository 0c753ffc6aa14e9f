/**
 * The secp256k1 field modulo p = 2^256 - 2^32 - 977 in AssemblyScript. An element is nine limbs of 29 bits in nine u64,
 * below 2^261; only `writeElement` and `isZero` reduce it fully. `multiply` and `square` are unrolled: columns of at
 * most 9 * 2^60, one pass of carries, the upper half folded down, and a short pass again. Except for
 * `isZero` and `writeElement`, nothing here takes time by the values.
 */

const MASK: u64 = 0x1fffffff;
const FOLD: u64 = 31264;

/** Bytes that an element takes. */
export const SIZE: usize = 72;

export function multiply(out: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a, 0);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const a4 = load<u64>(a, 32);
  const a5 = load<u64>(a, 40);
  const a6 = load<u64>(a, 48);
  const a7 = load<u64>(a, 56);
  const a8 = load<u64>(a, 64);
  const b0 = load<u64>(b, 0);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  const b4 = load<u64>(b, 32);
  const b5 = load<u64>(b, 40);
  const b6 = load<u64>(b, 48);
  const b7 = load<u64>(b, 56);
  const b8 = load<u64>(b, 64);
  let c0 = a0 * b0;
  let c1 = a0 * b1 + a1 * b0 + (c0 >> 29);
  c0 &= MASK;
  let c2 = a0 * b2 + a1 * b1 + a2 * b0 + (c1 >> 29);
  c1 &= MASK;
  let c3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (c2 >> 29);
  c2 &= MASK;
  let c4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (c3 >> 29);
  c3 &= MASK;
  let c5 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (c4 >> 29);
  c4 &= MASK;
  let c6 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + (c5 >> 29);
  c5 &= MASK;
  let c7 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + (c6 >> 29);
  c6 &= MASK;
  let c8 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0 + (c7 >> 29);
  c7 &= MASK;
  let c9 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1 + (c8 >> 29);
  c8 &= MASK;
  let c10 = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2 + (c9 >> 29);
  c9 &= MASK;
  let c11 = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3 + (c10 >> 29);
  c10 &= MASK;
  let c12 = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4 + (c11 >> 29);
  c11 &= MASK;
  let c13 = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5 + (c12 >> 29);
  c12 &= MASK;
  let c14 = a6 * b8 + a7 * b7 + a8 * b6 + (c13 >> 29);
  c13 &= MASK;
  let c15 = a7 * b8 + a8 * b7 + (c14 >> 29);
  c14 &= MASK;
  let c16 = a8 * b8 + (c15 >> 29);
  c15 &= MASK;
  const c17 = c16 >> 29;
  c16 &= MASK;
  // 2^261 is 2^37 + 31264 modulo p.
  c0 += c9 * FOLD;
  c1 += c10 * FOLD + (c9 << 8) + (c0 >> 29);
  c0 &= MASK;
  c2 += c11 * FOLD + (c10 << 8) + (c1 >> 29);
  c1 &= MASK;
  c3 += c12 * FOLD + (c11 << 8) + (c2 >> 29);
  c2 &= MASK;
  c4 += c13 * FOLD + (c12 << 8) + (c3 >> 29);
  c3 &= MASK;
  c5 += c14 * FOLD + (c13 << 8) + (c4 >> 29);
  c4 &= MASK;
  c6 += c15 * FOLD + (c14 << 8) + (c5 >> 29);
  c5 &= MASK;
  c7 += c16 * FOLD + (c15 << 8) + (c6 >> 29);
  c6 &= MASK;
  c8 += c17 * FOLD + (c16 << 8) + (c7 >> 29);
  c7 &= MASK;
  const top = (c8 >> 29) + (c17 << 8);
  c8 &= MASK;
  c0 += top * FOLD;
  c1 += (top << 8) + (c0 >> 29);
  c2 += c1 >> 29;
  c3 += c2 >> 29;
  c0 &= MASK;
  c1 &= MASK;
  c2 &= MASK;
  store<u64>(out, c0, 0);
  store<u64>(out, c1, 8);
  store<u64>(out, c2, 16);
  store<u64>(out, c3, 24);
  store<u64>(out, c4, 32);
  store<u64>(out, c5, 40);
  store<u64>(out, c6, 48);
  store<u64>(out, c7, 56);
  store<u64>(out, c8, 64);
}

export function square(out: usize, a: usize): void {
  const a0 = load<u64>(a, 0);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const a4 = load<u64>(a, 32);
  const a5 = load<u64>(a, 40);
  const a6 = load<u64>(a, 48);
  const a7 = load<u64>(a, 56);
  const a8 = load<u64>(a, 64);
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  let c0 = a0 * a0;
  let c1 = d0 * a1 + (c0 >> 29);
  c0 &= MASK;
  let c2 = d0 * a2 + a1 * a1 + (c1 >> 29);
  c1 &= MASK;
  let c3 = d0 * a3 + d1 * a2 + (c2 >> 29);
  c2 &= MASK;
  let c4 = d0 * a4 + d1 * a3 + a2 * a2 + (c3 >> 29);
  c3 &= MASK;
  let c5 = d0 * a5 + d1 * a4 + d2 * a3 + (c4 >> 29);
  c4 &= MASK;
  let c6 = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3 + (c5 >> 29);
  c5 &= MASK;
  let c7 = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4 + (c6 >> 29);
  c6 &= MASK;
  let c8 = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4 + (c7 >> 29);
  c7 &= MASK;
  let c9 = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5 + (c8 >> 29);
  c8 &= MASK;
  let c10 = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5 + (c9 >> 29);
  c9 &= MASK;
  let c11 = d3 * a8 + d4 * a7 + d5 * a6 + (c10 >> 29);
  c10 &= MASK;
  let c12 = d4 * a8 + d5 * a7 + a6 * a6 + (c11 >> 29);
  c11 &= MASK;
  let c13 = d5 * a8 + d6 * a7 + (c12 >> 29);
  c12 &= MASK;
  let c14 = d6 * a8 + a7 * a7 + (c13 >> 29);
  c13 &= MASK;
  let c15 = d7 * a8 + (c14 >> 29);
  c14 &= MASK;
  let c16 = a8 * a8 + (c15 >> 29);
  c15 &= MASK;
  const c17 = c16 >> 29;
  c16 &= MASK;
  // 2^261 is 2^37 + 31264 modulo p.
  c0 += c9 * FOLD;
  c1 += c10 * FOLD + (c9 << 8) + (c0 >> 29);
  c0 &= MASK;
  c2 += c11 * FOLD + (c10 << 8) + (c1 >> 29);
  c1 &= MASK;
  c3 += c12 * FOLD + (c11 << 8) + (c2 >> 29);
  c2 &= MASK;
  c4 += c13 * FOLD + (c12 << 8) + (c3 >> 29);
  c3 &= MASK;
  c5 += c14 * FOLD + (c13 << 8) + (c4 >> 29);
  c4 &= MASK;
  c6 += c15 * FOLD + (c14 << 8) + (c5 >> 29);
  c5 &= MASK;
  c7 += c16 * FOLD + (c15 << 8) + (c6 >> 29);
  c6 &= MASK;
  c8 += c17 * FOLD + (c16 << 8) + (c7 >> 29);
  c7 &= MASK;
  const top = (c8 >> 29) + (c17 << 8);
  c8 &= MASK;
  c0 += top * FOLD;
  c1 += (top << 8) + (c0 >> 29);
  c2 += c1 >> 29;
  c3 += c2 >> 29;
  c0 &= MASK;
  c1 &= MASK;
  c2 &= MASK;
  store<u64>(out, c0, 0);
  store<u64>(out, c1, 8);
  store<u64>(out, c2, 16);
  store<u64>(out, c3, 24);
  store<u64>(out, c4, 32);
  store<u64>(out, c5, 40);
  store<u64>(out, c6, 48);
  store<u64>(out, c7, 56);
  store<u64>(out, c8, 64);
}

export function squareTimes(out: usize, a: usize, times: i32): void {
  square(out, a);
  for (let i = 1; i < times; i++) square(out, out);
}

export function copy(out: usize, a: usize): void {
  memory.copy(out, a, SIZE);
}

export function setSmall(out: usize, value: u64): void {
  memory.fill(out, 0, SIZE);
  store<u64>(out, value);
}

export function add(out: usize, a: usize, b: usize): void {
  let c0 = load<u64>(a, 0) + load<u64>(b, 0);
  let c1 = load<u64>(a, 8) + load<u64>(b, 8);
  let c2 = load<u64>(a, 16) + load<u64>(b, 16);
  let c3 = load<u64>(a, 24) + load<u64>(b, 24);
  let c4 = load<u64>(a, 32) + load<u64>(b, 32);
  let c5 = load<u64>(a, 40) + load<u64>(b, 40);
  let c6 = load<u64>(a, 48) + load<u64>(b, 48);
  let c7 = load<u64>(a, 56) + load<u64>(b, 56);
  let c8 = load<u64>(a, 64) + load<u64>(b, 64);
  c1 += c0 >> 29;
  c2 += c1 >> 29;
  c3 += c2 >> 29;
  c4 += c3 >> 29;
  c5 += c4 >> 29;
  c6 += c5 >> 29;
  c7 += c6 >> 29;
  c8 += c7 >> 29;
  const top = c8 >> 29;
  c0 = (c0 & MASK) + top * FOLD;
  c1 = (c1 & MASK) + (top << 8) + (c0 >> 29);
  store<u64>(out, c0 & MASK);
  store<u64>(out, c1 & MASK, 8);
  store<u64>(out, (c2 & MASK) + (c1 >> 29), 16);
  store<u64>(out, c3 & MASK, 24);
  store<u64>(out, c4 & MASK, 32);
  store<u64>(out, c5 & MASK, 40);
  store<u64>(out, c6 & MASK, 48);
  store<u64>(out, c7 & MASK, 56);
  store<u64>(out, c8 & MASK, 64);
}

/** Adds 128 p before, in limbs so large that none goes below zero. */
export function subtract(out: usize, a: usize, b: usize): void {
  let c0 = load<u64>(a, 0) + 0x3ffe1780 - load<u64>(b, 0);
  let c1 = load<u64>(a, 8) + 0x3ffffbfe - load<u64>(b, 8);
  let c2 = load<u64>(a, 16) + 0x3ffffffe - load<u64>(b, 16);
  let c3 = load<u64>(a, 24) + 0x3ffffffe - load<u64>(b, 24);
  let c4 = load<u64>(a, 32) + 0x3ffffffe - load<u64>(b, 32);
  let c5 = load<u64>(a, 40) + 0x3ffffffe - load<u64>(b, 40);
  let c6 = load<u64>(a, 48) + 0x3ffffffe - load<u64>(b, 48);
  let c7 = load<u64>(a, 56) + 0x3ffffffe - load<u64>(b, 56);
  let c8 = load<u64>(a, 64) + 0x7ffffffe - load<u64>(b, 64);
  c1 += c0 >> 29;
  c2 += c1 >> 29;
  c3 += c2 >> 29;
  c4 += c3 >> 29;
  c5 += c4 >> 29;
  c6 += c5 >> 29;
  c7 += c6 >> 29;
  c8 += c7 >> 29;
  const top = c8 >> 29;
  c0 = (c0 & MASK) + top * FOLD;
  c1 = (c1 & MASK) + (top << 8) + (c0 >> 29);
  store<u64>(out, c0 & MASK);
  store<u64>(out, c1 & MASK, 8);
  store<u64>(out, (c2 & MASK) + (c1 >> 29), 16);
  store<u64>(out, c3 & MASK, 24);
  store<u64>(out, c4 & MASK, 32);
  store<u64>(out, c5 & MASK, 40);
  store<u64>(out, c6 & MASK, 48);
  store<u64>(out, c7 & MASK, 56);
  store<u64>(out, c8 & MASK, 64);
}

/** `factor` below 2^16. */
export function multiplySmall(out: usize, a: usize, factor: u64): void {
  let c0 = load<u64>(a, 0) * factor;
  let c1 = load<u64>(a, 8) * factor;
  let c2 = load<u64>(a, 16) * factor;
  let c3 = load<u64>(a, 24) * factor;
  let c4 = load<u64>(a, 32) * factor;
  let c5 = load<u64>(a, 40) * factor;
  let c6 = load<u64>(a, 48) * factor;
  let c7 = load<u64>(a, 56) * factor;
  let c8 = load<u64>(a, 64) * factor;
  c1 += c0 >> 29;
  c2 += c1 >> 29;
  c3 += c2 >> 29;
  c4 += c3 >> 29;
  c5 += c4 >> 29;
  c6 += c5 >> 29;
  c7 += c6 >> 29;
  c8 += c7 >> 29;
  const top = c8 >> 29;
  c0 = (c0 & MASK) + top * FOLD;
  c1 = (c1 & MASK) + (top << 8) + (c0 >> 29);
  store<u64>(out, c0 & MASK);
  store<u64>(out, c1 & MASK, 8);
  store<u64>(out, (c2 & MASK) + (c1 >> 29), 16);
  store<u64>(out, c3 & MASK, 24);
  store<u64>(out, c4 & MASK, 32);
  store<u64>(out, c5 & MASK, 40);
  store<u64>(out, c6 & MASK, 48);
  store<u64>(out, c7 & MASK, 56);
  store<u64>(out, c8 & MASK, 64);
}

/** Makes all limbs 29 bits wide again, the third at most one more. */
function carry(a: usize): void {
  let rest: u64 = 0;
  for (let i: usize = 0; i < SIZE; i += 8) {
    const limb = load<u64>(a + i) + rest;
    store<u64>(a + i, limb & MASK);
    rest = limb >> 29;
  }
  const low = load<u64>(a) + rest * FOLD;
  const next = load<u64>(a, 8) + (rest << 8) + (low >> 29);
  store<u64>(a, low & MASK);
  store<u64>(a, next & MASK, 8);
  store<u64>(a, load<u64>(a, 16) + (next >> 29), 16);
}

/** Adds `times` of 2^32 + 977, which is 2^256 modulo p, without folding the top. */
function addTop(a: usize, times: u64): void {
  store<u64>(a, load<u64>(a) + times * 977);
  store<u64>(a, load<u64>(a, 8) + (times << 3), 8);
  let rest: u64 = 0;
  for (let i: usize = 0; i < 64; i += 8) {
    const limb = load<u64>(a + i) + rest;
    store<u64>(a + i, limb & MASK);
    rest = limb >> 29;
  }
  store<u64>(a, load<u64>(a, 64) + rest, 64);
}

function foldTop(a: usize): void {
  const top = load<u64>(a, 64);
  store<u64>(a, top & 0xffffff, 64);
  addTop(a, top >> 24);
}

const reduced: usize = memory.data(72, 8);
const shifted: usize = memory.data(72, 8);

/** The canonical form of `a`, 0 to p - 1 with every limb in range; valid until the next call. */
function reduce(a: usize): usize {
  copy(reduced, a);
  carry(reduced);
  foldTop(reduced);
  foldTop(reduced);
  // At least p exactly when adding 2^256 - p reaches 2^256.
  copy(shifted, reduced);
  addTop(shifted, 1);
  const top = load<u64>(shifted, 64);
  if (top >> 24 === 0) return reduced;
  store<u64>(shifted, top & 0xffffff, 64);
  return shifted;
}

export function isZero(a: usize): bool {
  const canonical = reduce(a);
  let bits: u64 = 0;
  for (let i: usize = 0; i < SIZE; i += 8) bits |= load<u64>(canonical + i);
  return bits === 0;
}

/** 32 bytes, big-endian; values from p on are taken modulo p. */
export function readElement(out: usize, bytes: usize): void {
  memory.fill(out, 0, SIZE);
  let buffer: u64 = 0;
  let bits: u64 = 0;
  let limb = out;
  for (let i: usize = 0; i < 32; i++) {
    buffer |= (<u64>load<u8>(bytes + 31 - i)) << bits;
    bits += 8;
    if (bits >= 29) {
      store<u64>(limb, buffer & MASK);
      limb += 8;
      buffer >>= 29;
      bits -= 29;
    }
  }
  store<u64>(limb, buffer);
}

export function writeElement(bytes: usize, a: usize): void {
  const canonical = reduce(a);
  let limb = canonical;
  let buffer: u64 = load<u64>(limb);
  let bits: u64 = 29;
  for (let i: usize = 0; i < 32; i++) {
    if (bits < 8 && limb < canonical + 64) {
      limb += 8;
      buffer |= load<u64>(limb) << bits;
      bits += 29;
    }
    store<u8>(bytes + 31 - i, <u8>buffer);
    buffer >>= 8;
    bits -= 8;
  }
}
