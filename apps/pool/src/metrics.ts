import { type Counter, type Registry, RoleMetrics } from '@stratumkit/runtime';
import type { PoolAppEvent } from './events.ts';
import type { Pool } from './pool.ts';

/** Counts events for `/metrics`. Labels are words of this program only, never what a peer sent. */
export class PoolMetrics {
  readonly #metrics: RoleMetrics;
  readonly #shares: Counter<'outcome'>;
  readonly #acknowledged: Counter;
  readonly #blocks: Counter<'submission'>;
  readonly #jobs: Counter<'reason'>;
  readonly #opens: Counter<'outcome'>;
  readonly #providerLosses: Counter;

  constructor(registry: Registry) {
    const metrics = new RoleMetrics(registry, 'sv2_pool');
    this.#metrics = metrics;
    this.#shares = metrics.counter('shares_total', 'Shares by what became of them.', 'outcome');
    this.#acknowledged = metrics.counter('shares_acknowledged_total', 'Shares the ledger confirmed.');
    this.#blocks = metrics.counter(
      'blocks_total',
      'Solutions found, by whether the provider was there to take them.',
      'submission',
    );
    this.#jobs = metrics.counter('jobs_total', 'Jobs made, by their reason.', 'reason');
    this.#opens = metrics.counter('channel_opens_total', 'Requests for a channel by outcome.', 'outcome');
    this.#providerLosses = metrics.counter(
      'template_provider_failures_total',
      'Times the template provider was not there.',
    );
    this.#shares.inc({ outcome: 'accepted' }, 0);
  }

  /** What is read from the running pool when somebody asks. */
  observe(pool: Pool): void {
    const metrics = this.#metrics;
    metrics.gauge('connections', 'Connections that were set up.', () => pool.status.connections);
    metrics.gauge('channels', 'Open channels.', () => pool.status.channels);
    metrics.gauge('template_provider_up', '1 while the template provider gives work.', () =>
      pool.status.templateProvider === 'serving' ? 1 : 0,
    );
    metrics.gauge('height', 'Height of the block being mined.', () => pool.status.height ?? 0);
    metrics.gauge(
      'waiting_solutions',
      'Found blocks that wait for the template provider.',
      () => pool.status.waitingSolutions,
    );
    metrics.gaugeBy('connections_closed', 'Connections closed so far, by cause.', 'cause', () => pool.closeCounts);
  }

  count(event: PoolAppEvent): void {
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
      case 'block':
        this.#blocks.inc({ submission: event.submission });
        break;
      case 'job':
        this.#jobs.inc({ reason: event.reason });
        break;
      case 'channelOpened':
        this.#opens.inc({ outcome: 'opened' });
        break;
      case 'channelRefused':
        this.#opens.inc({ outcome: event.errorCode });
        break;
      case 'templateProviderUnreachable':
        this.#providerLosses.inc();
        break;
    }
  }
}
