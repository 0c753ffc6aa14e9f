import { RemoteError, UsageError } from '@stratumkit/codec';
import { readU32 } from './bytes.ts';

/** Bitcoin Core's bound on a length it reads. */
const MAX_SIZE = 0x02000000;

/** Bytes that a CompactSize takes: 1, 3 or 5 (lengths beyond 2^32 do not occur). */
export function compactSizeLength(value: number): number {
  return value < 0xfd ? 1 : value <= 0xffff ? 3 : 5;
}

/** The shortest form of a length, 1 to 9 bytes. Throws UsageError `compact-size` unless it lies within 0 and 2^32 - 1. */
export function encodeCompactSize(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new UsageError('compact-size', 'a length lies within 0 and 2^32 - 1', { context: { value } });
  }
  if (value < 0xfd) return Uint8Array.of(value);
  if (value <= 0xffff) return Uint8Array.of(0xfd, value, value >>> 8);
  return Uint8Array.of(0xfe, value, value >>> 8, value >>> 16, value >>> 24);
}

/** Reads consensus-encoded bytes within bounds; every failure is a `RemoteError` with the offset. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Bytes not taken yet. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.slice(start, start + length);
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  /** Little-endian. */
  u32(): number {
    return readU32(this.#bytes, this.#take(4));
  }

  /** Little-endian. */
  u64(): bigint {
    const start = this.#take(8);
    return (BigInt(readU32(this.#bytes, start + 4)) << 32n) | BigInt(readU32(this.#bytes, start));
  }

  /** The next byte without taking it. */
  peek(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** A canonical CompactSize of at most 2^25, as Bitcoin Core reads it. */
  compactSize(): number {
    const first = this.u8();
    if (first < 0xfd) return first;
    if (first === 0xff) this.fail('length too large');
    const low = this.u8() | (this.u8() << 8);
    if (first === 0xfd) return low < 0xfd ? this.fail('length not in its shortest form') : low;
    const value = low + (this.u8() | (this.u8() << 8)) * 0x10000;
    if (value <= 0xffff) this.fail('length not in its shortest form');
    return value > MAX_SIZE ? this.fail('length too large') : value;
  }

  /** A CompactSize that counts elements of at least `minSize` bytes which must still follow. */
  count(minSize: number): number {
    const count = this.compactSize();
    return count * minSize > this.remaining ? this.fail('more elements announced than bytes follow') : count;
  }

  /** A copy of as many bytes as the length before them says. */
  varBytes(): Uint8Array {
    return this.bytes(this.count(1));
  }

  expectEnd(): void {
    if (this.remaining !== 0) this.fail('bytes after the end');
  }

  /** Throws RemoteError `decode` with the offset. */
  fail(message: string): never {
    throw new RemoteError('decode', message, { context: { offset: this.#offset } });
  }

  #take(length: number): number {
    if (length > this.remaining) this.fail('too short');
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
