import { scriptFromAddress } from '@stratumkit/bitcoin';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundOf,
  createFixedPayoutPolicy,
  createIdentityPayoutPolicy,
  createPayout,
  payoutOutputs,
} from '../../src/index.ts';
import { bodyOf, PoolHarness } from '../pool/poolHarness.ts';

const POOL = Uint8Array.of(0x51);
const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const MINER = scriptFromAddress(ADDRESS, 'regtest');
const MAINNET = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const policy = createIdentityPayoutPolicy(POOL, 'regtest');

const paid = (identity: string, value: bigint) => {
  const payout = policy.payoutOf(identity);
  return payout === undefined ? 'invalid' : payoutOutputs(payout, value);
};
const pool = (value: bigint) => ({ value, script: POOL });
const miner = (value: bigint) => ({ value, script: MINER });

describe('identities', () => {
  it.each<[string, unknown]>([
    ['', [pool(1_000n)]],
    ['alice', [pool(1_000n)]],
    ['alice.rig1', [pool(1_000n)]],
    ['srish/solo', [pool(1_000n)]],
    [`sri/solo/${ADDRESS}/rig1`, [miner(1_000n)]],
    [`sri/solo/${ADDRESS}`, [miner(1_000n)]],
    [ADDRESS, [miner(1_000n)]],
    [`${ADDRESS}.rig1`, [miner(1_000n)]],
    ['sri/donate', [pool(1_000n)]],
    ['sri/donate/rig1', [pool(1_000n)]],
    [`sri/donate/1/${ADDRESS}/rig1`, [pool(10n), miner(990n)]],
    [`sri/donate/33/${ADDRESS}/rig1`, [pool(330n), miner(670n)]],
    [`sri/donate/99/${ADDRESS}`, [pool(990n), miner(10n)]],
    ['sri', [pool(1_000n)]],
    ['sri/', 'invalid'],
    ['sri/solo', 'invalid'],
    ['sri/solo/', 'invalid'],
    ['sri/solo/alice/rig1', 'invalid'],
    [`sri/solo/${MAINNET}/rig1`, 'invalid'],
    [`sri/solo/${ADDRESS}/rig1/more`, 'invalid'],
    [`sri/donate/0/${ADDRESS}/rig1`, 'invalid'],
    [`sri/donate/100/${ADDRESS}/rig1`, 'invalid'],
    [`sri/donate/1.5/${ADDRESS}/rig1`, 'invalid'],
    [`sri/donate/01/${ADDRESS}/rig1`, 'invalid'],
    ['sri/donate/50/alice/rig1', 'invalid'],
    [`sri/donate/50/${ADDRESS}/rig1/more`, 'invalid'],
    [MAINNET, 'invalid'],
    [`${ADDRESS.slice(0, -1)}q.rig1`, 'invalid'],
  ])('%s', (identity, expected) => {
    expect(paid(identity, 1_000n)).toEqual(expected);
  });

  it('split to the satoshi, the pool rounded down', () => {
    expect(paid(`sri/donate/33/${ADDRESS}/x`, 101n)).toEqual([pool(33n), miner(68n)]);
    expect(paid(`sri/donate/33/${ADDRESS}/x`, 3n)).toEqual([miner(3n)]);
    expect(paid(`sri/donate/33/${ADDRESS}/x`, 0n)).toEqual([miner(0n)]);
  });

  it('decide per channel, on one connection', () => {
    const harness = PoolHarness.serving();
    harness.connect(1);
    const suffixOf = (userIdentity: string) =>
      bodyOf(harness.openExtended(1, { userIdentity }), 'NewExtendedMiningJob').coinbaseTxSuffix.join();
    const suffixes = ['alice', `sri/donate/50/${ADDRESS}/a`, ADDRESS, `sri/donate/50/${ADDRESS}/b`].map(suffixOf);
    expect(suffixes[3]).toBe(suffixes[1]);
    expect(new Set(suffixes).size).toBe(3);
  });
});

it('spends exactly the value, within the declared bound', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2_100_000_000_000_000n), fc.integer({ min: 1, max: 99 }), (value, percent) => {
      const outputs = payoutOutputs(createPayout(MINER, [{ script: POOL, percent }]), value);
      expect(outputs.reduce((sum, output) => sum + output.value, 0n)).toBe(value);
      expect(outputs.length).toBeGreaterThan(0);
      const bound = boundOf(outputs.map(({ script }) => script));
      expect(bound.size).toBeLessThanOrEqual(policy.bound.size);
      expect(bound.sigops).toBeLessThanOrEqual(policy.bound.sigops);
    }),
    propertyOptions(200),
  );
});

it('pays one script whoever mines, where that is wanted', () => {
  const fixed = createFixedPayoutPolicy(MINER);
  expect(fixed.payoutOf('anybody')).toBe(fixed.payoutOf('sri/nonsense'));
  expect(fixed.bound).toEqual({ size: 31, sigops: 0 });
});
