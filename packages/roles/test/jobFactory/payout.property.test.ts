import { decodeTransaction, joinCoinbase, scriptFromAddress, type TxOutput } from '@stratumkit/bitcoin';
import { toHex } from '@stratumkit/codec';
import type { NewExtendedMiningJob } from '@stratumkit/messages/mining';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bodyOf, COMMITMENT, POOL_SCRIPT, PoolHarness } from '../pool/poolHarness.ts';

const ADDRESSES = [
  'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
  'bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry',
  'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn',
] as const;
const SUBSIDY = 5_000_000_000n;

interface Wish {
  readonly identity: string;
  /** Whole percent of the pool; the address gets the rest. */
  readonly percentToPool: number;
  readonly address: string | undefined;
}

const address = fc.constantFrom(...ADDRESSES);
const wish: fc.Arbitrary<Wish> = fc.oneof(
  address.map((to) => ({ identity: `sri/solo/${to}/rig`, percentToPool: 0, address: to })),
  address.map((to) => ({ identity: `${to}.rig`, percentToPool: 0, address: to })),
  fc
    .tuple(fc.integer({ min: 1, max: 99 }), address)
    .map(([percent, to]) => ({ identity: `sri/donate/${percent}/${to}/rig`, percentToPool: percent, address: to })),
  fc.constantFrom('alice.rig', 'sri/donate/rig').map((identity) => ({
    identity,
    percentToPool: 100,
    address: undefined,
  })),
);

/** What an identity says: the pool's percents rounded down to the satoshi, the rest to the address. */
function expected({ percentToPool, address: to }: Wish, value: bigint): Map<string, bigint> {
  const hundredfold = value * BigInt(percentToPool);
  const toPool = (hundredfold - (hundredfold % 100n)) / 100n;
  const paid = new Map<string, bigint>();
  if (toPool > 0n) paid.set(toHex(POOL_SCRIPT), toPool);
  if (to !== undefined && value > toPool) paid.set(toHex(scriptFromAddress(to, 'regtest')), value - toPool);
  return paid;
}

function outputsOf(job: NewExtendedMiningJob, prefix: Uint8Array, rolled: number): readonly TxOutput[] {
  const coinbase = joinCoinbase(job.coinbaseTxPrefix, prefix, new Uint8Array(rolled), job.coinbaseTxSuffix);
  return decodeTransaction(coinbase).outputs;
}

it('has every channel mine a coinbase that pays what its identity says, to the satoshi, with changing fees', () => {
  const fees = fc.array(fc.bigInt(0n, 500_000_000n), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 5 }), fees, (wishes, [firstFees, ...laterFees]) => {
      const pool = new PoolHarness();
      pool.input({ type: 'template-connected' });
      const bound = pool.toProvider[0];
      if (bound?.name !== 'CoinbaseOutputConstraints') throw new Error('no constraints');
      pool.template({ coinbaseTxValueRemaining: SUBSIDY + firstFees! });
      pool.tip();
      const check = (job: NewExtendedMiningJob, of: Wish, prefix: Uint8Array, rolled: number, value: bigint): void => {
        const outputs = outputsOf(job, prefix, rolled);
        // The template's own output, the witness commitment, is the last one and untouched.
        expect(outputs.at(-1)).toEqual({ value: 0n, script: COMMITMENT });
        const paid = outputs.slice(0, -1);
        expect(new Map(paid.map((output) => [toHex(output.script), output.value]))).toEqual(expected(of, value));
        expect(paid.reduce((sum, output) => sum + output.value, 0n)).toBe(value);
        const size = paid.reduce((sum, { script }) => sum + 9 + script.length, 0);
        expect(size).toBeLessThanOrEqual(bound.value.coinbaseOutputMaxAdditionalSize);
      };
      pool.connect(1);
      const channels = wishes.map((each) => {
        const messages = pool.openExtended(1, { userIdentity: each.identity });
        const opened = bodyOf(messages, 'OpenExtendedMiningChannel.Success');
        const job = bodyOf(messages, 'NewExtendedMiningJob');
        check(job, each, opened.extranoncePrefix, opened.extranonceSize, SUBSIDY + firstFees!);
        return { wish: each, ...opened };
      });
      laterFees.forEach((more, index) => {
        const templateId = BigInt(index + 2);
        pool.take(1);
        pool.template({ templateId, futureTemplate: false, coinbaseTxValueRemaining: SUBSIDY + more });
        const jobs = pool
          .take(1)
          .flatMap((message) => (message.name === 'NewExtendedMiningJob' ? [message.value] : []));
        for (const { wish: each, groupChannelId, extranoncePrefix, extranonceSize } of channels) {
          const mine = jobs.filter(({ channelId }) => channelId === groupChannelId);
          expect(mine).toHaveLength(1);
          check(mine[0]!, each, extranoncePrefix, extranonceSize, SUBSIDY + more);
        }
      });
    }),
    propertyOptions(60),
  );
});
