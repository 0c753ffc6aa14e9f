import { type Counter, type Registry, RoleMetrics } from '@stratumkit/runtime';
import type { TemplateProviderEvent } from './events.ts';

/** Counts events for `/metrics`. Labels are words of this program only. */
export class ProviderMetrics {
  isSourceReady = false;
  #height = 0;
  readonly #connections: Counter;
  readonly #templates: Counter<'kind'>;
  readonly #solutions: Counter<'outcome'>;
  readonly #blocks: Counter<'outcome'>;
  readonly #sourceLosses: Counter<'code'>;

  constructor(registry: Registry) {
    const metrics = new RoleMetrics(registry, 'sv2_template_provider');
    metrics.gauge('height', 'Height of the tip.', () => this.#height);
    this.#connections = metrics.counter('connections_total', 'Clients that were set up.');
    this.#templates = metrics.counter('templates_total', 'Templates given out.', 'kind');
    this.#solutions = metrics.counter('solutions_total', 'Solutions received.', 'outcome');
    this.#blocks = metrics.counter('blocks_total', 'Blocks submitted.', 'outcome');
    this.#sourceLosses = metrics.counter('source_losses_total', 'Times the node was lost.', 'code');
  }

  count(event: TemplateProviderEvent): void {
    switch (event.type) {
      case 'client-connected':
        this.#connections.inc();
        break;
      case 'tip':
        this.#height = event.height;
        break;
      case 'template':
        this.#templates.inc({ kind: event.future ? 'future' : 'update' });
        break;
      case 'solution':
        this.#solutions.inc({ outcome: event.stale ? 'stale' : 'current' });
        break;
      case 'solution-refused':
        this.#solutions.inc({ outcome: event.reason });
        break;
      case 'block':
        this.#blocks.inc({ outcome: event.outcome });
        break;
      case 'source-ready':
        this.isSourceReady = true;
        break;
      case 'source-lost':
        this.isSourceReady = false;
        this.#sourceLosses.inc({ code: event.code });
        break;
    }
  }
}
