/**
 * Multiplication on y^2 = x^3 + 7 with the complete formulas of Renes, Costello and Batina (2015) in projective coordinates:
 * no case apart for equal points, opposite points or infinity. Every scalar takes the same steps and touches the same memory.
 */

import { add, multiply, multiplySmall, readElement, SIZE, setSmall, square, subtract, writeElement } from './field';
import { io } from './io';
import { invert } from './powers';

/** X, Y, Z */
const POINT: usize = 3 * SIZE;
const WINDOWS: usize = 64;
const ENTRIES: usize = 16;
/** Three times the curve's 7. */
const B3: u64 = 21;

const t0: usize = memory.data(72, 8);
const t1: usize = memory.data(72, 8);
const t2: usize = memory.data(72, 8);
const t3: usize = memory.data(72, 8);
const t4: usize = memory.data(72, 8);
const t5: usize = memory.data(72, 8);
const t6: usize = memory.data(72, 8);

/** The generator's x and y. */
const GENERATOR: usize = memory.data<u64>([
  0x16f81798, 0xf940ad8, 0x138a3656, 0x17f9b65b, 0x10b07029, 0x114ae743, 0xeb15681, 0xfdf3b97, 0x79be66, 0x1b10d4b8,
  0x23e847f, 0x1550667, 0xf68914d, 0x108a8fd1, 0x1dfe0708, 0x11957693, 0xee4d478, 0x483ada,
]);

const accumulator: usize = memory.data(216, 8);
const selected: usize = memory.data(216, 8);
const multiples: usize = memory.data(3456, 8);
const baseTable: usize = memory.data(221184, 8);
let isBaseTableMade = false;

/**
 * Scalar of `scalarSize` bytes (64 at most, also beyond the group's order) at 0, the affine point at 64 and 96; x of the
 * product to 128. The scalar is wiped.
 */
export function multiplyPoint(scalarSize: usize): void {
  readElement(accumulator, io + 64);
  readElement(accumulator + SIZE, io + 96);
  setSmall(accumulator + 2 * SIZE, 1);
  fillMultiples(multiples, accumulator);
  setInfinity(accumulator);
  for (let window = scalarSize * 2; window > 0; window--) {
    doublePoint(accumulator);
    doublePoint(accumulator);
    doublePoint(accumulator);
    doublePoint(accumulator);
    select(multiples, digitAt(scalarSize, window - 1));
    addPoint(accumulator, selected);
  }
  finish();
}

/** Scalar of 32 bytes at 0; x of its product with the generator to 128. The scalar is wiped. */
export function multiplyBase(): void {
  if (!isBaseTableMade) makeBaseTable();
  setInfinity(accumulator);
  for (let window: usize = 0; window < WINDOWS; window++) {
    select(baseTable + window * ENTRIES * POINT, digitAt(32, window));
    addPoint(accumulator, selected);
  }
  finish();
}

function finish(): void {
  invert(t0, accumulator + 2 * SIZE);
  multiply(t0, t0, accumulator);
  writeElement(io + 128, t0);
  memory.fill(io, 0, 64);
  memory.fill(selected, 0, POINT);
}

/** Four bits of the scalar, the lowest first. */
function digitAt(scalarSize: usize, window: usize): usize {
  const byte = <usize>load<u8>(io + scalarSize - 1 - (window >> 1));
  return (byte >> ((window & 1) << 2)) & 15;
}

/** Reads all entries, so that the cache does not learn which one was wanted. */
function select(table: usize, digit: usize): void {
  memory.fill(selected, 0, POINT);
  for (let entry: usize = 0; entry < ENTRIES; entry++) {
    const mask = u64(0) - u64(entry === digit);
    const from = table + entry * POINT;
    for (let i: usize = 0; i < POINT; i += 8) {
      store<u64>(selected + i, load<u64>(selected + i) | (load<u64>(from + i) & mask));
    }
  }
}

/** 0 to 15 times a point. */
function fillMultiples(table: usize, point: usize): void {
  setInfinity(table);
  for (let entry: usize = 1; entry < ENTRIES; entry++) {
    memory.copy(table + entry * POINT, table + (entry - 1) * POINT, POINT);
    addPoint(table + entry * POINT, point);
  }
}

function makeBaseTable(): void {
  const point = multiples;
  memory.copy(point, GENERATOR, 2 * SIZE);
  setSmall(point + 2 * SIZE, 1);
  for (let window: usize = 0; window < WINDOWS; window++) {
    const table = baseTable + window * ENTRIES * POINT;
    fillMultiples(table, point);
    addPoint(point, table + 15 * POINT);
  }
  isBaseTableMade = true;
}

function setInfinity(point: usize): void {
  memory.fill(point, 0, POINT);
  setSmall(point + SIZE, 1);
}

/** Algorithm 7 of the paper: p += q. */
function addPoint(p: usize, q: usize): void {
  const x1 = p;
  const y1 = p + SIZE;
  const z1 = p + 2 * SIZE;
  const x2 = q;
  const y2 = q + SIZE;
  const z2 = q + 2 * SIZE;
  multiply(t0, x1, x2);
  multiply(t1, y1, y2);
  multiply(t2, z1, z2);
  add(t3, x1, y1);
  add(t4, x2, y2);
  multiply(t3, t3, t4);
  add(t4, t0, t1);
  subtract(t3, t3, t4);
  add(t4, y1, z1);
  add(t5, y2, z2);
  multiply(t4, t4, t5);
  add(t5, t1, t2);
  subtract(t4, t4, t5);
  add(t5, x1, z1);
  add(t6, x2, z2);
  multiply(t5, t5, t6);
  add(t6, t0, t2);
  subtract(t6, t5, t6);
  multiplySmall(t0, t0, 3);
  multiplySmall(t2, t2, B3);
  add(z1, t1, t2);
  subtract(t1, t1, t2);
  multiplySmall(t6, t6, B3);
  multiply(t5, t4, t6);
  multiply(t2, t3, t1);
  subtract(x1, t2, t5);
  multiply(t6, t6, t0);
  multiply(t1, t1, z1);
  add(y1, t1, t6);
  multiply(t0, t0, t3);
  multiply(z1, z1, t4);
  add(z1, z1, t0);
}

/** Algorithm 9 of the paper: p += p. */
function doublePoint(p: usize): void {
  const x = p;
  const y = p + SIZE;
  const z = p + 2 * SIZE;
  square(t0, y);
  multiplySmall(t3, t0, 8);
  multiply(t1, y, z);
  square(t2, z);
  multiplySmall(t2, t2, B3);
  multiply(t4, t2, t3);
  add(t5, t0, t2);
  multiply(z, t1, t3);
  multiplySmall(t2, t2, 3);
  subtract(t0, t0, t2);
  multiply(t5, t0, t5);
  multiply(t1, x, y);
  add(y, t4, t5);
  multiply(x, t0, t1);
  add(x, x, x);
}
