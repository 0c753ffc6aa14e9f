import { compress, compressPadding, INITIAL_STATE } from './compress';

/** Two strings of at most 65,535 bytes with an extranonce between them, and the padding. */
const MAX_MESSAGE: i32 = 2_052 * 64;
const MAX_BRANCHES: i32 = 255;

/** A message: bytes, or words after `prepare`. */
export const message: usize = memory.data(MAX_MESSAGE, 64);

/** Per branch of a merkle path 32 bytes of room, then its words. */
export const path: usize = memory.data(MAX_BRANCHES * 64, 64);

/** A state as words; a digest as bytes. */
export const state: usize = memory.data(32, 64);

/** A digest as the message of the second hash: its words, then the padding of 32 bytes. */
const second: usize = memory.data(64, 64);

store<u32>(second, 0x80000000, 32);
store<u32>(second, 256, 60);

/** Pads `length` bytes of the message and turns its blocks into words; returns how many blocks there are. */
export function prepare(length: u32): u32 {
  const blocks = (length + 72) >>> 6;
  const end = message + ((<usize>blocks) << 6);
  memory.fill(message + length, 0, end - message - length);
  store<u8>(message + length, 0x80);
  store<u64>(end - 8, bswap<u64>((<u64>length) << 3));
  for (let at = message; at < end; at += 4) store<u32>(at, bswap<u32>(load<u32>(at)));
  return blocks;
}

/** Compresses the first blocks of the prepared message; their state is left in `state`. */
export function midstate(blocks: u32): void {
  let from = INITIAL_STATE;
  copyState(from, state);
  const end = message + ((<usize>blocks) << 6);
  for (let at = message; at < end; at += 64) {
    compress(from, at, state);
    from = state;
  }
}

/** SHA-256 of the first `length` bytes of the message. */
export function hash(length: u32): void {
  midstate(prepare(length));
  swapState();
}

/** SHA-256 of that. */
export function hashTwice(length: u32): void {
  midstate(prepare(length));
  copyState(state, second);
  compress(INITIAL_STATE, second, state);
  swapState();
}

/** The same of 64 bytes. */
export function hashPair(): void {
  for (let at = message; at < message + 64; at += 4) store<u32>(at, bswap<u32>(load<u32>(at)));
  compress(INITIAL_STATE, message, second);
  compressPadding(second, second);
  compress(INITIAL_STATE, second, state);
  swapState();
}

/** Goes on from `state` with prepared blocks of a coinbase, then folds the path; leaves the root's bytes in `state`. */
export function merkleRoot(blocks: u32, branches: u32): void {
  const end = message + ((<usize>blocks) << 6);
  for (let at = message; at < end; at += 64) compress(state, at, state);
  copyState(state, second);
  const pathEnd = path + ((<usize>branches) << 6);
  for (let at = path; at < pathEnd; at += 64) {
    compress(INITIAL_STATE, second, at);
    compress(INITIAL_STATE, at, second);
    compressPadding(second, second);
  }
  compress(INITIAL_STATE, second, state);
  swapState();
}

function copyState(from: usize, to: usize): void {
  for (let i: usize = 0; i < 32; i += 8) store<u64>(to + i, load<u64>(from + i));
}

function swapState(): void {
  for (let at = state; at < state + 32; at += 4) store<u32>(at, bswap<u32>(load<u32>(at)));
}
