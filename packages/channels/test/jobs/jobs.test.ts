import { UsageError } from '@stratumkit/codec';
import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CHANNEL_LIMITS, JobIds, type JobState } from '../../src/index.ts';
import {
  futureTemplate,
  later,
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

describe('JobIds', () => {
  it('counts from 1', () => {
    const ids = new JobIds();
    expect([ids.next(), ids.next(), ids.next()]).toEqual([1, 2, 3]);
  });

  it('wraps at the end of u32 around ids that are in use', () => {
    const ids = new JobIds(0xffffffff);
    for (const id of [0, 1, 3]) ids.hold(id);
    expect([ids.next(), ids.next(), ids.next()]).toEqual([0xffffffff, 2, 4]);
  });

  it('waits for the last holder', () => {
    const ids = new JobIds(5);
    ids.hold(5);
    ids.hold(5);
    ids.release(5);
    expect(ids.next()).toBe(6);
    const wrapped = new JobIds(5);
    wrapped.hold(5);
    wrapped.release(5);
    expect(wrapped.next()).toBe(5);
  });

  it('never hands out an id that a channel remembers, and gets all of them back', () => {
    const ids = new JobIds(0xffffffff - 20);
    const channel = standardChannel({ jobIds: ids });
    for (let round = 0; round < 60; round++) {
      const future = ids.next();
      expect(channel.job(future)).toBeUndefined();
      channel.addJob(futureTemplate(future));
      channel.activate(future, round % 2 ? TIP_A : TIP_B, NOW);
      channel.addJob(template(ids.next()));
    }
    channel.dispose();
    const again = new Set(Array.from({ length: 200 }, () => ids.next()));
    expect(again.size).toBe(200);
  });
});

describe('jobs of a channel', () => {
  it('go through future, active, past and stale', () => {
    const channel = standardChannel();
    const states = () => [1, 2, 3, 4].map((jobId) => channel.job(jobId)?.state);
    channel.addJob(futureTemplate(1));
    channel.addJob(futureTemplate(2));
    expect(states()).toEqual(['future', 'future', undefined, undefined]);
    expect(channel.activate(1, TIP_A, NOW)).toBe(true);
    expect(states()).toEqual(['active', 'stale', undefined, undefined]);
    channel.addJob(template(3));
    channel.addJob(futureTemplate(4));
    expect(states()).toEqual(['past', 'stale', 'active', 'future']);
    expect(channel.activeJob?.jobId).toBe(3);
    channel.activate(4, TIP_B, NOW);
    expect(states()).toEqual(['stale', 'stale', 'stale', 'active']);
    expect(channel.chainTip).toBe(TIP_B);
  });

  it('are activated only if they were sent as future jobs', () => {
    const channel = onTip(standardChannel());
    channel.addJob(template(2));
    for (const jobId of [1, 2, 99]) expect(channel.activate(jobId, TIP_B, NOW)).toBe(false);
    expect(channel.chainTip).toBe(TIP_A);
    expect(channel.activeJob?.jobId).toBe(2);
  });

  it('need a tip, and ids of their own', () => {
    const channel = standardChannel();
    expect(() => channel.addJob(template(1))).toThrow(expect.objectContaining({ code: 'no-chain-tip' }));
    channel.addJob(futureTemplate(1));
    expect(() => channel.addJob(futureTemplate(1))).toThrow(expect.objectContaining({ code: 'job-id-in-use' }));
    expect(() => channel.merkleRoot(2)).toThrow(UsageError);
  });

  it('keep their target: SetTarget reaches future and later jobs only', () => {
    const channel = onTip(standardChannel());
    const [easy, hard] = [channel.target.target, new Uint8Array(32).fill(0xff).with(31, 0x3f)];
    channel.addJob(futureTemplate(2));
    channel.setTarget(hard);
    expect(channel.job(1)?.target.target).toEqual(easy);
    expect(channel.job(2)?.target.target).toEqual(hard);
    channel.addJob(template(3));
    expect(told(channel.validateShare(share(1, SHARE), NOW))).toBe('accepted');
    expect(told(channel.validateShare(share(3, SHARE - 1), NOW))).toBe('difficulty-too-low');
    channel.activate(2, TIP_B, NOW);
    channel.setTarget(easy);
    expect(channel.job(2)?.target.target).toEqual(hard);
    expect(told(channel.validateShare(share(2, SHARE), NOW))).toBe('difficulty-too-low');
    channel.addJob(template(4));
    expect(told(channel.validateShare(share(4, SHARE), NOW))).toBe('accepted');
  });

  it('keep their extranonce prefix: SetExtranoncePrefix reaches later jobs only', () => {
    const channel = onTip(standardChannel());
    const before = channel.extranoncePrefix;
    channel.addJob(futureTemplate(2));
    expect(channel.setExtranoncePrefix(new Uint8Array(20).fill(1))).toBe(2);
    channel.addJob(template(3));
    expect([1, 2, 3].map((jobId) => channel.job(jobId)?.extranoncePrefix)).toEqual([
      before,
      before,
      channel.extranoncePrefix,
    ]);
    expect(channel.merkleRoot(3)).not.toEqual(channel.merkleRoot(2));
    expect(channel.merkleRoot(2)).toEqual(channel.merkleRoot(1));
    expect(() => channel.setExtranoncePrefix(new Uint8Array(19))).toThrow(UsageError);
  });

  it('tell how many tips a prefix has to rest', () => {
    expect(standardChannel().close()).toBe(0);
    expect(onTip(standardChannel()).close()).toBe(1);
    const channel = onTip(standardChannel());
    channel.addJob(futureTemplate(2));
    expect(channel.close()).toBe(2);
    expect(channel.needsNewWork).toBe(false);
  });

  it('are bounded in every state, the oldest going first', () => {
    const limits = { ...DEFAULT_CHANNEL_LIMITS, maxFutureJobs: 2, maxLiveJobs: 3, maxStaleJobs: 4 };
    const kind = fc.constantFrom('future', 'active', 'activate', 'activate', 'prefix');
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 200 }), (kinds) => {
        const ids = new JobIds(0xfffffff0);
        const channel = onTip(standardChannel({ limits, jobIds: ids }));
        const sent = [1];
        const count = (state: JobState) => sent.filter((jobId) => channel.job(jobId)?.state === state).length;
        for (const action of kinds) {
          if (action === 'future' || action === 'active') {
            const jobId = ids.next();
            expect(channel.job(jobId)).toBeUndefined();
            channel.addJob(action === 'future' ? futureTemplate(jobId) : template(jobId));
            sent.push(jobId);
          } else if (action === 'prefix') channel.setExtranoncePrefix(new Uint8Array(20).fill(sent.length));
          else {
            const next = sent.findLast((jobId) => channel.job(jobId)?.state === 'future');
            if (next !== undefined) {
              channel.activate(next, TIP_B, later(0));
              expect(count('future') + count('past')).toBe(0);
            }
          }
          expect(count('active')).toBe(1);
          expect(count('active') + count('past')).toBeLessThanOrEqual(3);
          expect(count('future')).toBeLessThanOrEqual(2);
          expect(count('stale')).toBeLessThanOrEqual(4);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});
