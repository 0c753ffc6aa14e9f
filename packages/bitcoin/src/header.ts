import { RemoteError } from '@stratumkit/codec';
import { readU32, writeU32 } from './bytes.ts';
import { type HashBackend, portableHash } from './hash.ts';

/** Bytes of a block header. */
export const HEADER_SIZE = 80;

/** Bits of the header version that a miner may change freely (BIP-0323). */
export const VERSION_ROLLING_MASK = 0x1fffffe0;

/** A block header. Hashes are in wire order; the integers are unsigned 32-bit. */
export interface BlockHeader {
  readonly version: number;
  readonly prevHash: Uint8Array;
  readonly merkleRoot: Uint8Array;
  /** Unix seconds. */
  readonly time: number;
  readonly nbits: number;
  readonly nonce: number;
}

/** The 80 bytes of a block header, as they are hashed. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  const out = new Uint8Array(HEADER_SIZE);
  encodeHeaderInto(header, out, 0);
  return out;
}

/** Writes 80 bytes at `offset` and returns the offset behind them. */
export function encodeHeaderInto(header: BlockHeader, out: Uint8Array, offset: number): number {
  writeU32(out, offset, header.version);
  out.set(header.prevHash, offset + 4);
  out.set(header.merkleRoot, offset + 36);
  writeU32(out, offset + 68, header.time);
  writeU32(out, offset + 72, header.nbits);
  writeU32(out, offset + 76, header.nonce);
  return offset + HEADER_SIZE;
}

/** Reads the first 80 bytes; the hashes are copies. Throws RemoteError `decode` where there are fewer. */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length < HEADER_SIZE) {
    throw new RemoteError('decode', 'a block header has 80 bytes', { context: { length: bytes.length } });
  }
  return {
    version: readU32(bytes, 0),
    prevHash: bytes.slice(4, 36),
    merkleRoot: bytes.slice(36, 68),
    time: readU32(bytes, 68),
    nbits: readU32(bytes, 72),
    nonce: readU32(bytes, 76),
  };
}

const NONCE_AT = 76;
/** Of {@link headerHashWithNonce}, which may be called for every nonce. */
const SCRATCH = new Uint8Array(HEADER_SIZE);

/** The block hash that a header of 80 bytes has with another nonce; the header stays as it is. */
export function headerHashWithNonce(header: Uint8Array, nonce: number, hash: HashBackend = portableHash): Uint8Array {
  SCRATCH.set(header);
  writeU32(SCRATCH, NONCE_AT, nonce);
  return hash.sha256d(SCRATCH);
}

/** The block hash in wire order. */
export function headerHash(header: BlockHeader | Uint8Array, hash: HashBackend = portableHash): Uint8Array {
  return hash.sha256d(header instanceof Uint8Array ? header : encodeHeader(header));
}
