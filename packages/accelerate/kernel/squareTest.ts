import { writeElement } from './field';

const bytes: usize = memory.data(32, 8);

/** Whether `a` is a square modulo p, 0 included: a binary Jacobi symbol. Its time tells about `a`. */
export function isSquare(a: usize): bool {
  writeElement(bytes, a);
  let a3 = bswap(load<u64>(bytes));
  let a2 = bswap(load<u64>(bytes, 8));
  let a1 = bswap(load<u64>(bytes, 16));
  let a0 = bswap(load<u64>(bytes, 24));
  let n3: u64 = u64.MAX_VALUE;
  let n2: u64 = u64.MAX_VALUE;
  let n1: u64 = u64.MAX_VALUE;
  let n0: u64 = u64.MAX_VALUE - 0x1000003d0;
  if ((a0 | a1 | a2 | a3) === 0) return true;

  let sign: u64 = 0;
  while ((a0 | a1 | a2 | a3) !== 0) {
    while (a0 === 0) {
      a0 = a1;
      a1 = a2;
      a2 = a3;
      a3 = 0; // 64 twos, an even number of them
    }
    const zeros = ctz(a0);
    if (zeros > 0) {
      a0 = (a0 >> zeros) | (a1 << (64 - zeros));
      a1 = (a1 >> zeros) | (a2 << (64 - zeros));
      a2 = (a2 >> zeros) | (a3 << (64 - zeros));
      a3 >>= zeros;
      // (2/n) is -1 for n = 3 and 5 modulo 8
      sign ^= zeros & ((n0 >> 1) ^ (n0 >> 2));
    }
    if (a3 < n3 || (a3 === n3 && (a2 < n2 || (a2 === n2 && (a1 < n1 || (a1 === n1 && a0 < n0)))))) {
      // reciprocity: -1 when both are 3 modulo 4
      sign ^= (a0 & n0) >> 1;
      let swap = a0;
      a0 = n0;
      n0 = swap;
      swap = a1;
      a1 = n1;
      n1 = swap;
      swap = a2;
      a2 = n2;
      n2 = swap;
      swap = a3;
      a3 = n3;
      n3 = swap;
    }
    let borrow: u64 = u64(a0 < n0);
    a0 -= n0;
    let next = u64(a1 < n1) | (u64(a1 === n1) & borrow);
    a1 -= n1 + borrow;
    borrow = next;
    next = u64(a2 < n2) | (u64(a2 === n2) & borrow);
    a2 -= n2 + borrow;
    a3 -= n3 + next;
  }
  return (sign & 1) === 0;
}
