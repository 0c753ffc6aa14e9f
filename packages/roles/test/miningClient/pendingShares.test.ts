import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PendingShares, type PendingTotal } from '../../src/miningClient/pendingShares.ts';

function threeChannels(perChannel: number, inAll: number) {
  const total: PendingTotal = { count: 0, limit: inAll };
  return { total, channels: Array.from({ length: 3 }, () => new PendingShares(perChannel, total)) };
}

describe('shares that wait for an answer', () => {
  it('are bounded for each channel', () => {
    const pending = new PendingShares(2);
    expect([1, 2, 3, 4].map((share) => pending.add(share))).toEqual([undefined, undefined, 1, 2]);
    expect(pending.size).toBe(2);
  });

  it('are bounded in all: a channel that sends more keeps the newest alone, others keep theirs', () => {
    const { total, channels } = threeChannels(10, 4);
    const [a, b, c] = channels as [PendingShares, PendingShares, PendingShares];
    expect([1, 2, 3].map((share) => a.add(share))).toEqual([undefined, undefined, undefined]);
    expect([1, 2, 3].map((share) => b.add(share))).toEqual([undefined, 1, 2]);
    expect(c.add(1)).toBeUndefined();
    expect(a.add(4)).toBe(1);
    expect([a.size, b.size, c.size, total.count]).toEqual([3, 1, 1, 5]);
    a.accept(4, 3);
    expect(b.add(4)).toBeUndefined();
  });

  it('of a channel that is closed take no room', () => {
    const { total, channels } = threeChannels(10, 3);
    const [a, b] = channels as [PendingShares, PendingShares, PendingShares];
    for (const share of [1, 2, 3]) a.add(share);
    a.release();
    a.release();
    expect([a.size, total.count]).toEqual([3, 0]);
    expect([1, 2, 3].map((share) => b.add(share))).toEqual([undefined, undefined, undefined]);
    a.reject(2);
    expect(total.count).toBe(3);
  });

  it('are never more than the limit and one for each channel, and counted right', () => {
    const step = fc.tuple(fc.nat(2), fc.constantFrom('add', 'reject', 'accept'), fc.nat(20));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.nat(6), (steps, inAll) => {
        const { total, channels } = threeChannels(5, inAll);
        let sequenceNumber = 0;
        for (const [index, action, number] of steps) {
          const channel = channels[index]!;
          if (action === 'add') channel.add(sequenceNumber++);
          else if (action === 'reject') channel.reject(number);
          else channel.accept(number, 2);
          expect(total.count).toBe(channels.reduce((sum, { size }) => sum + size, 0));
          expect(total.count).toBeLessThanOrEqual(inAll + channels.length);
        }
      }),
      propertyOptions(),
    );
  });
});
