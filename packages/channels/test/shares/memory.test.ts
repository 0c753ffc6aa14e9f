import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenHashes } from '../../src/shares/seenHashes.ts';
import { SolutionMemory } from '../../src/shares/solutionMemory.ts';
import {
  futureTemplate,
  NOW,
  onTip,
  SHARE,
  share,
  standardChannel,
  TIP_A,
  TIP_B,
  template,
  told,
} from '../fixtures.ts';

describe('memory of shares', () => {
  it('retires the oldest work when full, and never credits a forgotten header again', () => {
    const channel = onTip(standardChannel({ limits: { maxRememberedShares: 3 } }));
    const judge = (jobId: number, nonce: number) => told(channel.validateShare(share(jobId, nonce), NOW));
    expect([judge(1, SHARE), judge(1, SHARE - 1)]).toEqual(['accepted', 'accepted']);
    channel.addJob(template(2, { coinbaseSuffix: new Uint8Array(9) }));
    expect([judge(2, SHARE), judge(2, SHARE - 1)]).toEqual(['accepted', 'accepted']);
    expect(channel.job(1)?.state).toBe('stale');
    expect([judge(1, SHARE), judge(1, SHARE - 2)]).toEqual(['stale-share', 'stale-share']);
    expect([judge(2, SHARE), judge(2, SHARE - 1)]).toEqual(['duplicate-share', 'duplicate-share']);
    // The same work under a new id could replay the forgotten headers.
    expect(channel.addJob(template(3)).state).toBe('stale');
    expect(judge(3, SHARE)).toBe('stale-share');
  });

  it('asks for new work when it had to retire the only one, and recovers', () => {
    const channel = onTip(standardChannel({ limits: { maxRememberedShares: 2 } }));
    const judge = (jobId: number, nonce: number) => told(channel.validateShare(share(jobId, nonce), NOW));
    expect(channel.needsNewWork).toBe(false);
    expect([0, 1, 2].map((n) => judge(1, SHARE - n))).toEqual(['accepted', 'accepted', 'stale-share']);
    expect(channel.needsNewWork).toBe(true);
    channel.setExtranoncePrefix(new Uint8Array(20).fill(0x99));
    channel.addJob(template(2));
    expect(channel.needsNewWork).toBe(false);
    expect(judge(2, SHARE)).toBe('accepted');
  });

  it('credits the same work again on another tip, where its headers differ', () => {
    const channel = onTip(standardChannel({ limits: { maxRememberedShares: 1 } }));
    for (const nonce of [SHARE, SHARE - 1]) channel.validateShare(share(1, nonce), NOW);
    channel.addJob(futureTemplate(2));
    channel.activate(2, TIP_B, NOW);
    expect(told(channel.validateShare(share(2, SHARE), NOW))).toBe('accepted');
    channel.addJob(futureTemplate(3));
    channel.activate(3, TIP_A, NOW);
    expect(channel.job(3)?.state).toBe('stale');
  });

  it('credits nothing more on a tip once too many works were retired', () => {
    const channel = onTip(standardChannel({ limits: { maxRememberedShares: 1, maxRetiredWorks: 2 } }));
    const answers: string[] = [];
    for (let jobId = 2; jobId < 8; jobId++) {
      channel.addJob(template(jobId, { coinbaseSuffix: new Uint8Array(jobId) }));
      answers.push(told(channel.validateShare(share(jobId, SHARE), NOW)));
    }
    expect(answers).toEqual(['accepted', 'accepted', 'stale-share', 'stale-share', 'stale-share', 'stale-share']);
    expect(channel.needsNewWork).toBe(true);
    channel.addJob(futureTemplate(9));
    channel.activate(9, TIP_B, NOW);
    expect(told(channel.validateShare(share(9, SHARE), NOW))).toBe('accepted');
  });

  it('is a set with owners', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const step = fc.oneof(
      { weight: 20, arbitrary: fc.record({ type: fc.constant('add' as const), hash, owner: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), owner: fc.nat(4) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const seen = new SeenHashes();
        const model = new Map<string, { hash: Uint8Array; owner: number }>();
        for (const action of steps) {
          if (action.type === 'remove') {
            seen.removeOwner(action.owner);
            for (const [key, { owner }] of model) if (owner === action.owner) model.delete(key);
          } else {
            const key = action.hash.join();
            expect(seen.add(action.hash, action.owner)).toBe(!model.has(key));
            if (!model.has(key)) model.set(key, action);
          }
          const owners = [...model.values()].map(({ owner }) => owner);
          expect(seen.size).toBe(model.size);
          expect(seen.oldestOwner()).toBe(owners.length === 0 ? undefined : Math.min(...owners));
        }
        for (const known of model.values()) expect(seen.has(known.hash)).toBe(true);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });

  it('remembers solutions up to its bound', () => {
    const memory = new SolutionMemory(2);
    const hash = (byte: number) => new Uint8Array(32).fill(byte);
    expect([1, 1, 2, 3, 2, 3, 1].map((byte) => memory.add(hash(byte)))).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});
