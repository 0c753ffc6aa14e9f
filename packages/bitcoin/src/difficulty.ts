import { UsageError } from '@stratumkit/codec';
import { bigintToTarget, MAX_TARGET, targetToBigint } from './target.ts';

/** The target of difficulty 1. */
const DIFFICULTY_ONE = 0xffffn << 208n;
const SCALE_BITS = 1074n;

/** Difficulty as nodes and pools display it; infinite for the target 0. */
export function difficultyFromTarget(target: Uint8Array): number {
  return Number(DIFFICULTY_ONE) / Number(targetToBigint(target));
}

/** The target of a difficulty above 0, at most 2^256 - 1. Throws UsageError `difficulty` for any other. */
export function targetFromDifficulty(difficulty: number): Uint8Array {
  if (!(difficulty > 0) || difficulty === Number.POSITIVE_INFINITY) {
    throw new UsageError('difficulty', 'a difficulty is a finite number above 0', { context: { difficulty } });
  }
  const value = (DIFFICULTY_ONE << SCALE_BITS) / scaled(difficulty);
  return bigintToTarget(value > MAX_TARGET ? MAX_TARGET : value);
}

/** Expected number of hashes until one meets the target: floor(2^256 / (target + 1)). */
export function workFromTarget(target: Uint8Array): bigint {
  return (1n << 256n) / (targetToBigint(target) + 1n);
}

/**
 * The target at which a hashrate finds `sharesPerMinute` shares:
 * (2^256 - 1 - h s) / (h s + 1), with h hashes a second and s = 60 / sharesPerMinute. Throws UsageError `hashrate` unless the
 * hashrate is finite and at least 0, and the share rate above 0.
 */
export function targetFromHashrate(hashesPerSecond: number, sharesPerMinute: number): Uint8Array {
  if (!(hashesPerSecond >= 0) || hashesPerSecond === Number.POSITIVE_INFINITY || !(sharesPerMinute > 0)) {
    throw new UsageError('hashrate', 'a hashrate is finite and at least 0, a share rate is above 0', {
      context: { hashesPerSecond, sharesPerMinute },
    });
  }
  const hashes = Math.floor((hashesPerSecond * 60) / sharesPerMinute);
  const hashesPerShare = hashes < 2 ** 255 ? BigInt(hashes) : 1n << 255n;
  return bigintToTarget((MAX_TARGET - hashesPerShare) / (hashesPerShare + 1n));
}

/** The hashrate that finds `sharesPerMinute` shares at the target; the inverse of {@link targetFromHashrate}. */
export function hashrateFromTarget(target: Uint8Array, sharesPerMinute: number): number {
  const value = targetToBigint(target);
  return ((Number(MAX_TARGET - value) / Number(value + 1n)) * sharesPerMinute) / 60;
}

/** A positive double times 2^1074, exactly. */
function scaled(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  return exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
}
