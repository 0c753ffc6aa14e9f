import { concatBytes } from '@noble/hashes/utils.js';
import { pushBytes } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import { verifySpend } from '../src/script.ts';

const NONE = new Uint8Array();
const script = (...bytes: number[]) => Uint8Array.from(bytes);
const FALSE_TOP = 'Script evaluated without error but finished with a false/empty top stack element';

describe('verifySpend', () => {
  it.each<[string, Uint8Array, Uint8Array, string | undefined]>([
    ['OP_TRUE', NONE, script(0x51), undefined],
    ['OP_16', NONE, script(0x60), undefined],
    ['-1', NONE, script(0x4f), undefined],
    ['zero', NONE, script(0x00), FALSE_TOP],
    ['negative zero', NONE, script(0x01, 0x80), FALSE_TOP],
    ['zeros', NONE, script(0x02, 0x00, 0x00), FALSE_TOP],
    ['nothing', NONE, NONE, FALSE_TOP],
    ['a push in the signature', script(0x51), script(0x61), undefined],
    ['drop', script(0x51, 0x52), script(0x75), undefined],
    ['drop of nothing', NONE, script(0x75), 'Operation not valid with the current stack size'],
    ['drop of two', script(0x51, 0x52, 0x53), script(0x6d), undefined],
    ['drop of two where one is', script(0x51), script(0x6d), 'Operation not valid with the current stack size'],
    ['equal', script(0x51), script(0x51, 0x87), undefined],
    ['not equal', script(0x51), script(0x52, 0x87), FALSE_TOP],
    ['equal or fail', script(0x51), script(0x52, 0x88), 'Script failed an OP_EQUALVERIFY operation'],
    ['verify', script(0x51, 0x51), script(0x69), undefined],
    ['verify of zero', script(0x00), script(0x69), 'Script failed an OP_VERIFY operation'],
    ['dup', script(0x51), script(0x76, 0x87), undefined],
    ['return', script(0x51), script(0x6a), 'OP_RETURN was encountered'],
    ['a truncated push', NONE, script(0x51, 0x4c), 'Opcode missing or not understood'],
    ['a push of 520', NONE, pushBytes(new Uint8Array(520).fill(1)), undefined],
    ['a push of 521', NONE, pushBytes(new Uint8Array(521).fill(1)), 'Push value size limit exceeded'],
    ['201 operations', NONE, concatBytes(script(0x51), new Uint8Array(201).fill(0x61)), undefined],
    ['202 operations', NONE, concatBytes(script(0x51), new Uint8Array(202).fill(0x61)), 'Operation limit exceeded'],
    ['1000 elements', NONE, new Uint8Array(1_000).fill(0x51), undefined],
    ['1001 elements', NONE, new Uint8Array(1_001).fill(0x51), 'Stack size limit exceeded'],
    ['10001 bytes', NONE, new Uint8Array(10_001).fill(0x61), 'Script is too big'],
    ['a signature check', NONE, script(0x51, 0x51, 0xac), 'unsupported-script'],
    ['a condition', NONE, script(0x51, 0x63, 0x68), 'unsupported-script'],
    ['a version 1 program', NONE, concatBytes(script(0x51, 0x20), new Uint8Array(32).fill(1)), 'unsupported-script'],
    ['a key hash program', NONE, concatBytes(script(0x00, 0x14), new Uint8Array(20).fill(1)), 'unsupported-script'],
  ])('%s', (_, scriptSig, scriptPubKey, expected) => {
    expect(verifySpend(scriptSig, scriptPubKey, [])).toBe(expected);
  });
});
