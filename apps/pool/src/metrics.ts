import { Counter, Gauge, type Registry } from '@stratumkit/runtime';
import type { PoolAppEvent } from './events.ts';
import type { Pool } from './pool.ts';

/** Counts events for `/metrics`. Labels are words of this program only, never what a peer sent. */
export class PoolMetrics {
  readonly #registers: Registry[];
  readonly #shares: Counter<'outcome'>;
  readonly #acknowledged: Counter;
  readonly #blocks: Counter<'submission'>;
  readonly #jobs: Counter<'reason'>;
  readonly #opens: Counter<'outcome'>;
  readonly #providerLosses: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registers = registers;
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name: `sv2_pool_${name}`, help, labelNames, registers });
    this.#shares = counter('shares_total', 'Shares by what became of them.', 'outcome');
    this.#acknowledged = counter('shares_acknowledged_total', 'Shares the ledger confirmed.');
    this.#blocks = counter(
      'blocks_total',
      'Solutions found, by whether the provider was there to take them.',
      'submission',
    );
    this.#jobs = counter('jobs_total', 'Jobs made, by their reason.', 'reason');
    this.#opens = counter('channel_opens_total', 'Requests for a channel by outcome.', 'outcome');
    this.#providerLosses = counter('template_provider_failures_total', 'Times the template provider was not there.');
    this.#shares.inc({ outcome: 'accepted' }, 0);
  }

  /** What is read from the running pool when somebody asks. */
  observe(pool: Pool): void {
    const registers = this.#registers;
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name: `sv2_pool_${name}`,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    };
    gauge('connections', 'Connections that were set up.', () => pool.status.connections);
    gauge('channels', 'Open channels.', () => pool.status.channels);
    gauge('template_provider_up', '1 while the template provider gives work.', () =>
      pool.status.templateProvider === 'serving' ? 1 : 0,
    );
    gauge('height', 'Height of the block being mined.', () => pool.status.height ?? 0);
    gauge('waiting_solutions', 'Found blocks that wait for the template provider.', () => pool.status.waitingSolutions);
    new Gauge({
      name: 'sv2_pool_connections_closed',
      help: 'Connections closed so far, by cause.',
      labelNames: ['cause'],
      registers,
      collect() {
        for (const [cause, count] of pool.closeCounts) this.set({ cause }, count);
      },
    });
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
