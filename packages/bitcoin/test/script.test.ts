import { hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  coinbaseHeight,
  countSigops,
  legacySigops,
  parseScript,
  pushBytes,
  pushHeight,
  transactionSigopsCost,
} from '../src/index.ts';
import { SEED } from './seed.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('BIP-0034 height', () => {
  it.each([
    [0, '00'],
    [1, '51'],
    [2, '52'],
    [16, '60'],
    [17, '0111'],
    [127, '017f'],
    [128, '028000'],
    [255, '02ff00'],
    [256, '020001'],
    [32767, '02ff7f'],
    [32768, '03008000'],
    [227931, '035b7a03'],
    [8388607, '03ffff7f'],
    [8388608, '0400008000'],
    [2147483647, '04ffffff7f'],
  ])('%i is pushed as %s', (height, expected) => {
    expect(hex(pushHeight(height))).toBe(expected);
    expect(coinbaseHeight(pushHeight(height))).toBe(height);
  });

  it.each([-1, 1.5, 2 ** 31, Number.NaN])('refuses %d', (height) => {
    expect(() => pushHeight(height)).toThrow(/block height/);
  });

  it.each(['', '06010203', '03aabb'])('finds no height in %j', (script) => {
    expect(() => coinbaseHeight(hexToBytes(script))).toThrow(/height/);
  });
});

describe('pushes', () => {
  it('parse back, whatever their length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (data) => {
        const { operations, complete } = parseScript(pushBytes(data));
        expect(complete).toBe(true);
        expect(operations.map((operation) => operation.data)).toEqual([data]);
      }),
      SEED,
    );
    expect(() => pushBytes(new Uint8Array(65536))).toThrow(/65535/);
  });

  it.each(['02aa', '4c', '4c02aa', '4d01', '4effffffff00'])('%s is cut off', (script) => {
    expect(parseScript(hexToBytes(script))).toEqual({ operations: [], complete: false });
  });
});

describe('signature operations', () => {
  it.each([
    ['', 0],
    ['ac', 1],
    ['ad', 1],
    ['ae', 20],
    ['af', 20],
    [`76a914${'00'.repeat(20)}88ac`, 1],
    ['02acac', 0],
    ['ac02ac', 1],
    [`5121${'02'.repeat(33)}51ae`, 20],
  ])('legacy count of %s', (script, expected) => {
    expect(legacySigops(hexToBytes(script))).toBe(expected);
  });

  it('counts a multisig by its keys where asked to', () => {
    expect(countSigops(hexToBytes('51522103aeae'.replace('2103', '')), true)).toBe(2 + 20);
    expect(countSigops(hexToBytes('60ae'), true)).toBe(16);
  });

  const spend = (scriptSig: string, witness: string[] = []) => ({
    version: 2,
    inputs: [
      {
        prevTxid: new Uint8Array(32),
        prevIndex: 0,
        scriptSig: hexToBytes(scriptSig),
        sequence: 0,
        witness: witness.map((item) => hexToBytes(item)),
      },
    ],
    outputs: [],
    locktime: 0,
  });
  const p2sh = `a914${'00'.repeat(20)}87`;

  it.each([
    ['P2PKH', spend(''), `76a914${'00'.repeat(20)}88ac`, 0],
    ['P2WPKH', spend(''), `0014${'00'.repeat(20)}`, 1],
    ['P2WSH', spend('', ['aa', '52ae']), `0020${'00'.repeat(32)}`, 2],
    ['P2TR', spend('', ['aa']), `5120${'00'.repeat(32)}`, 0],
    ['P2SH multisig', spend('0252ae'), p2sh, 8],
    ['P2SH-P2WPKH', spend(`160014${'00'.repeat(20)}`), p2sh, 1],
    ['P2SH with a script that does not only push', spend('ac'), p2sh, 4],
    ['P2SH cut off', spend('02ac'), p2sh, 0],
  ])('cost of spending %s', (_name, transaction, script, cost) => {
    expect(transactionSigopsCost(transaction, [hexToBytes(script)])).toBe(cost);
  });

  it('scales legacy operations of outputs by 4', () => {
    const transaction = { ...spend(''), outputs: [{ value: 0n, script: hexToBytes('ac') }] };
    expect(transactionSigopsCost(transaction, [])).toBe(4);
  });
});
