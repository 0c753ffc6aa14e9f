import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { bodyOf, names, PoolHarness, prevHashOf, START } from './poolHarness.ts';

const STANDARD_JOBS = MINING_SETUP_FLAGS.requiresStandardJobs;
const WORK_SELECTION = MINING_SETUP_FLAGS.requiresWorkSelection;

describe('first frames after an open', () => {
  it('are Success, future job, SetNewPrevHash on a standard channel', () => {
    const pool = PoolHarness.serving();
    const messages = pool.connect(1, STANDARD_JOBS).openStandard(1);
    expect(names(messages)).toEqual(['OpenStandardMiningChannel.Success', 'NewMiningJob', 'SetNewPrevHash']);
    const { channelId, groupChannelId, extranoncePrefix } = bodyOf(messages, 'OpenStandardMiningChannel.Success');
    expect(groupChannelId).toBe(0);
    expect(extranoncePrefix).toEqual(new Uint8Array(20).with(0, 7));
    const job = bodyOf(messages, 'NewMiningJob');
    expect(job).toMatchObject({ channelId, minNtime: undefined, version: 0x20000000 });
    expect(bodyOf(messages, 'SetNewPrevHash')).toMatchObject({
      channelId,
      jobId: job.jobId,
      prevHash: prevHashOf(0xaa),
      minNtime: START,
      nbits: 0x207fffff,
    });
    expect(pool.openCounts.get(1)).toBe(1);
  });

  it('are the same on an extended channel, with the size it asked for', () => {
    const pool = PoolHarness.serving();
    const messages = pool.connect(1).openExtended(1, { minExtranonceSize: 8, requestId: 77 });
    expect(names(messages)).toEqual(['OpenExtendedMiningChannel.Success', 'NewExtendedMiningJob', 'SetNewPrevHash']);
    const success = bodyOf(messages, 'OpenExtendedMiningChannel.Success');
    expect(success).toMatchObject({ requestId: 77, extranonceSize: 8 });
    expect(success.extranoncePrefix).toHaveLength(12);
    expect(success.groupChannelId).not.toBe(success.channelId);
    expect(bodyOf(messages, 'NewExtendedMiningJob')).toMatchObject({
      channelId: success.channelId,
      minNtime: undefined,
      versionRollingAllowed: true,
    });
  });

  it('address a standard channel itself also where it belongs to a group', () => {
    const pool = PoolHarness.serving();
    const messages = pool.connect(1).openStandard(1);
    expect(names(messages)).toEqual(['OpenStandardMiningChannel.Success', 'NewMiningJob', 'SetNewPrevHash']);
    const { channelId, groupChannelId } = bodyOf(messages, 'OpenStandardMiningChannel.Success');
    expect(groupChannelId).not.toBe(0);
    expect(bodyOf(messages, 'SetNewPrevHash').channelId).toBe(channelId);
  });

  it('end with the future jobs for the next tip', () => {
    const pool = PoolHarness.serving();
    pool.template({ templateId: 2n });
    const messages = pool.connect(1).openExtended(1);
    expect(names(messages)).toEqual([
      'OpenExtendedMiningChannel.Success',
      'NewExtendedMiningJob',
      'SetNewPrevHash',
      'NewExtendedMiningJob',
    ]);
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    expect(names(pool.take(1))).toEqual(['SetNewPrevHash']);
  });

  it('are the Success alone before the first template, and the rest when it comes', () => {
    const pool = new PoolHarness();
    expect(names(pool.connect(1).openExtended(1))).toEqual(['OpenExtendedMiningChannel.Success']);
    pool.input({ type: 'template-connected' });
    pool.template();
    pool.tip();
    expect(names(pool.take(1))).toEqual(['NewExtendedMiningJob', 'SetNewPrevHash']);
  });

  it('tell a late comer the time as it is now', () => {
    const pool = PoolHarness.serving();
    pool.advance(30_500);
    expect(bodyOf(pool.connect(1).openExtended(1), 'SetNewPrevHash').minNtime).toBe(START + 30);
  });

  it('hold no jobs where the client brings its own', () => {
    const pool = PoolHarness.serving();
    const messages = pool.connect(1, WORK_SELECTION).openExtended(1);
    expect(names(messages)).toEqual(['OpenExtendedMiningChannel.Success']);
    pool.template({ templateId: 2n });
    pool.tip({ templateId: 2n, prevHash: prevHashOf(0xbb) });
    pool.advance(60_000);
    expect(pool.take(1)).toEqual([]);
  });
});
