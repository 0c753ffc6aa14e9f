import {
  decodeBlock,
  displayHash,
  encodeBlock,
  encodeTransaction,
  headerHash,
  type Transaction,
} from '@stratumkit/bitcoin';
import { blockSubsidy, createTemplate, Mempool, mineBlock, premine, RegtestChain } from '@stratumkit/regtest';
import { describe, expect, it } from 'vitest';
import { NOW, prepareChain } from './support/prepareChain.ts';

/** Mines `count` blocks on `prevHash` without telling `chain`. */
function branch(
  chain: RegtestChain,
  mempool: Mempool,
  prevHash: Uint8Array,
  height: number,
  count: number,
  tag: number,
) {
  const blocks: Uint8Array[] = [];
  let parent = prevHash;
  for (let i = 0; i < count; i++) {
    const template = { ...createTemplate(chain, mempool, NOW + i), transactions: [], coinbaseValue: 0n };
    const block = mineBlock({ ...template, prevHash: parent, height: height + i }, { tag: Uint8Array.of(tag, i) });
    parent = headerHash(decodeBlock(block).header);
    blocks.push(block);
  }
  return blocks;
}

describe('RegtestChain', () => {
  it('begins with the genesis block of regtest', () => {
    const { tip } = new RegtestChain();
    expect(displayHash(tip.hash)).toBe('0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206');
    expect(tip).toMatchObject({ height: 0, time: 1296688602, chainWork: 2n });
  });

  it('halves every 150 blocks', () => {
    expect([1, 149, 150, 299, 300, 150 * 32, 150 * 33, 150 * 64].map(blockSubsidy)).toEqual([
      5_000_000_000n,
      5_000_000_000n,
      2_500_000_000n,
      2_500_000_000n,
      1_250_000_000n,
      1n,
      0n,
      0n,
    ]);
  });

  it('gives the same blocks for the same time', () => {
    const [left, right] = [prepareChain(), prepareChain()];
    expect(left.chain.tip.hash).toEqual(right.chain.tip.hash);
    expect(prepareChain(NOW + 1).chain.tip.hash).not.toEqual(left.chain.tip.hash);
    expect(left.chain.tip.time).toBe(NOW);
  });

  it('spends a reward at its hundredth confirmation: a template with fees right after 101 blocks', () => {
    const { chain, mempool } = prepareChain(NOW, 20);
    const template = createTemplate(chain, mempool, NOW);
    expect(template.transactions).toHaveLength(20);
    expect(template.coinbaseValue).toBeGreaterThan(blockSubsidy(111));
    expect(chain.submitBlock(mineBlock(template), NOW).reason).toBeUndefined();
    expect(mempool.size).toBe(0);
  });

  it('keeps the first of two equal branches and moves to the longer one', () => {
    const { chain, mempool } = prepareChain();
    const [rival, longer] = branch(chain, mempool, chain.blockHash(109)!, 110, 2, 1);
    const before = chain.tip;
    expect(chain.submitBlock(rival!, NOW)).toMatchObject({ reason: 'inconclusive', tipChanged: false, height: 110 });
    expect(chain.tip).toEqual(before);
    const result = chain.submitBlock(longer!, NOW);
    expect(result).toMatchObject({ reason: undefined, tipChanged: true });
    expect([result.disconnected.length, result.connected.length]).toEqual([1, 2]);
    expect(chain.tip.height).toBe(111);
    expect([...chain.exportBlocks()].slice(-2)).toEqual([rival, longer]);
  });

  it('undoes every coin of a branch it leaves', () => {
    const { chain, mempool } = prepareChain(NOW, 30);
    const coinsBefore = new Map(chain.coins.entries());
    const fork = chain.tip;
    const empty = branch(chain, mempool, fork.hash, 111, 3, 2);
    for (let i = 0; i < 2; i++) chain.submitBlock(mineBlock(createTemplate(chain, mempool, NOW)), NOW);
    expect(mempool.size).toBe(0);
    for (const block of empty) chain.submitBlock(block, NOW);
    expect(chain.tip.hash).toEqual(headerHash(decodeBlock(empty[2]!).header));
    for (const [key, coin] of coinsBefore) expect(chain.coin(key)).toEqual(coin);
    expect(chain.coins.size).toBe(coinsBefore.size + 3);
    expect(mempool.size).toBe(30);
  });

  it('stays where it was when a longer branch turns out invalid, and condemns what follows', () => {
    const { chain, mempool } = prepareChain();
    const before = chain.tip;
    const overpaid = { ...createTemplate(chain, mempool, NOW), transactions: [], coinbaseValue: 10n ** 13n };
    const bad = mineBlock({ ...overpaid, prevHash: chain.blockHash(109)!, height: 110 }, { tag: Uint8Array.of(3) });
    const badHash = headerHash(decodeBlock(bad).header);
    const [child] = branch(chain, mempool, badHash, 111, 1, 3);
    expect(chain.submitBlock(bad, NOW).reason).toBe('inconclusive');
    expect(chain.submitBlock(child!, NOW)).toMatchObject({ reason: 'inconclusive', tipChanged: false });
    expect(chain.tip).toEqual(before);
    expect(mempool.size).toBe(3);
    expect(chain.submitBlock(child!, NOW).reason).toBe('duplicate-invalid');
    expect(chain.submitBlock(bad, NOW).reason).toBe('duplicate-invalid');
  });

  it('refuses bytes that are no block', () => {
    const chain = new RegtestChain();
    for (const length of [0, 79, 80, 82])
      expect(chain.submitBlock(new Uint8Array(length), NOW).reason).toBe('block-decode-failed');
  });

  it('gives a coinbase without witness the reserved value, as submitblock does', () => {
    const { chain, mempool } = prepareChain();
    const block = mineBlock(createTemplate(chain, mempool, NOW));
    const { stored, reason } = chain.submitBlock(stripWitnessOfCoinbase(block), NOW);
    expect(reason).toBeUndefined();
    expect(stored).toEqual(block);
  });

  it('loads what it stored, side branches included, and comes to the same state', () => {
    const source = new RegtestChain();
    const mempool = new Mempool(source);
    const stored = premine(source, mempool, NOW, { blocks: 105 }).map((result) => result.stored!);
    const rivals = branch(source, mempool, source.blockHash(104)!, 105, 2, 4);
    for (const block of rivals) stored.push(source.submitBlock(block, NOW).stored!);
    const copy = new RegtestChain();
    expect(copy.load(stored)).toBe(107);
    expect(copy.tip).toEqual(source.tip);
    expect(new Map(copy.coins.entries())).toEqual(new Map(source.coins.entries()));
    expect(() => new RegtestChain().load(stored.slice(1))).toThrow('stored block 1 is refused: prev-blk-not-found');
  });
});

/** The block's coinbase without marker, flag and witness. */
function stripWitnessOfCoinbase(block: Uint8Array): Uint8Array {
  const { header, transactions } = decodeBlock(block);
  const [coinbase, ...others] = transactions;
  const inputs = coinbase!.inputs.map((input) => ({ ...input, witness: [] }));
  return encode(header, [{ ...coinbase!, inputs }, ...others]);
}

function encode(header: Parameters<typeof encodeBlock>[0], transactions: readonly Transaction[]): Uint8Array {
  return encodeBlock(
    header,
    transactions.map((transaction) => encodeTransaction(transaction)),
  );
}
