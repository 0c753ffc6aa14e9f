import { createTemplate, Mempool, mineBlock, premine, RegtestChain, TransactionGenerator } from '@stratumkit/regtest';
import { describe, expect, it } from 'vitest';
import { NOW } from './support/prepareChain.ts';

function run(seed: number) {
  const chain = new RegtestChain();
  const mempool = new Mempool(chain);
  premine(chain, mempool, NOW);
  const generator = new TransactionGenerator(chain, mempool, { seed });
  const kinds = { witness: 0, bare: 0, consolidations: 0, splits: 0, children: 0 };
  for (let height = 121; height < 127; height++) {
    for (let i = 0; i < 60; i++) {
      const entry = generator.next();
      if (entry === undefined) continue;
      const { transaction, parents } = entry;
      kinds[transaction.hasWitness ? 'witness' : 'bare'] += 1;
      if (transaction.inputs.length > 1) kinds.consolidations += 1;
      if (transaction.outputs.length > 3) kinds.splits += 1;
      if (parents.size > 0) kinds.children += 1;
    }
    const { reason } = chain.submitBlock(mineBlock(createTemplate(chain, mempool, NOW + height)), NOW + height);
    if (reason !== undefined) throw new Error(reason);
  }
  return { tip: chain.tip.hash, kinds };
}

describe('TransactionGenerator', () => {
  it('makes transactions of every shape, and blocks of them that are valid', () => {
    const { kinds } = run(1);
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(10);
  });

  it('gives the same chain for the same seed', () => {
    const { tip } = run(5);
    expect(run(5).tip).toEqual(tip);
    expect(run(6).tip).not.toEqual(tip);
  });

  it('gives none while no reward is mature', () => {
    const chain = new RegtestChain();
    const mempool = new Mempool(chain);
    premine(chain, mempool, NOW, { blocks: 99 });
    expect(new TransactionGenerator(chain, mempool, { seed: 1 }).next()).toBeUndefined();
    premine(chain, mempool, NOW + 60, { blocks: 1 });
    expect(new TransactionGenerator(chain, mempool, { seed: 1 }).next()).toBeDefined();
  });

  it('gives none when the mempool is full', () => {
    const chain = new RegtestChain();
    const mempool = new Mempool(chain, { maximumTransactions: 3 });
    premine(chain, mempool, NOW);
    const generator = new TransactionGenerator(chain, mempool, { seed: 1 });
    expect(Array.from({ length: 5 }, () => generator.next() !== undefined)).toEqual([true, true, true, false, false]);
  });
});
