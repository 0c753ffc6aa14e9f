import { addWitness, decodeTransaction, encodeTransaction } from '@stratumkit/bitcoin';
import { fromHex, type JsonValue, toHex } from '@stratumkit/codec';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../src/values/evaluate.ts';
import { createRandom } from '../src/values/random.ts';

const value = (json: JsonValue) => evaluate(json, { variables: new Map(), random: createRandom(1, 'values') });

/** The coinbase of the first block of all. */
const GENESIS = fromHex(
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000',
);

describe('$transaction', () => {
  it('takes the coinbase of the first block apart', () => {
    const parts = value({ $transaction: { $hex: toHex(GENESIS) } });
    expect(parts).toMatchObject({
      version: 1,
      sequence: 0xffff_ffff,
      witness: [],
      outputs_count: 1,
      value: 5_000_000_000,
      locktime: 0,
      stripped: Array.from(GENESIS),
    });
    expect(value({ $at: [{ $transaction: { $hex: toHex(GENESIS) } }, 'script'] })).toHaveLength(0x4d);
    expect(value({ $size: { $at: [{ $transaction: { $hex: toHex(GENESIS) } }, 'outputs'] } })).toBe(8 + 1 + 0x43);
    expect(value({ $at: [{ $transaction: { $hex: toHex(GENESIS) } }, 'nonce'] })).toBeNull();
  });

  it('tells the witness, and what is left without it', () => {
    const parts = value({ $transaction: Array.from(addWitness(GENESIS)) });
    expect(parts).toMatchObject({ witness: [Array<number>(32).fill(0)], stripped: Array.from(GENESIS) });
  });

  it('keeps values beyond what a number holds', () => {
    const { outputs, ...rest } = decodeTransaction(GENESIS);
    const rich = encodeTransaction({
      ...rest,
      outputs: outputs.map((output) => ({ ...output, value: 2n ** 64n - 1n })),
    });
    expect(value({ $at: [{ $transaction: Array.from(rich) }, 'value'] })).toBe(2n ** 64n - 1n);
  });

  it('says why bytes are none', () => {
    expect(() => value({ $transaction: Array.from(GENESIS.subarray(1)) })).toThrow('$transaction: ');
    expect(() => value({ $transaction: [...GENESIS, 0] })).toThrow('$transaction: ');
  });
});
