import { UsageError } from '@stratumkit/codec';
import { concatBytes } from './bytes.ts';

/** Marks an output that nobody can spend: it carries data such as the witness commitment. */
export const OP_RETURN = 0x6a;
/** As a whole output script it pays to anyone. */
export const OP_TRUE = 0x51;
const OP_PUSHDATA1 = 0x4c;
const OP_PUSHDATA2 = 0x4d;
const OP_PUSHDATA4 = 0x4e;
const OP_CHECKSIG = 0xac;
const OP_CHECKMULTISIGVERIFY = 0xaf;
const MAX_KEYS_PER_MULTISIG = 20;

/**
 * A push with the shortest length prefix (the bytes themselves are not turned into small-number opcodes). Throws UsageError
 * `script` above 65,535 bytes.
 */
export function pushBytes(data: Uint8Array): Uint8Array {
  if (data.length < OP_PUSHDATA1) return concatBytes(Uint8Array.of(data.length), data);
  if (data.length <= 0xff) return concatBytes(Uint8Array.of(OP_PUSHDATA1, data.length), data);
  if (data.length > 0xffff) {
    throw new UsageError('script', 'a push holds at most 65535 bytes', { context: { length: data.length } });
  }
  return concatBytes(Uint8Array.of(OP_PUSHDATA2, data.length, data.length >>> 8), data);
}

/**
 * The block height as BIP-0034 wants it at the start of the coinbase script: `OP_1` to `OP_16`, then a script number. Throws
 * UsageError `height` unless it lies within 0 and 2^31 - 1.
 */
export function pushHeight(height: number): Uint8Array {
  if (!Number.isInteger(height) || height < 0 || height > 0x7fffffff) {
    throw new UsageError('height', 'a block height lies within 0 and 2^31 - 1', { context: { height } });
  }
  if (height === 0) return Uint8Array.of(0x00);
  if (height <= 16) return Uint8Array.of(0x50 + height);
  const number: number[] = [];
  for (let rest = height; rest > 0; rest = Math.floor(rest / 256)) number.push(rest & 0xff);
  if ((number.at(-1)! & 0x80) !== 0) number.push(0);
  return Uint8Array.of(number.length, ...number);
}

/** One opcode of a script with what it pushes. */
export interface ScriptOperation {
  readonly opcode: number;
  /** The pushed bytes (a view), when the opcode pushes. */
  readonly data: Uint8Array | undefined;
}

/** The operations of a script up to its end or to its first truncated push; `complete` tells which. */
export function parseScript(script: Uint8Array): { operations: ScriptOperation[]; complete: boolean } {
  const operations: ScriptOperation[] = [];
  let offset = 0;
  while (offset < script.length) {
    const opcode = script[offset++]!;
    if (opcode > OP_PUSHDATA4) {
      operations.push({ opcode, data: undefined });
      continue;
    }
    const prefix = opcode < OP_PUSHDATA1 ? 0 : 1 << (opcode - OP_PUSHDATA1);
    if (offset + prefix > script.length) return { operations, complete: false };
    let length = prefix === 0 ? opcode : 0;
    for (let i = 0; i < prefix; i++) length += script[offset + i]! * 2 ** (8 * i);
    offset += prefix;
    if (offset + length > script.length) return { operations, complete: false };
    operations.push({ opcode, data: script.subarray(offset, offset + length) });
    offset += length;
  }
  return { operations, complete: true };
}

/** Signature operations of a script. `accurate` counts a multisig by its number of keys, otherwise as 20. */
export function countSigops(script: Uint8Array, accurate: boolean): number {
  let count = 0;
  let previous = 0xff;
  for (const { opcode } of parseScript(script).operations) {
    if (opcode >= OP_CHECKSIG && opcode <= OP_CHECKMULTISIGVERIFY) {
      const single = opcode <= OP_CHECKSIG + 1;
      const keys = accurate && previous >= 0x51 && previous <= 0x60 ? previous - 0x50 : MAX_KEYS_PER_MULTISIG;
      count += single ? 1 : keys;
    }
    previous = opcode;
  }
  return count;
}

/** Signature operations as they counted before P2SH: what a block's limit counts in every input and output script. */
export function legacySigops(script: Uint8Array): number {
  return countSigops(script, false);
}
