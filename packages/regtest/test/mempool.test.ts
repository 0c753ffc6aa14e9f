import { decodeBlock, encodeTransaction, headerHash, type Transaction, txid } from '@stratumkit/bitcoin';
import {
  createTemplate,
  Mempool,
  type MempoolLimits,
  mineBlock,
  premine,
  RegtestChain,
  UNSUPPORTED_SCRIPT,
} from '@stratumkit/regtest';
import { describe, expect, it } from 'vitest';
import { spend, withInput, withOutput } from './support/draft.ts';
import { NOW } from './support/prepareChain.ts';

function prepare(limits: Partial<MempoolLimits> = {}, blocks = 110) {
  const chain = new RegtestChain();
  const mempool = new Mempool(chain, limits);
  premine(chain, mempool, NOW, { blocks });
  const reward = (height: number) => decodeBlock(chain.blockAt(height)!).transactions[0]!;
  const spendReward = (height: number, fee = 10_000n): Transaction => {
    const from = reward(height);
    return spend(txid(from), 0, from.outputs[0]!.value - fee);
  };
  const spendOf = (parent: Transaction, fee = 10_000n) => spend(txid(parent), 0, parent.outputs[0]!.value - fee);
  const add = (transaction: Transaction) => {
    const result = mempool.add(encodeTransaction(transaction));
    return result.accepted ? 'accepted' : result.reason;
  };
  const mine = () => chain.submitBlock(mineBlock(createTemplate(chain, mempool, NOW)), NOW);
  return { chain, mempool, reward, spendReward, spendOf, add, mine };
}

describe('Mempool', () => {
  it('accepts a spend once, and no other spend of the same coin', () => {
    const { spendReward, add } = prepare();
    expect(add(spendReward(1))).toBe('accepted');
    expect(add(spendReward(1))).toBe('txn-already-in-mempool');
    expect(add(spendReward(1, 20_000n))).toBe('txn-mempool-conflict');
  });

  it.each<[string, (context: ReturnType<typeof prepare>) => Transaction, string]>([
    ['spends nothing known', () => spend(new Uint8Array(32), 1, 5n), 'bad-txns-inputs-missingorspent'],
    ['spends a reward too early', ({ spendReward }) => spendReward(12), 'bad-txns-premature-spend-of-coinbase'],
    ['pays more than it has', ({ spendReward }) => spendReward(1, -1n), 'bad-txns-in-belowout'],
    ['pays too little', ({ spendReward }) => spendReward(1, 10n), 'min relay fee not met'],
    ['is a coinbase', ({ reward }) => reward(3), 'coinbase'],
    [
      'is locked to a later height',
      ({ spendReward }) => ({ ...withInput(spendReward(1), { sequence: 0 }), locktime: 111 }),
      'non-final',
    ],
    ['is locked to its input', ({ spendReward }) => withInput(spendReward(1), { sequence: 200 }), 'non-BIP68-final'],
    [
      'does not satisfy the script',
      ({ spendReward }) => withInput(spendReward(1), { witness: [] }),
      'mempool-script-verify-flag-failed (Witness program was passed an empty witness)',
    ],
  ])('refuses what %s', (_, create, reason) => {
    const context = prepare();
    expect(context.add(create(context))).toBe(reason);
  });

  it('refuses a spend whose script it cannot judge', () => {
    const { spendReward, spendOf, add, mine } = prepare();
    const parent = withOutput(spendReward(1), { script: Uint8Array.of(0x51, 0xac) });
    expect(add(parent)).toBe('accepted');
    expect(mine().reason).toBeUndefined();
    expect(add(withInput(spendOf(parent), { witness: [] }))).toBe(UNSUPPORTED_SCRIPT);
  });

  it('bounds chains of unconfirmed transactions', () => {
    const { spendReward, spendOf, add, mempool } = prepare({ maximumAncestors: 3 });
    const first = spendReward(1);
    const second = spendOf(first);
    const third = spendOf(second);
    expect([first, second, third, spendOf(third)].map(add)).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'too-long-mempool-chain',
    ]);
    const id = Buffer.from(txid(third)).toString('hex');
    expect(mempool.ancestors(id).size).toBe(2);
  });

  it('bounds descendants, count and weight', () => {
    const crowded = prepare({ maximumDescendants: 2 });
    const parent = crowded.spendReward(1);
    const child = crowded.spendOf(parent);
    expect([parent, child, crowded.spendOf(child)].map(crowded.add)).toEqual([
      'accepted',
      'accepted',
      'too-long-mempool-chain',
    ]);
    for (const limits of [{ maximumTransactions: 1 }, { maximumWeight: 700 }]) {
      const { spendReward, add } = prepare(limits);
      expect([spendReward(1), spendReward(2)].map(add)).toEqual(['accepted', 'mempool full']);
    }
  });

  it('drops what a block confirms, and what contradicts it with its descendants', () => {
    const { chain, mempool, spendReward, spendOf, add } = prepare();
    const confirmed = spendReward(2);
    const rival = spendReward(1, 20_000n);
    const loser = spendReward(1);
    for (const transaction of [confirmed, loser, spendOf(loser), spendReward(3)])
      expect(add(transaction)).toBe('accepted');
    const other = new Mempool(chain);
    for (const transaction of [confirmed, rival]) other.add(encodeTransaction(transaction));
    expect(chain.submitBlock(mineBlock(createTemplate(chain, other, NOW)), NOW).reason).toBeUndefined();
    expect(mempool.size).toBe(1);
    expect(other.size).toBe(0);
  });

  it('takes transactions back at a reorganisation, but not what the new branch has spent or made premature', () => {
    const { chain, mempool, spendReward, add, mine } = prepare();
    expect([spendReward(1), spendReward(2)].map(add)).toEqual(['accepted', 'accepted']);
    const fork = chain.tip;
    mine();
    expect([spendReward(12), spendReward(3)].map(add)).toEqual(['accepted', 'accepted']);
    // The other branch spends reward 1 differently and is one block longer, then the chain is 112 high, as before plus one.
    const template = { ...createTemplate(chain, mempool, NOW), transactions: [], coinbaseValue: 0n };
    const first = mineBlock({ ...template, prevHash: fork.hash, height: 111 }, { tag: Uint8Array.of(8) });
    const second = mineBlock(
      { ...template, prevHash: headerHash(decodeBlock(first).header), height: 112 },
      { tag: Uint8Array.of(8) },
    );
    expect(chain.submitBlock(first, NOW).reason).toBe('inconclusive');
    expect(chain.submitBlock(second, NOW).tipChanged).toBe(true);
    expect(mempool.size).toBe(4);
    expect(mine().reason).toBeUndefined();
    expect(mempool.size).toBe(0);
  });
});
