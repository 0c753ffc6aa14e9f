import { Registry } from '@stratumkit/runtime';
import { expect, it } from 'vitest';
import type { ProxyAppEvent } from '../src/events.ts';
import { ProxyMetrics } from '../src/metrics.ts';

const OF_SHARE = { connection: 1, channelId: 1, userIdentity: '<b>', worker: undefined, sequenceNumber: 1 };

it.each<[string, ProxyAppEvent, string]>([
  [
    'an upstream that counts other shares than it answers',
    { type: 'shareGap', answered: 5, counted: 3 },
    'sv2_proxy_share_gaps_total 1',
  ],
  ['answers that do not come', { type: 'answersOverdue', unanswered: 7 }, 'sv2_proxy_answers_overdue_total 1'],
  [
    'shares that will have no answer',
    { type: 'sharesUnknown', shares: 4, reason: 'upstream-gone' },
    'sv2_proxy_upstream_shares_total{outcome="unknown"} 4',
  ],
  [
    'shares that the upstream refused',
    { type: 'forwardedShareRejected', ...OF_SHARE, errorCode: 'stale-share' },
    'sv2_proxy_upstream_shares_total{outcome="stale-share"} 1',
  ],
  [
    'an upstream that fails',
    { type: 'upstreamFailed', host: 'h', port: 1, failure: 'wrong-key', reason: '<i>', retryInMs: 1 },
    'sv2_proxy_upstream_failures_total{failure="wrong-key"} 1',
  ],
])('counts %s, and shows no word of a peer', async (_, event, line) => {
  const registry = new Registry();
  const metrics = new ProxyMetrics(registry);
  metrics.count(event);
  const text = await registry.metrics();
  expect(text.split('\n')).toContain(line);
  expect(text).not.toContain('<');
});
