import { encodeOutputs } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import { bodyOf, names, PoolHarness, prevHashOf } from './poolHarness.ts';

const LAST_NTIME = 0xffff_ffff;

describe('what a template provider may say', () => {
  it('a header time at the end of time stands still there', () => {
    const pool = PoolHarness.serving();
    pool.connect(1).openExtended(1);
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb), headerTimestamp: LAST_NTIME });
    pool.take(1);
    pool.advance(60_000);
    expect(bodyOf(pool.take(1), 'NewExtendedMiningJob').minNtime).toBe(LAST_NTIME);
    const late = pool.connect(2).openExtended(2);
    expect(bodyOf(late, 'SetNewPrevHash').minNtime).toBe(LAST_NTIME);
  });

  it("coinbase outputs that fit into a job with the pool's own, and not a byte more", () => {
    const pool = PoolHarness.serving();
    pool.connect(1).openExtended(1);
    const outputsOf = (size: number) => {
      const output = { value: 0n, script: new Uint8Array(size - 11) };
      return { coinbaseTxOutputsCount: 1, coinbaseTxOutputs: encodeOutputs([output]) };
    };
    // 65,535 bytes behind the extranonce: sequence, number of outputs, outputs with 61 bytes of ours, lock time.
    const largest = 65_535 - 4 - 3 - 61 - 4;
    pool.template({ templateId: 2n, futureTemplate: false, ...outputsOf(largest) });
    expect(pool.providerErrors).toEqual([]);
    expect(names(pool.take(1))).toContain('NewExtendedMiningJob');
    pool.template({ templateId: 3n, futureTemplate: false, ...outputsOf(largest + 1) });
    expect(pool.providerErrors).toEqual(['invalid-coinbase-outputs']);
    pool.advance(60_000);
    expect(names(pool.take(1))).toContain('NewExtendedMiningJob');
  });
});
