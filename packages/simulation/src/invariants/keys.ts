/** A number that stands for 32 bytes of hash: their lowest 53 bits. */
export type HashKey = number;

export function hashKey(hash: Uint8Array): HashKey {
  const low = (hash[0]! | (hash[1]! << 8) | (hash[2]! << 16) | (hash[3]! << 24)) >>> 0;
  const high = (hash[4]! | (hash[5]! << 8) | (hash[6]! << 16)) & 0x1fffff;
  return high * 2 ** 32 + low;
}
