import { hexToBytes } from '@noble/hashes/utils.js';
import { RawTx } from '@scure/btc-signer';
import { RemoteError } from '@stratumkit/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBlock,
  decodeOutputs,
  decodeTransaction,
  displayHash,
  encodeBlock,
  encodeOutputs,
  encodeTransaction,
  parseHash,
  type Transaction,
  transactionWeight,
  txid,
  wtxid,
} from '../src/index.ts';
import { SEED } from './seed.ts';

const GENESIS_COINBASE =
  '01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const outputs = fc.array(fc.record({ value: u64, script: bytes(0, 300) }), { maxLength: 4 });
const input = fc.record({
  prevTxid: bytes(32, 32),
  prevIndex: u32,
  scriptSig: bytes(0, 120),
  sequence: u32,
  witness: fc.array(bytes(0, 80), { maxLength: 3 }),
});
const transactions: fc.Arbitrary<Transaction> = fc.record({
  version: u32,
  inputs: fc.array(input, { minLength: 1, maxLength: 4 }),
  outputs,
  locktime: u32,
});

describe('transaction', () => {
  it('decodes the genesis coinbase', () => {
    const raw = hexToBytes(GENESIS_COINBASE);
    const transaction = decodeTransaction(raw);
    expect(transaction.outputs[0]!.value).toBe(50_0000_0000n);
    expect(encodeTransaction(transaction)).toEqual(raw);
    const id = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b';
    expect(displayHash(txid(transaction))).toBe(id);
    expect(displayHash(txid(raw))).toBe(id);
    expect(displayHash(wtxid(transaction))).toBe(id);
    expect(transactionWeight(transaction)).toBe(204 * 4);
  });

  it('round-trips, with and without witness', () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        const raw = encodeTransaction(transaction);
        expect(decodeTransaction(raw)).toEqual(transaction);
        const stripped = encodeTransaction(transaction, { witness: false });
        expect(decodeTransaction(stripped).inputs.every((each) => each.witness.length === 0)).toBe(true);
        expect(transactionWeight(transaction)).toBe(stripped.length * 3 + raw.length);
        expect(txid(raw)).toEqual(wtxid(stripped));
      }),
      SEED,
    );
  });

  it('is encoded as by another implementation', () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        const segwit = transaction.inputs.some((each) => each.witness.length > 0);
        const theirs = RawTx.encode({
          version: transaction.version | 0,
          segwitFlag: segwit,
          inputs: transaction.inputs.map((each) => ({
            txid: each.prevTxid.slice().reverse(),
            index: each.prevIndex,
            finalScriptSig: each.scriptSig,
            sequence: each.sequence,
          })),
          outputs: transaction.outputs.map((each) => ({ amount: each.value, script: each.script })),
          witnesses: segwit ? transaction.inputs.map((each) => [...each.witness]) : undefined,
          lockTime: transaction.locktime,
        });
        expect(encodeTransaction(transaction)).toEqual(theirs);
      }),
      SEED,
    );
  });

  it('refuses every strict prefix and every byte behind the end', () => {
    fc.assert(
      fc.property(transactions, (transaction) => {
        const raw = encodeTransaction(transaction);
        for (let length = 0; length < raw.length; length += 7) {
          expect(() => decodeTransaction(raw.subarray(0, length))).toThrow(RemoteError);
        }
        expect(() => decodeTransaction(Uint8Array.of(...raw, 0))).toThrow(/after the end/);
      }),
      { ...SEED, numRuns: 30 },
    );
  });

  it('answers garbage with a RemoteError and nothing else', () => {
    fc.assert(
      fc.property(bytes(0, 400), (raw) => {
        try {
          expect(encodeTransaction(decodeTransaction(raw)).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteError);
        }
      }),
      { ...SEED, numRuns: 500 },
    );
  });

  it.each([
    ['more inputs than bytes', '01000000fe00000002', /more elements/],
    ['a length above 2^25', '01000000feffffff7f', /too large/],
    ['a 64-bit length', '01000000ffffffffffffffffff', /too large/],
    ['a length in a long form', '01000000fd0100', /shortest form/],
    ['a length in the longest form', '01000000fe01000000', /shortest form/],
    ['an unknown flag', '010000000002', /optional data/],
    ['an empty witness', `01000000000101${'00'.repeat(36)}00ffffffff000000000000`, /witness without content/],
  ])('refuses %s', (_name, raw, message) => {
    expect(() => decodeTransaction(hexToBytes(raw))).toThrow(message);
  });

  it('reads a transaction without inputs and outputs as Bitcoin Core does', () => {
    expect(decodeTransaction(hexToBytes('01000000000007000000'))).toEqual({
      version: 1,
      inputs: [],
      outputs: [],
      locktime: 7,
    });
  });
});

describe('outputs', () => {
  it('round-trip without their count', () => {
    fc.assert(
      fc.property(outputs, (list) => {
        expect(decodeOutputs(encodeOutputs(list), list.length)).toEqual(list);
      }),
      SEED,
    );
  });

  it('refuse a wrong count', () => {
    const raw = encodeOutputs([{ value: 1n, script: new Uint8Array(3) }]);
    expect(() => decodeOutputs(raw, 0)).toThrow(/after the end/);
    expect(() => decodeOutputs(raw, 2)).toThrow(/more outputs/);
  });

  it.each([-1n, 1n << 64n])('refuse a value of %i', (value) => {
    expect(() => encodeOutputs([{ value, script: new Uint8Array(0) }])).toThrow(/satoshi/);
  });
});

describe('block', () => {
  const header = {
    version: 1,
    prevHash: new Uint8Array(32),
    merkleRoot: parseHash('4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'),
    time: 1231006505,
    nbits: 0x1d00ffff,
    nonce: 2083236893,
  };

  it('holds header and transactions', () => {
    const raw = encodeBlock(header, [hexToBytes(GENESIS_COINBASE)]);
    expect(raw.length).toBe(285);
    expect(decodeBlock(raw)).toEqual({ header, transactions: [decodeTransaction(hexToBytes(GENESIS_COINBASE))] });
    expect(() => decodeBlock(raw.subarray(0, 284))).toThrow(RemoteError);
    expect(() => decodeBlock(Uint8Array.of(...raw, 0))).toThrow(RemoteError);
  });
});
