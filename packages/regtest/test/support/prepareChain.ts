import { Mempool, premine, RegtestChain, TransactionGenerator } from '@stratumkit/regtest';
import type { InvalidBlockContext } from './invalidBlocks.ts';

export const NOW = 1_780_000_000;

/** 110 blocks: the first eleven rewards are mature, and the first one stays unspent. */
export function prepareChain(unixSeconds = NOW, transactions = 3): InvalidBlockContext {
  const chain = new RegtestChain();
  const mempool = new Mempool(chain);
  premine(chain, mempool, unixSeconds, { blocks: 110 });
  const generator = new TransactionGenerator(chain, mempool, { seed: 1 });
  for (let i = 0; i < transactions; i++) generator.next();
  return { chain, mempool, unixSeconds };
}
