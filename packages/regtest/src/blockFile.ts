import { concatBytes } from '@noble/hashes/utils.js';

/** Regtest's network magic: starts each record, as in Core's `blk*.dat` files. */
const MAGIC = [0xfa, 0xbf, 0xb5, 0xda];
const RECORD_HEADER_SIZE = 8;
const MAXIMUM_BLOCK_SIZE = 4_000_000;

/** A block as one record of an append-only file: magic, length (little-endian), block. */
export function encodeBlockRecord(block: Uint8Array): Uint8Array {
  const header = new Uint8Array(RECORD_HEADER_SIZE);
  header.set(MAGIC);
  new DataView(header.buffer).setUint32(4, block.length, true);
  return concatBytes(header, block);
}

/** The whole records at the beginning of a file; `blocks` are views into it. */
export interface BlockRecords {
  readonly blocks: readonly Uint8Array[];
  /** Bytes up to the end of the last whole record: cut the file here before appending. */
  readonly validLength: number;
  /** Why reading stopped before the end of the file; a torn last write is no fault. */
  readonly stopped: 'torn-record' | 'bad-record' | undefined;
}

/** Reads records up to the end or the first that is not whole. The blocks are views into `file`. */
export function decodeBlockRecords(file: Uint8Array): BlockRecords {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const blocks: Uint8Array[] = [];
  let offset = 0;
  const stop = (stopped: BlockRecords['stopped']): BlockRecords => ({ blocks, validLength: offset, stopped });
  while (offset < file.length) {
    if (offset + RECORD_HEADER_SIZE > file.length) return stop('torn-record');
    if (!MAGIC.every((byte, index) => file[offset + index] === byte)) return stop('bad-record');
    const length = view.getUint32(offset + 4, true);
    if (length > MAXIMUM_BLOCK_SIZE) return stop('bad-record');
    const end = offset + RECORD_HEADER_SIZE + length;
    if (end > file.length) return stop('torn-record');
    blocks.push(file.subarray(offset + RECORD_HEADER_SIZE, end));
    offset = end;
  }
  return stop(undefined);
}
