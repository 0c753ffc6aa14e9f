import { decodeAddress } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import { payoutPromise, paysPromise } from '../src/index.ts';

const ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const decoded = decodeAddress(ADDRESS, 'mainnet');
if (!('script' in decoded)) throw new Error('no address');
const MINER = decoded.script;
const POOL = Uint8Array.of(0x51);
const COMMITMENT = Uint8Array.of(0x6a, 0x24, ...new Uint8Array(36));

type Output = readonly [value: bigint, script: Uint8Array];

/** A job with these outputs; its extranonce is 4 + 8 bytes. */
function job(...outputs: readonly Output[]) {
  const extranonceSize = 8;
  const scriptSig = Uint8Array.of(2, 0xe8, 3);
  const prefix = [2, 0, 0, 0, 1, ...new Uint8Array(32), 0xff, 0xff, 0xff, 0xff, scriptSig.length + 12, ...scriptSig];
  const suffix = [0xff, 0xff, 0xff, 0xff, outputs.length];
  for (const [value, script] of outputs) {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    suffix.push(...bytes, script.length, ...script);
  }
  suffix.push(0, 0, 0, 0);
  const parts = {
    version: 0x20000000,
    versionRollingAllowed: true,
    merklePath: [],
    coinbasePrefix: Uint8Array.from(prefix),
    extranoncePrefix: new Uint8Array(4),
    coinbaseSuffix: Uint8Array.from(suffix),
  };
  return { parts, extranonceSize };
}

const pays = (identity: string, ...outputs: readonly Output[]) => {
  const { parts, extranonceSize } = job(...outputs);
  return paysPromise(parts, extranonceSize, payoutPromise(identity)!);
};

describe('an identity promises', () => {
  it.each([
    [`sri/solo/${ADDRESS}`, 0],
    [`sri/solo/${ADDRESS}/rig`, 0],
    [ADDRESS, 0],
    [`${ADDRESS}.rig`, 0],
    [`sri/donate/1/${ADDRESS}`, 1],
    [`sri/donate/99/${ADDRESS}/rig`, 99],
  ])('%s: all but %i percent', (identity, poolPercent) => {
    expect(payoutPromise(identity)).toEqual({ script: MINER, poolPercent });
  });

  it.each([
    'alice.rig',
    'sri/donate',
    'sri/donate/rig',
    'sri/solo/nobody',
    `sri/donate/0/${ADDRESS}`,
    `sri/donate/100/${ADDRESS}`,
    `sri/donate/05/${ADDRESS}`,
    'sri/else/where',
  ])('%s: nothing', (identity) => {
    expect(payoutPromise(identity)).toBeUndefined();
  });
});

describe('a coinbase keeps a promise', () => {
  const solo = `sri/solo/${ADDRESS}/rig`;

  it('of everything, to the satoshi', () => {
    expect(pays(solo, [5_000_000_000n, MINER], [0n, COMMITMENT])).toBe(true);
    expect(pays(solo, [4_999_999_999n, MINER], [1n, POOL])).toBe(false);
    expect(pays(solo, [5_000_000_000n, POOL])).toBe(false);
    expect(pays(solo, [2n, MINER], [3n, MINER])).toBe(true);
  });

  it('of a percentage, rounded down for the pool', () => {
    const identity = `sri/donate/3/${ADDRESS}`;
    // 3 % of 101 are 3.03.
    expect(pays(identity, [98n, MINER], [3n, POOL])).toBe(true);
    expect(pays(identity, [97n, MINER], [4n, POOL])).toBe(false);
    expect(pays(identity, [101n, MINER])).toBe(true);
  });

  it('of nothing, of a value of 0', () => {
    expect(pays(solo, [0n, MINER])).toBe(true);
  });

  it('never with what is no transaction', () => {
    const { parts, extranonceSize } = job([1n, MINER]);
    const promise = payoutPromise(solo)!;
    expect(paysPromise({ ...parts, coinbaseSuffix: new Uint8Array(0) }, extranonceSize, promise)).toBe(false);
    expect(paysPromise({ ...parts, coinbasePrefix: new Uint8Array(0) }, extranonceSize, promise)).toBe(false);
    expect(paysPromise(parts, extranonceSize + 1, promise)).toBe(false);
  });
});
