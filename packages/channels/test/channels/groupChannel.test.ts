import { UsageError } from '@stratumkit/codec';
import { describe, expect, it } from 'vitest';
import { GroupChannel, JobIds } from '../../src/index.ts';
import {
  EXTENDED_PREFIX,
  extendedChannel,
  futureTemplate,
  NOW,
  SHARE,
  share,
  standardChannel,
  TIP_A,
  TIP_B,
  targetOf,
  template,
  told,
} from '../fixtures.ts';

describe('GroupChannel', () => {
  it('gives its jobs to standard and extended members alike, each with its own prefix', () => {
    const group = new GroupChannel(100, 20);
    const [standard, extended] = [standardChannel(), extendedChannel()];
    group.add(standard);
    group.add(extended);
    group.addJob(futureTemplate(1));
    expect(group.activate(1, TIP_A, NOW)).toEqual([]);
    expect(told(standard.validateShare(share(1, SHARE), NOW))).toBe('accepted');
    expect(told(extended.validateShare(share(1, SHARE), NOW))).toBe('accepted');
    expect(standard.job(1)?.template).toBe(extended.job(1)?.template);
    expect(extended.job(1)?.extranoncePrefix).toBe(EXTENDED_PREFIX);
  });

  it('judges each member by the jobs it really got', () => {
    const jobIds = new JobIds();
    const group = new GroupChannel(100, 20);
    const [early, late] = [standardChannel({ channelId: 1, jobIds }), standardChannel({ channelId: 2, jobIds })];
    group.add(early);
    group.addJob(futureTemplate(1));
    group.activate(1, TIP_A, NOW);
    group.addJob(futureTemplate(2));

    group.add(late);
    late.addJob(futureTemplate(3));
    late.activate(3, TIP_A, NOW);
    group.addJob(template(4));
    const judge = (channel: typeof early, jobId: number) =>
      told(channel.validateShare(share(jobId, SHARE - jobId), NOW));
    expect([1, 2, 3, 4].map((jobId) => judge(early, jobId))).toEqual([
      'accepted',
      'invalid-job-id',
      'invalid-job-id',
      'accepted',
    ]);
    expect([1, 2, 3, 4].map((jobId) => judge(late, jobId))).toEqual([
      'invalid-job-id',
      'invalid-job-id',
      'accepted',
      'accepted',
    ]);

    // The late member never got the future job that the group goes on with.
    expect(group.activate(2, TIP_B, NOW)).toEqual([late]);
    expect(early.chainTip).toBe(TIP_B);
    expect(late.chainTip).toBe(TIP_A);
  });

  it('sets the target of all members', () => {
    const group = new GroupChannel(100, 20);
    const members = [standardChannel(), extendedChannel()];
    for (const member of members) group.add(member);
    group.setTarget(targetOf(0x11));
    for (const member of members) expect(member.target.target).toEqual(targetOf(0x11));
  });

  it('leaves a removed member alone', () => {
    const group = new GroupChannel(100, 20);
    const member = standardChannel();
    group.add(member);
    expect([group.remove(1), group.remove(1)]).toEqual([true, false]);
    group.addJob(futureTemplate(1));
    expect(member.job(1)).toBeUndefined();
    expect(group.members.size).toBe(0);
  });

  it('refuses members of another full extranonce size, and its own id', () => {
    const group = new GroupChannel(100, 20);
    expect(() => group.add(standardChannel({ extranoncePrefix: new Uint8Array(19) }))).toThrow(UsageError);
    expect(() => group.add(extendedChannel({ extranonceSize: 7 }))).toThrow(UsageError);
    expect(() => group.add(standardChannel({ channelId: 100 }))).toThrow(UsageError);
  });
});
