import { decodeBlock, encodeTransaction, type Transaction, targetFromNbits, txid } from '@stratumkit/bitcoin';
import {
  blockSubsidy,
  createTemplate,
  Mempool,
  mineBlock,
  premine,
  REGTEST_NBITS,
  RegtestChain,
} from '@stratumkit/regtest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addOutputs, spend, withOutput } from './support/draft.ts';
import { NOW, prepareChain } from './support/prepareChain.ts';

function prepare() {
  const chain = new RegtestChain();
  const mempool = new Mempool(chain, { maximumWeight: 60_000_000 });
  premine(chain, mempool, NOW, { blocks: 130 });
  const spendReward = (height: number, fee: bigint): Transaction => {
    const reward = decodeBlock(chain.blockAt(height)!).transactions[0]!;
    return spend(txid(reward), 0, reward.outputs[0]!.value - fee);
  };
  const add = (transaction: Transaction): Transaction => {
    const result = mempool.add(encodeTransaction(transaction));
    if (!result.accepted) throw new Error(result.reason);
    return transaction;
  };
  return { chain, mempool, spendReward, add };
}

describe('createTemplate', () => {
  it('is what Core proposes for an empty block', () => {
    const { chain, mempool } = prepare();
    expect(createTemplate(chain, mempool, NOW + 5)).toEqual({
      prevHash: chain.tip.hash,
      height: 131,
      version: 0x20000000,
      nbits: REGTEST_NBITS,
      time: NOW + 5,
      minTime: chain.tip.medianTimePast + 1,
      coinbaseValue: blockSubsidy(131),
      transactions: [],
      target: targetFromNbits(REGTEST_NBITS),
      witness: true,
    });
    expect(createTemplate(chain, mempool, 5).time).toBe(chain.tip.medianTimePast + 1);
  });

  it('takes the best fee rate first, and a poor parent for the sake of its child', () => {
    const { chain, mempool, spendReward, add } = prepare();
    const middle = add(spendReward(1, 5_000n));
    const poor = add(spendReward(2, 200n));
    const rich = add(spendReward(3, 9_000n));
    const child = add(spend(txid(poor), 0, poor.outputs[0]!.value - 40_000n));
    const { transactions } = createTemplate(chain, mempool, NOW);
    expect(transactions.map((each) => each.txid)).toEqual([poor, child, rich, middle].map((each) => txid(each)));
    expect(transactions.map(({ depends }) => depends)).toEqual([[], [0], [], []]);
    expect(transactions.map(({ fee }) => fee)).toEqual([200n, 40_000n, 9_000n, 5_000n]);
  });

  it('leaves out what does not fit, and what spends it', () => {
    const { chain, mempool, spendReward, add } = prepare();
    const large = add(
      addOutputs(spendReward(1, 900_000_000n), { value: 0n, script: new Uint8Array(500_000).fill(0x6a) }),
    );
    const other = add(
      addOutputs(spendReward(2, 800_000_000n), { value: 0n, script: new Uint8Array(500_000).fill(0x6a) }),
    );
    add(spend(txid(other), 1, other.outputs[1]!.value - 1_000n));
    const small = add(spendReward(3, 500n));
    const chosen = createTemplate(chain, mempool, NOW, { reservedWeight: 4_000 }).transactions.map((each) => each.txid);
    expect(chosen).toEqual([txid(large), txid(small)]);
  });

  it('keeps the reserved operations free', () => {
    const { chain, mempool, spendReward, add } = prepare();
    add(
      withOutput(addOutputs(spendReward(1, 50_000_000n), { value: 0n, script: new Uint8Array(9_000).fill(0xac) }), {}),
    );
    expect(createTemplate(chain, mempool, NOW, { reservedSigops: 44_000 }).transactions).toHaveLength(1);
    expect(createTemplate(chain, mempool, NOW, { reservedSigops: 44_001 }).transactions).toHaveLength(0);
  });

  it('makes blocks that the chain accepts, whatever was generated', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 80 }),
        fc.integer({ min: 2_000, max: 3_999_000 }),
        (count, reservedWeight) => {
          const { chain, mempool } = prepareChain(NOW, count);
          const template = createTemplate(chain, mempool, NOW, { reservedWeight });
          const weight = template.transactions.reduce((sum, each) => sum + each.weight, 0);
          expect(weight + reservedWeight).toBeLessThanOrEqual(4_000_000);
          expect(chain.submitBlock(mineBlock(template), NOW).reason).toBeUndefined();
          expect(mempool.size).toBe(count - template.transactions.length);
        },
      ),
      { seed: Number(process.env.FC_SEED ?? 42), numRuns: 15 },
    );
  });
});
