import { describe, expect, it } from 'vitest';
import { BLOCK_TARGET, bodyOf, names, PoolHarness, prevHashOf } from './poolHarness.ts';

function mining(): { pool: PoolHarness; channelId: number } {
  const pool = PoolHarness.serving({ shareBatchSize: 1 });
  const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
  return { pool, channelId };
}

describe('the template provider', () => {
  it('hears the constraints first, with room for the worst payout', () => {
    const pool = new PoolHarness();
    pool.input({ type: 'template-connected' });
    // OP_TRUE for the pool (10 bytes) and the longest address script of a miner (51 bytes, at most P2PKH's sigops).
    expect(pool.toProvider).toEqual([
      {
        name: 'CoinbaseOutputConstraints',
        value: { coinbaseOutputMaxAdditionalSize: 61, coinbaseOutputMaxAdditionalSigops: 4 },
      },
    ]);
  });

  it('may go: the last work is mined on, for a time', () => {
    const { pool, channelId } = mining();
    pool.input({ type: 'template-lost' });
    expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
    expect(names(pool.connect(2).openStandard(2))).toHaveLength(3);
    pool.advance(119_999);
    expect(pool.closed.size).toBe(0);
    pool.advance(1);
    expect([...pool.closed]).toEqual([
      [1, 'no-work'],
      [2, 'no-work'],
    ]);
    expect(names(pool.take(1)).at(-1)).toBe('CloseChannel');
    expect(pool.eventsOf('workExpired')).toHaveLength(1);
    expect(pool.core.prevHash).toBeUndefined();
  });

  it('that stays away keeps new connections away until it is back', () => {
    const { pool } = mining();
    pool.input({ type: 'template-lost' });
    pool.advance(120_000);
    pool.connect(3);
    expect(pool.closed.get(3)).toBe('no-work');
    pool.input({ type: 'template-connected' });
    pool.template();
    pool.tip({ prevHash: prevHashOf(0xbb) });
    pool.connect(4);
    expect(pool.closed.has(4)).toBe(false);
    expect(names(pool.openExtended(4))).toHaveLength(3);
  });

  it('that never comes has connections closed too', () => {
    const pool = new PoolHarness();
    pool.connect(1).openExtended(1);
    pool.advance(120_000);
    expect(pool.closed.get(1)).toBe('no-work');
  });

  it('that returns on the same tip updates the work and makes nothing stale', () => {
    const { pool, channelId } = mining();
    const before = pool.mine(1, channelId);
    pool.input({ type: 'template-lost' });
    pool.advance(10_000);
    pool.take(1);
    pool.input({ type: 'template-connected' });
    pool.template({ templateId: 1n, coinbaseTxValueRemaining: 1n });
    expect(pool.take(1)).toEqual([]);
    pool.tip({ templateId: 1n });
    const messages = pool.take(1);
    expect(names(messages)).toEqual(['NewExtendedMiningJob']);
    expect(bodyOf(messages, 'NewExtendedMiningJob').minNtime).toBeDefined();
    expect(names(pool.submit(1, before))).toEqual(['SubmitShares.Success']);
  });

  it('that returns on another tip makes the old work stale at once', () => {
    const { pool, channelId } = mining();
    const before = pool.mine(1, channelId);
    pool.input({ type: 'template-lost' });
    pool.input({ type: 'template-connected' });
    pool.template({ templateId: 5n });
    pool.tip({ templateId: 5n, prevHash: prevHashOf(0xbb) });
    expect(names(pool.take(1))).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash']);
    expect(bodyOf(pool.submit(1, before), 'SubmitShares.Error').errorCode).toBe('stale-share');
  });

  it('that returns does not find its old future work in use', () => {
    const { pool } = mining();
    pool.template({ templateId: 9n });
    pool.input({ type: 'template-lost' });
    pool.input({ type: 'template-connected' });
    pool.tip({ templateId: 9n, prevHash: prevHashOf(0xbb) });
    expect(pool.providerErrors).toEqual(['unknown-template']);
    expect(names(pool.take(1))).toEqual(['NewExtendedMiningJob']);
    expect(names(pool.connect(2).openExtended(2))).toEqual([
      'OpenExtendedMiningChannel.Success',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
    ]);
  });

  it('gets solutions that were found while it was away', () => {
    const { pool, channelId } = mining();
    pool.input({ type: 'template-lost' });
    pool.submit(1, pool.mine(1, channelId, 'block'));
    expect(pool.eventsOf('block')).toMatchObject([{ submission: 'kept' }]);
    expect(pool.core.waitingSolutions).toBe(1);
    pool.toProvider.length = 0;
    pool.input({ type: 'template-connected' });
    expect(names(pool.toProvider)).toEqual(['CoinbaseOutputConstraints', 'SubmitSolution', 'RequestTransactionData']);
    expect(pool.eventsOf('keptBlocksSent')).toMatchObject([{ count: 1 }]);
    expect(pool.core.waitingSolutions).toBe(0);
  });

  it('gets a solution again that it did not prove to have read', () => {
    const { pool, channelId } = mining();
    pool.answers = false;
    pool.submit(1, pool.mine(1, channelId, 'block'));
    pool.advance(20_000);
    // It is heard, but not in answer to what was asked behind the solution.
    pool.template({ templateId: 2n });
    pool.input({ type: 'template-lost' });
    pool.toProvider.length = 0;
    pool.input({ type: 'template-connected' });
    expect(names(pool.toProvider)).toEqual(['CoinbaseOutputConstraints', 'SubmitSolution', 'RequestTransactionData']);
  });

  it('does not get a solution again that it has read, or that its next tip proves', () => {
    const { pool, channelId } = mining();
    pool.submit(1, pool.mine(1, channelId, 'block'));
    pool.answers = false;
    pool.submit(1, pool.mine(1, channelId, 'block', 1 << 20));
    expect(pool.eventsOf('block')).toHaveLength(2);
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: pool.eventsOf('block')[1]!.hash });
    pool.input({ type: 'template-lost' });
    pool.toProvider.length = 0;
    pool.input({ type: 'template-connected' });
    expect(names(pool.toProvider)).toEqual(['CoinbaseOutputConstraints']);
  });

  it('is asked behind a solution at most once a second, for all that were sent', () => {
    const { pool, channelId } = mining();
    pool.answers = false;
    pool.toProvider.length = 0;
    for (let nonce = 0; nonce < 3; nonce++) pool.submit(1, pool.mine(1, channelId, 'block', nonce << 20));
    expect(names(pool.toProvider)).toEqual([
      'SubmitSolution',
      'RequestTransactionData',
      'SubmitSolution',
      'SubmitSolution',
    ]);
    pool.answer(2n ** 64n - 1n);
    pool.advance(999);
    expect(pool.toProvider).toHaveLength(4);
    pool.advance(1);
    expect(names(pool.toProvider).at(-1)).toBe('RequestTransactionData');
    pool.answer(2n ** 64n - 1n);
    pool.input({ type: 'template-lost' });
    pool.toProvider.length = 0;
    pool.input({ type: 'template-connected' });
    expect(names(pool.toProvider)).toEqual(['CoinbaseOutputConstraints']);
  });

  it('is asked after a minute of silence, and may be silent as long as it answers', () => {
    const { pool } = mining();
    pool.toProvider.length = 0;
    pool.advance(59_999);
    expect(pool.toProvider).toEqual([]);
    pool.advance(1);
    expect(pool.toProvider).toEqual([{ name: 'RequestTransactionData', value: { templateId: 2n ** 64n - 1n } }]);
    pool.advance(3_600_000);
    expect(pool.toProvider).toHaveLength(61);
    expect(pool.providerErrors).toEqual([]);
  });

  it('that does not answer is left after half a minute more, with its solutions still to be sent', () => {
    const { pool, channelId } = mining();
    pool.answers = false;
    pool.submit(1, pool.mine(1, channelId, 'block'));
    pool.advance(89_999);
    expect(pool.providerErrors).toEqual([]);
    pool.advance(1);
    expect(pool.providerErrors).toEqual(['silent']);
    expect(pool.core.templateState).toBe('away');
    expect(pool.core.waitingSolutions).toBe(1);
    // Its connection is gone too, and that changes nothing any more.
    pool.input({ type: 'template-lost' });
    expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
  });

  it('that sends the same tip with another block target starts a new job on it', () => {
    const { pool, channelId } = mining();
    pool.template({ templateId: 2n });
    pool.take(1);
    pool.tip({ templateId: 2n, target: BLOCK_TARGET.with(30, 0x0f) });
    expect(names(pool.take(1))).toEqual(['SetNewPrevHash']);
    expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
  });
});

describe('a template provider that breaks the protocol is left', () => {
  it.each<[string, (pool: PoolHarness) => void]>([
    ['template-id-not-increasing', (pool) => pool.template({ templateId: 1n })],
    ['unknown-template', (pool) => pool.tip({ templateId: 44n, prevHash: prevHashOf(0xbb) })],
    ['coinbase-prefix-too-long', (pool) => pool.template({ templateId: 2n, coinbasePrefix: new Uint8Array(9) })],
    ['value-out-of-range', (pool) => pool.template({ templateId: 2n, coinbaseTxValueRemaining: 2n ** 63n })],
    ['invalid-coinbase-outputs', (pool) => pool.template({ templateId: 2n, coinbaseTxOutputsCount: 2 })],
    [
      'invalid-target',
      (pool) => {
        pool.template({ templateId: 2n });
        pool.tip({ templateId: 2n, target: new Uint8Array(32) });
      },
    ],
    [
      'invalid-target',
      (pool) => {
        pool.template({ templateId: 2n });
        pool.tip({ templateId: 2n, target: new Uint8Array(32).fill(0xff) });
      },
    ],
    [
      'template-without-tip',
      (pool) => {
        pool.input({ type: 'template-lost' });
        pool.input({ type: 'template-connected' });
        pool.template({ futureTemplate: false });
      },
    ],
    // What belongs on a tip of another height that was not told here.
    [
      'template-without-tip',
      (pool) =>
        pool.template({ templateId: 2n, futureTemplate: false, coinbasePrefix: Uint8Array.of(0x02, 0xe9, 0x03) }),
    ],
    [
      'unexpected-message',
      (pool) =>
        pool.input({
          type: 'template-message',
          message: { name: 'RequestTransactionData', value: { templateId: 1n } },
        }),
    ],
    // An answer to what nobody asked.
    ['unexpected-message', (pool) => pool.answer(2n ** 64n - 1n)],
  ])('%s', (code, misbehave) => {
    const { pool, channelId } = mining();
    misbehave(pool);
    expect(pool.providerErrors).toEqual([code]);
    expect(pool.core.templateState).toBe('away');
    expect(pool.eventsOf('templateProviderFailed')).toMatchObject([{ errorCode: code }]);
    // What it sends after that is nothing to us, and miners go on.
    expect(pool.template({ templateId: 100n })).toEqual([]);
    expect(names(pool.submit(1, pool.mine(1, channelId)))).toEqual(['SubmitShares.Success']);
    pool.input({ type: 'template-lost' });
    expect(pool.eventsOf('templateProvider').filter(({ state }) => state === 'lost').length).toBeLessThan(3);
  });
});
