/** A number that stands for 32 bytes of hash: their lowest 53 bits. */
export type HashKey = number;

export function hashKey(hash: Uint8Array): HashKey {
  const low = (hash[0]! | (hash[1]! << 8) | (hash[2]! << 16) | (hash[3]! << 24)) >>> 0;
  const high = (hash[4]! | (hash[5]! << 8) | (hash[6]! << 16)) & 0x1fffff;
  return high * 2 ** 32 + low;
}

/** Whether a hash is at or below a target of this work: work = floor(2^256 / (target + 1)). */
export function isWorth(hash: Uint8Array, work: bigint): boolean {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  const top = (view.getBigUint64(24, true) << 64n) | view.getBigUint64(16, true);
  return top * work <= 1n << 128n;
}
