import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addWitness,
  buildCoinbase,
  decodeTransaction,
  displayHash,
  findWitnessCommitment,
  joinCoinbase,
  portableHash,
  pushHeight,
  stripWitness,
  transactionWeight,
  txid,
  witnessCommitmentScript,
} from '../src/index.ts';
import { SEED } from './seed.ts';

const base = {
  version: 2,
  scriptSigPrefix: pushHeight(128),
  extranonceSize: 20,
  sequence: 0xfffffffe,
  outputs: [{ value: 50_0000_0000n, script: Uint8Array.of(0x51) }],
  locktime: 127,
};

describe('coinbase', () => {
  it('splits around the extranonce and joins again', () => {
    const scriptPart = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });
    fc.assert(
      fc.property(
        scriptPart(40),
        scriptPart(20),
        scriptPart(20),
        scriptPart(20),
        (head, extranoncePrefix, extranonce, tail) => {
          const extranonceSize = extranoncePrefix.length + extranonce.length;
          const { prefix, suffix } = buildCoinbase({
            ...base,
            scriptSigPrefix: head,
            extranonceSize,
            scriptSigSuffix: tail,
          });
          const stripped = joinCoinbase(prefix, extranoncePrefix, extranonce, suffix);
          const decoded = decodeTransaction(stripped);
          expect(decoded.inputs[0]!.scriptSig).toEqual(
            Uint8Array.of(...head, ...extranoncePrefix, ...extranonce, ...tail),
          );
          expect(decoded).toMatchObject({ version: 2, locktime: 127, outputs: base.outputs });
          const full = addWitness(stripped);
          expect(decodeTransaction(full).inputs[0]!.witness).toEqual([new Uint8Array(32)]);
          expect(stripWitness(full)).toEqual(stripped);
          expect(stripWitness(stripped)).toEqual(stripped);
          expect(txid(full)).toEqual(portableHash.sha256d(stripped));
          expect(transactionWeight(decodeTransaction(full))).toBe(stripped.length * 4 + 36);
        },
      ),
      SEED,
    );
  });

  it.each([
    [0, 1],
    [1, 0],
    [81, 20],
    [0, 101],
  ])('refuses a script of %i + %i bytes', (prefixSize, extranonceSize) => {
    const parts = { ...base, scriptSigPrefix: new Uint8Array(prefixSize), extranonceSize };
    expect(() => buildCoinbase(parts)).toThrow(/2 to 100 bytes/);
  });

  it.each([
    [1, 1],
    [80, 20],
  ])('takes a script of %i + %i bytes', (prefixSize, extranonceSize) => {
    const parts = { ...base, scriptSigPrefix: new Uint8Array(prefixSize), extranonceSize };
    expect(buildCoinbase(parts).prefix.length).toBe(42 + prefixSize);
  });

  it('does not add a second witness', () => {
    const { prefix, suffix } = buildCoinbase(base);
    const full = addWitness(joinCoinbase(prefix, new Uint8Array(4), new Uint8Array(16), suffix));
    expect(() => addWitness(full)).toThrow(/without BIP-0141/);
  });
});

describe('witness commitment', () => {
  it('of a block with nothing but its coinbase is the well-known one', () => {
    const script = witnessCommitmentScript([new Uint8Array(32)]);
    expect(Buffer.from(script).toString('hex')).toBe(
      '6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9',
    );
  });

  it('is found as the last of its form', () => {
    const script = witnessCommitmentScript([new Uint8Array(32)]);
    const other = { value: 0n, script: Uint8Array.of(0x6a) };
    expect(findWitnessCommitment([other])).toBe(-1);
    expect(findWitnessCommitment([{ value: 0n, script }, { value: 0n, script }, other])).toBe(1);
    expect(findWitnessCommitment([{ value: 0n, script: script.subarray(0, 37) }])).toBe(-1);
  });

  it('displays in reverse', () => {
    expect(displayHash(Uint8Array.of(1, 2))).toBe('0201');
  });
});
