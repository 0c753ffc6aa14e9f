import { OpenExtendedMiningChannel, SubmitSharesStandard, UpdateChannel } from '@stratumkit/messages/mining';
import { RequestTransactionDataSuccess } from '@stratumkit/messages/template-distribution';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CONNECTION_LIMITS, type Rate } from '../src/index.ts';
import { budgetClassOf, MessageBudget } from '../src/messageBudget.ts';

const rate = (perSecond: number, perChannel: number, burstSeconds: number): Rate => ({
  perSecond,
  perChannel,
  burstSeconds,
});

function createBudget(share: Rate): MessageBudget {
  return new MessageBudget({ ...DEFAULT_CONNECTION_LIMITS.budgets, share }, 0);
}

describe('MessageBudget', () => {
  it('begins full, empties, and says how long to wait', () => {
    const budget = createBudget(rate(10, 0, 1));
    for (let count = 0; count < 10; count++) expect(budget.take('share', 0)).toBe(0);
    expect(budget.take('share', 0)).toBe(100);
    expect(budget.overSinceMs).toBe(0);
    budget.refill(50);
    expect(budget.take('share', 0)).toBe(50);
    budget.refill(100);
    expect(budget.take('share', 0)).toBe(0);
  });

  it('forgives when half of it is there again', () => {
    const budget = createBudget(rate(10, 0, 1));
    while (budget.take('share', 0) === 0);
    budget.refill(499);
    expect(budget.overSinceMs).toBe(0);
    budget.refill(500);
    expect(budget.overSinceMs).toBeUndefined();
  });

  it('grows with the open channels, and shrinks with them', () => {
    const budget = createBudget(rate(1, 10, 1));
    budget.setOpenChannels(2);
    for (let count = 0; count < 21; count++) expect(budget.take('share', 0)).toBe(0);
    expect(budget.take('share', 0)).toBe(Math.ceil(1_000 / 21));
    budget.setOpenChannels(0);
    budget.refill(10_000);
    expect(budget.take('share', 0)).toBe(0);
    expect(budget.take('share', 0)).toBe(1_000);
  });

  it('counts large payloads as several messages, but never as more than a full bucket', () => {
    const budget = createBudget(rate(4, 0, 1));
    expect(budget.take('share', 16_384)).toBe(0);
    expect(budget.take('share', 16_384)).toBe(0);
    expect(budget.take('share', 0)).toBe(250);
    budget.refill(10_000);
    expect(budget.take('share', 1 << 24)).toBe(0);
  });

  it('keeps the classes apart', () => {
    const budget = createBudget(rate(1, 0, 1));
    expect([budget.take('share', 0), budget.take('share', 0)]).toEqual([0, 1_000]);
    expect(budget.take('open', 0)).toBe(0);
  });

  it('classes messages by what they cost', () => {
    expect(budgetClassOf(SubmitSharesStandard)).toBe('share');
    expect(budgetClassOf(OpenExtendedMiningChannel)).toBe('open');
    expect(budgetClassOf(UpdateChannel)).toBe('request');
    expect(budgetClassOf(RequestTransactionDataSuccess)).toBe('work');
    expect(budgetClassOf(undefined)).toBe('unknown');
  });

  it('gives nothing more to whoever closes its channels and opens others', () => {
    const budget = createBudget(rate(10, 20, 10));
    let taken = 0;
    for (let round = 0; round < 50; round++) {
      budget.setOpenChannels(1);
      while (budget.take('share', 0) === 0) taken++;
      budget.setOpenChannels(0);
    }
    expect(taken).toBe(10 * 10 + 20 * 10);
  });

  it('gives a new channel its burst again after the time that it takes to save it up', () => {
    const budget = createBudget(rate(10, 20, 10));
    budget.setOpenChannels(2);
    while (budget.take('share', 0) === 0);
    budget.setOpenChannels(0);
    budget.refill(10_000);
    while (budget.take('share', 0) === 0);
    budget.setOpenChannels(2);
    for (let count = 0; count < 400; count++) expect(budget.take('share', 0)).toBe(0);
    expect(budget.take('share', 0)).toBeGreaterThan(0);
  });
});
