import { compareTargets, hashrateFromTarget, targetFromHashrate } from '@stratumkit/bitcoin';
import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { bodyOf, IDLE_DEADLINE_MS, MAX_TARGET, names, newTemplate, PoolHarness } from './poolHarness.ts';

const STANDARD_JOBS = MINING_SETUP_FLAGS.requiresStandardJobs;
const retargeting = { sharesPerMinute: 6, minHashrate: 0.1, maxHashrate: 1e21 };
const targets = {
  sharesPerMinute: 6,
  easiestTarget: targetFromHashrate(0.1, 6),
  hardestTarget: targetFromHashrate(1e21, 6),
};

function mining(nominalHashRate: number, changes = {}) {
  const pool = PoolHarness.serving({ retargeting, targets, ...changes });
  const messages = pool.connect(1, STANDARD_JOBS).openStandard(1, { nominalHashRate });
  return { pool, ...bodyOf(messages, 'OpenStandardMiningChannel.Success') };
}

describe('a channel that is retargeted', () => {
  it('begins where the claimed hashrate puts it', () => {
    const { target } = mining(100);
    expect(hashrateFromTarget(target, 6)).toBeGreaterThan(85);
    expect(hashrateFromTarget(target, 6)).toBeLessThan(115);
  });

  it('gets an easier target and a job when it sends nothing', () => {
    const { pool, channelId, target } = mining(1_000);
    pool.take(1);
    pool.advance(120_000);
    const messages = pool.take(1);
    expect(names(messages).slice(0, 2)).toEqual(['SetTarget', 'NewMiningJob']);
    const set = bodyOf(messages, 'SetTarget');
    expect(set.channelId).toBe(channelId);
    expect(compareTargets(set.maximumTarget, target)).toBeGreaterThan(0);
    expect(pool.clients.get(1)?.channels.get(channelId)?.target).toEqual(pool.eventsOf('target').at(-1)?.target);
  });

  it('gets a harder one when it sends too much', () => {
    const { pool, channelId, target } = mining(0);
    let from = 0;
    for (let index = 0; index < 200 && pool.eventsOf('target').length === 0; index++) {
      const share = pool.mine(1, channelId, 'share', from);
      from = share.nonce + 1;
      pool.submit(1, share);
      pool.advance(100);
    }
    expect(compareTargets(pool.eventsOf('target')[0]!.target, target)).toBeLessThan(0);
    pool.submit(1, pool.mine(1, channelId));
    expect(pool.eventsOf('shareRejected')).toEqual([]);
  });

  it('does not count the time it had no work', () => {
    const pool = new PoolHarness({ retargeting, targets, templateLimits: { maxAbsenceMs: 10_000_000 } });
    pool.connect(1, STANDARD_JOBS).openStandard(1, { nominalHashRate: 1_000 });
    pool.advance(600_000);
    pool.input({ type: 'template-connected' });
    pool.template(newTemplate());
    pool.tip();
    pool.take(1);
    pool.advance(1_000);
    expect(pool.eventsOf('target')).toEqual([]);
    pool.advance(120_000);
    expect(pool.eventsOf('target').length).toBeGreaterThan(0);
  });

  it('has its own smaller maximum honoured at once', () => {
    const { pool, channelId, target } = mining(0);
    const maximumTarget = MAX_TARGET.with(31, 0x02);
    expect(compareTargets(maximumTarget, target)).toBeLessThan(0);
    const messages = pool.say(1, { name: 'UpdateChannel', value: { channelId, nominalHashRate: 0, maximumTarget } });
    expect(names(messages)).toEqual(['SetTarget', 'NewMiningJob']);
    expect(compareTargets(bodyOf(messages, 'SetTarget').maximumTarget, maximumTarget)).toBeLessThanOrEqual(0);
  });

  it('keeps a target that the operator has set', () => {
    const { pool, channelId } = mining(1_000);
    const target = targetFromHashrate(50, 6);
    pool.input({ type: 'operation', operation: { type: 'setTarget', connection: 1, channelId, target } });
    pool.advance(600_000);
    expect(pool.eventsOf('target')).toHaveLength(1);
  });

  it('waits its turn when many are due at once', () => {
    const { pool } = mining(1_000, { limits: { maxReceiversPerTurn: 3 } });
    for (let count = 0; count < 7; count++) pool.openStandard(1, { nominalHashRate: 1_000 });
    const looks: number[] = [];
    for (let seconds = 0; pool.eventsOf('target').length < 8 && seconds < 600; ) {
      const before = pool.eventsOf('target').length;
      pool.input({ type: 'tick' });
      const now = pool.eventsOf('target').length;
      if (now > before) looks.push(now - before);
      else if (pool.core.deadline! > pool.now.monotonicMs) {
        pool.clock.advance(1_000);
        seconds++;
      }
    }
    expect(Math.max(...looks)).toBeLessThanOrEqual(3);
    expect(looks.length).toBeGreaterThanOrEqual(3);
  });

  it('is forgotten when it is closed', () => {
    const { pool } = mining(1_000);
    pool.input({ type: 'disconnected', connection: 1 });
    expect(pool.core.deadline).toBe(IDLE_DEADLINE_MS);
  });
});
