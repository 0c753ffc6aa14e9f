import { decodeBlock, headerHash } from '@stratumkit/bitcoin';
import { createTemplate, mineBlock, RegtestChain } from '@stratumkit/regtest';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NOW, prepareChain } from './support/prepareChain.ts';

it('comes to the same coins whatever way the blocks came', () => {
  const arbitraryBlock = fc.record({
    /** Which of the blocks so far it stands on. */
    parent: fc.nat(),
    overpaid: fc.boolean(),
    withTransactions: fc.boolean(),
    order: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(arbitraryBlock, { minLength: 1, maxLength: 10 }), (plan) => {
      const { chain, mempool } = prepareChain(NOW, 6);
      const template = createTemplate(chain, mempool, NOW);
      const nodes = [109, 110].map((height) => ({ hash: chain.blockHash(height)!, height }));
      const blocks = plan.map(({ parent, overpaid, withTransactions, order }, index) => {
        const { hash: prevHash, height } = nodes[parent % nodes.length]!;
        const transactions = withTransactions ? template.transactions : [];
        const coinbaseValue = overpaid && order % 3 === 0 ? 10n ** 12n : 1_000n;
        const draft = { ...template, prevHash, height: height + 1, transactions, coinbaseValue };
        const block = mineBlock(draft, { tag: Uint8Array.of(1, index) });
        nodes.push({ hash: headerHash(decodeBlock(block).header), height: height + 1 });
        return { block, order };
      });
      const before = chain.tip.chainWork;
      for (const { block } of blocks.toSorted((a, b) => a.order - b.order)) chain.submitBlock(block, NOW);
      for (const { block } of blocks) chain.submitBlock(block, NOW);
      expect(chain.tip.chainWork).toBeGreaterThanOrEqual(before);

      const straight = new RegtestChain();
      straight.load(chain.exportBlocks());
      expect(straight.tip).toEqual(chain.tip);
      expect(new Map(chain.coins.entries())).toEqual(new Map(straight.coins.entries()));
      // What waits is valid on top: a block of it is accepted.
      const next = mineBlock(createTemplate(chain, mempool, NOW + 60));
      expect(chain.submitBlock(next, NOW).reason).toBeUndefined();
      expect(mempool.size).toBe(0);
    }),
    { seed: Number(process.env.FC_SEED ?? 42), numRuns: 25 },
  );
});
