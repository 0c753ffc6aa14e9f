import { Counter, Gauge, type Registry } from '@stratumkit/runtime';
import type { ProxyAppEvent } from './events.ts';
import type { RunningProxy } from './proxy.ts';

/** Counts events for `/metrics`. Labels are words of this program only, never what a peer sent. */
export class ProxyMetrics {
  readonly #registers: Registry[];
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
    const registers = [registry];
    this.#registers = registers;
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name: `sv2_proxy_${name}`, help, labelNames, registers });
    this.#shares = counter('shares_total', 'Shares of downstreams by what became of them.', 'outcome');
    this.#acknowledged = counter('shares_acknowledged_total', 'Shares acknowledged to downstreams.');
    this.#forwarded = counter('shares_forwarded_total', 'Shares sent to upstreams.');
    this.#upstreamShares = counter('upstream_shares_total', 'Shares sent up, by the upstream’s answer.', 'outcome');
    this.#gaps = counter('share_gaps_total', 'ALARM: times an upstream counted other shares than it answered.');
    this.#overdue = counter('answers_overdue_total', 'ALARM: times shares sent up had no answer for too long.');
    this.#blocks = counter('blocks_total', 'Headers at or below the network target that were sent up.');
    this.#opens = counter('channel_opens_total', 'Requests for a channel by outcome.', 'outcome');
    this.#failures = counter('upstream_failures_total', 'Upstreams that gave no work, by cause.', 'failure');
    this.#switches = counter('upstream_switches_total', 'Times another upstream began to serve work.');
    this.#shares.inc({ outcome: 'accepted' }, 0);
    this.#upstreamShares.inc({ outcome: 'accepted' }, 0);
  }

  /** What is read from the running proxy when somebody asks. */
  observe(proxy: RunningProxy): void {
    const registers = this.#registers;
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name: `sv2_proxy_${name}`,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    };
    gauge('connections', 'Downstream connections that were set up.', () => proxy.status.connections);
    gauge('channels', 'Open downstream channels.', () => proxy.status.channels);
    gauge('upstream_up', '1 while an upstream serves work.', () => (proxy.status.upstream === undefined ? 0 : 1));
    gauge('unanswered_shares', 'Shares sent up and not answered yet.', () => proxy.status.unansweredShares);
    new Gauge({
      name: 'sv2_proxy_connections_closed',
      help: 'Downstream connections closed so far, by cause.',
      labelNames: ['cause'],
      registers,
      collect() {
        for (const [cause, count] of proxy.closeCounts) this.set({ cause }, count);
      },
    });
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
