import { type CoinbaseConstraints, fitTemplate, reservedWeight } from '@stratumkit/roles';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { template, transaction } from './support.ts';

const limits = (maxAdditionalSize: number, maxAdditionalSigops = 0): CoinbaseConstraints => ({
  maxAdditionalSize,
  maxAdditionalSigops,
});

describe('reserved weight', () => {
  it.each([
    [0, true, 2_000],
    [208, true, 2_000],
    [209, true, 2_004],
    [1_000, true, 5_168],
    [264, false, 2_000],
    [265, false, 2_004],
    [1_000, false, 4_944],
  ])('of %d bytes of outputs, segwit %s: %d', (size, witness, weight) => {
    expect(reservedWeight(limits(size), witness)).toBe(weight);
  });
});

describe('fitting', () => {
  it('keeps what fits to the last weight unit and operation', () => {
    const transactions = [transaction(1, { weight: 3_998_000, sigops: 80_000 })];
    expect(fitTemplate(template({ transactions }), limits(208)).transactions).toHaveLength(1);
    expect(fitTemplate(template({ transactions }), limits(209)).transactions).toHaveLength(0);
    expect(fitTemplate(template({ transactions }), limits(208, 1)).transactions).toHaveLength(0);
  });

  it('drops descendants with their ancestor, takes back their fees and fills the room with others', () => {
    const transactions = [
      transaction(1, { weight: 2_000_000, fee: 5n }),
      transaction(2, { weight: 2_000_000, fee: 7n }),
      transaction(3, { weight: 400, fee: 11n, depends: [1] }),
      transaction(4, { weight: 400, fee: 13n, depends: [2] }),
      transaction(5, { weight: 400, fee: 17n, depends: [0] }),
    ];
    const fitted = fitTemplate(template({ transactions, coinbaseValue: 53n }), limits(0));
    expect(fitted.transactions).toEqual([transactions[0], transactions[4]]);
    expect(fitted.coinbaseValue).toBe(22n);
  });

  it('never exceeds a limit, never leaves an orphan, never loses a satoshi', () => {
    const arbitraryTransaction = fc.record({
      weight: fc.integer({ min: 240, max: 1_500_000 }),
      sigops: fc.integer({ min: 0, max: 40_000 }),
      fee: fc.bigInt({ min: 0n, max: 1_000_000n }),
      parent: fc.option(fc.nat()),
    });
    fc.assert(
      fc.property(
        fc.array(arbitraryTransaction, { maxLength: 20 }),
        fc.integer({ min: 0, max: 500_000 }),
        fc.integer({ min: 0, max: 0xffff }),
        (drafts, size, sigops) => {
          const transactions = drafts.map(({ parent, ...rest }, index) =>
            transaction(index, { ...rest, depends: parent === null || index === 0 ? [] : [parent % index] }),
          );
          const fees = transactions.reduce((sum, { fee }) => sum + fee, 0n);
          const fitted = fitTemplate(template({ transactions, coinbaseValue: 100n + fees }), limits(size, sigops));
          const kept = new Set(fitted.transactions);
          const total = (of: (each: (typeof transactions)[number]) => number) =>
            fitted.transactions.reduce((sum, each) => sum + of(each), 0);
          expect(total(({ weight }) => weight) + reservedWeight(limits(size), true)).toBeLessThanOrEqual(4_000_000);
          expect(total((each) => each.sigops) + sigops).toBeLessThanOrEqual(80_000);
          expect(
            fitted.transactions.every(({ depends }) => depends.every((index) => kept.has(transactions[index]!))),
          ).toBe(true);
          expect(fitted.coinbaseValue).toBe(fitted.transactions.reduce((sum, { fee }) => sum + fee, 100n));
        },
      ),
      { seed: Number(process.env.FC_SEED ?? 42), numRuns: 100 },
    );
  });
});
