import { describe, expect, it } from 'vitest';
import { INVALID_BLOCKS } from './support/invalidBlocks.ts';
import { NOW, prepareChain } from './support/prepareChain.ts';

describe('reject reasons', () => {
  it.each(INVALID_BLOCKS.map((entry) => [entry.name, entry] as const))('%s', (_, { reason, build }) => {
    const context = prepareChain();
    const before = context.chain.tip;
    const reasons = build(context).map((block) => context.chain.submitBlock(block, NOW).reason);
    expect(reasons.at(-1)).toBe(reason);
    if (reasons.slice(0, -1).every((earlier) => earlier !== undefined)) expect(context.chain.tip).toEqual(before);
  });
});
