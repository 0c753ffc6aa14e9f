import { type Counter, type Registry, RoleMetrics } from '@stratumkit/runtime';
import type { ProxyAppEvent } from './events.ts';
import type { RunningProxy } from './proxy.ts';

/** Counts events for `/metrics`. Labels are words of this program only, never what a peer sent. */
export class ProxyMetrics {
  readonly #metrics: RoleMetrics;
  readonly #shares: Counter<'outcome'>;
  readonly #acknowledged: Counter;
  readonly #forwarded: Counter;
  readonly #upstreamShares: Counter<'outcome'>;
  readonly #gaps: Counter;
  readonly #overdue: Counter;
  readonly #blocks: Counter;
  readonly #opens: Counter<'outcome'>;
  readonly #failures: Counter<'failure'>;
  readonly #switches: Counter;

  constructor(registry: Registry) {
    const metrics = new RoleMetrics(registry, 'sv2_proxy');
    this.#metrics = metrics;
    this.#shares = metrics.counter('shares_total', 'Shares of downstreams by what became of them.', 'outcome');
    this.#acknowledged = metrics.counter('shares_acknowledged_total', 'Shares acknowledged to downstreams.');
    this.#forwarded = metrics.counter('shares_forwarded_total', 'Shares sent to upstreams.');
    this.#upstreamShares = metrics.counter(
      'upstream_shares_total',
      'Shares sent up, by the upstream’s answer.',
      'outcome',
    );
    this.#gaps = metrics.counter('share_gaps_total', 'ALARM: times an upstream counted other shares than it answered.');
    this.#overdue = metrics.counter('answers_overdue_total', 'ALARM: times shares sent up had no answer for too long.');
    this.#blocks = metrics.counter('blocks_total', 'Headers at or below the network target that were sent up.');
    this.#opens = metrics.counter('channel_opens_total', 'Requests for a channel by outcome.', 'outcome');
    this.#failures = metrics.counter('upstream_failures_total', 'Upstreams that gave no work, by cause.', 'failure');
    this.#switches = metrics.counter('upstream_switches_total', 'Times another upstream began to serve work.');
    this.#shares.inc({ outcome: 'accepted' }, 0);
    this.#upstreamShares.inc({ outcome: 'accepted' }, 0);
  }

  /** What is read from the running proxy when somebody asks. */
  observe(proxy: RunningProxy): void {
    const metrics = this.#metrics;
    metrics.gauge('connections', 'Downstream connections that were set up.', () => proxy.status.connections);
    metrics.gauge('channels', 'Open downstream channels.', () => proxy.status.channels);
    metrics.gauge('upstream_up', '1 while an upstream serves work.', () =>
      proxy.status.upstream === undefined ? 0 : 1,
    );
    metrics.gauge('unanswered_shares', 'Shares sent up and not answered yet.', () => proxy.status.unansweredShares);
    metrics.gaugeBy(
      'connections_closed',
      'Downstream connections closed so far, by cause.',
      'cause',
      () => proxy.closeCounts,
    );
  }

  count(event: ProxyAppEvent): void {
    switch (event.type) {
      case 'share':
        this.#shares.inc({ outcome: 'accepted' });
        break;
      case 'shareRejected':
        this.#shares.inc({ outcome: event.errorCode });
        break;
      case 'acknowledged':
        this.#acknowledged.inc(event.shares);
        break;
      case 'shareForwarded':
        this.#forwarded.inc();
        break;
      case 'upstreamAcknowledged':
        this.#upstreamShares.inc({ outcome: 'accepted' }, event.shares);
        break;
      case 'forwardedShareRejected':
        this.#upstreamShares.inc({ outcome: event.errorCode });
        break;
      case 'sharesUnknown':
        this.#upstreamShares.inc({ outcome: 'unknown' }, event.shares);
        break;
      case 'shareGap':
        this.#gaps.inc();
        break;
      case 'answersOverdue':
        this.#overdue.inc();
        break;
      case 'block':
        this.#blocks.inc();
        break;
      case 'channelOpened':
        this.#opens.inc({ outcome: 'opened' });
        break;
      case 'channelRefused':
        this.#opens.inc({ outcome: event.errorCode });
        break;
      case 'upstreamFailed':
        this.#failures.inc({ failure: event.failure });
        break;
      case 'upstreamActive':
        this.#switches.inc();
        break;
    }
  }
}
