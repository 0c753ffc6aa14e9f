import { UsageError } from '@stratumkit/codec';

/** The largest 256-bit number, the easiest target there is. */
export const MAX_TARGET = (1n << 256n) - 1n;

/** One view for all conversions: a view of each target would cost more than copying its 32 bytes. */
const SCRATCH = new Uint8Array(32);
const WORDS = new DataView(SCRATCH.buffer);

/** A little-endian target or hash as a number. */
export function targetToBigint(target: Uint8Array): bigint {
  SCRATCH.set(target);
  return (
    (WORDS.getBigUint64(24, true) << 192n) |
    (WORDS.getBigUint64(16, true) << 128n) |
    (WORDS.getBigUint64(8, true) << 64n) |
    WORDS.getBigUint64(0, true)
  );
}

/** The inverse of {@link targetToBigint}; `value` must lie within 0 and 2^256 - 1. Throws UsageError `target` for any other. */
export function bigintToTarget(value: bigint): Uint8Array {
  if (value < 0n || value > MAX_TARGET) {
    throw new UsageError('target', 'a target lies within 0 and 2^256 - 1', { context: { value: value.toString() } });
  }
  for (let i = 0; i < 4; i++) WORDS.setBigUint64(8 * i, BigInt.asUintN(64, value >> BigInt(64 * i)), true);
  return SCRATCH.slice();
}

/** Compares as numbers: negative, zero or positive. */
export function compareTargets(a: Uint8Array, b: Uint8Array): number {
  for (let i = 31; i >= 0; i--) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the hash, as a number, is at most the target. */
export function meetsTarget(hash: Uint8Array, target: Uint8Array): boolean {
  return compareTargets(hash, target) <= 0;
}

/** A compact target taken apart as Bitcoin Core does, flaws included: `target` is meaningless when a flag is set. */
export function decodeNbits(nbits: number): { target: bigint; negative: boolean; overflow: boolean } {
  const size = nbits >>> 24;
  let word = nbits & 0x007fffff;
  if (size <= 3) word >>>= 8 * (3 - size);
  const shift = size > 3 ? BigInt(8 * (size - 3)) : 0n;
  return {
    target: BigInt.asUintN(256, BigInt(word) << shift),
    negative: word !== 0 && (nbits & 0x00800000) !== 0,
    overflow: word !== 0 && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32)),
  };
}

/** Whether Bitcoin Core would take this as a proof-of-work requirement: positive, no overflow, at most `powLimit`. */
export function isValidNbits(nbits: number, powLimit: bigint = MAX_TARGET): boolean {
  const { target, negative, overflow } = decodeNbits(nbits);
  return !negative && !overflow && target > 0n && target <= powLimit;
}

/** The target of a block header. Negative and overflowing forms, which no proof of work can satisfy, give zero. */
export function targetFromNbits(nbits: number): Uint8Array {
  const { target, negative, overflow } = decodeNbits(nbits);
  return bigintToTarget(negative || overflow ? 0n : target);
}

/** The compact form; the bits that it cannot hold are cut off, so that the result is never the easier one. */
export function nbitsFromTarget(target: Uint8Array): number {
  let size = 32;
  while (size > 0 && target[size - 1] === 0) size--;
  const byte = (index: number): number => (index >= 0 ? target[index]! : 0);
  let word = (byte(size - 1) << 16) | (byte(size - 2) << 8) | byte(size - 3);
  if (size === 0) return 0;
  if ((word & 0x00800000) !== 0) {
    word >>>= 8;
    size++;
  }
  return ((size << 24) | word) >>> 0;
}
