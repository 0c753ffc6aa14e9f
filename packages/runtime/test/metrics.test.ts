import { expect, it } from 'vitest';
import { Registry, RoleMetrics } from '../src/index.ts';

it('names what a role counts after it, and reads what it shows when somebody asks', async () => {
  const registry = new Registry();
  const metrics = new RoleMetrics(registry, 'sv2_pool');
  const shares = metrics.counter('shares_total', 'Shares.', 'outcome');
  let channels = 0;
  const closed = new Map([['probe', 2]]);
  metrics.gauge('channels', 'Open channels.', () => channels);
  metrics.gaugeBy('closed', 'By cause.', 'cause', () => closed);
  shares.inc({ outcome: 'accepted' }, 3);
  channels = 7;
  closed.set('idle-timeout', 1);
  expect((await registry.metrics()).split('\n').filter((line) => line.startsWith('sv2'))).toEqual([
    'sv2_pool_shares_total{outcome="accepted"} 3',
    'sv2_pool_channels 7',
    'sv2_pool_closed{cause="probe"} 2',
    'sv2_pool_closed{cause="idle-timeout"} 1',
  ]);
});
