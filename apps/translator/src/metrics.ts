import { type Counter, type Registry, RoleMetrics } from '@stratumkit/runtime';
import type { TranslatorAppEvent } from './events.ts';
import type { Translator } from './translator.ts';

/** Counts events for `/metrics`. Labels are words of this program only, never what a peer sent. */
export class TranslatorMetrics {
  readonly #registry: Registry;
  readonly #shares: Counter<'outcome'>;
  readonly #upstreamShares: Counter<'outcome'>;
  readonly #blocks: Counter;
  readonly #jobs: Counter<'reason'>;
  readonly #failures: Counter<'failure'>;
  readonly #faults: Counter<'code'>;

  constructor(registry: Registry) {
    const metrics = new RoleMetrics(registry, 'sv2_translator');
    this.#registry = registry;
    this.#shares = metrics.counter('shares_total', 'Shares of miners by what they were told.', 'outcome');
    this.#upstreamShares = metrics.counter(
      'upstream_shares_total',
      'Shares sent up by what became of them.',
      'outcome',
    );
    this.#blocks = metrics.counter('blocks_total', 'Headers at or below the target of the network.');
    this.#jobs = metrics.counter('jobs_total', 'Jobs told, by their reason.', 'reason');
    this.#failures = metrics.counter('upstream_failures_total', 'Upstreams that gave no work, by cause.', 'failure');
    this.#faults = metrics.counter('line_faults_total', 'Lines that were no messages, by fault.', 'code');
    this.#shares.inc({ outcome: 'accepted' }, 0);
  }

  /** What is read from the running translator when somebody asks. */
  observe(translator: Translator): void {
    const { core } = translator;
    const miners = new RoleMetrics(this.#registry, 'sv1');
    miners.gauge('clients_total', 'Connected miners.', () => core.minerCount);
    miners.gauge('hashrate_total', 'Estimated hashes a second of all miners.', () =>
      [...core.miners].reduce((sum, { hashrate }) => sum + hashrate, 0),
    );
    const metrics = new RoleMetrics(this.#registry, 'sv2_translator');
    metrics.gauge('upstream_up', '1 while an upstream gives work.', () => (core.upstream === undefined ? 0 : 1));
    const closed = 'Miner connections closed so far, by cause.';
    metrics.gaugeBy('connections_closed', closed, 'cause', () => translator.closeCounts);
  }

  count(event: TranslatorAppEvent): void {
    switch (event.type) {
      case 'share':
        this.#shares.inc({ outcome: 'accepted' });
        if (event.forwarded) this.#upstreamShares.inc({ outcome: 'sent' });
        break;
      case 'shareRefused':
        this.#shares.inc({ outcome: event.refusal });
        break;
      case 'upstreamAccepted':
        this.#upstreamShares.inc({ outcome: 'counted' }, event.shares);
        break;
      case 'upstreamRefused':
        this.#upstreamShares.inc({ outcome: 'refused' });
        break;
      case 'sharesUnknown':
        this.#upstreamShares.inc({ outcome: 'unknown' }, event.shares);
        break;
      case 'block':
        this.#blocks.inc();
        break;
      case 'job':
        this.#jobs.inc({ reason: event.reason });
        break;
      case 'upstreamFailed':
        this.#failures.inc({ failure: event.failure });
        break;
      case 'lineFault':
        this.#faults.inc({ code: event.code });
        break;
    }
  }
}
