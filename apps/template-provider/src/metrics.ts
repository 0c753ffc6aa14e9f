import { Counter, Gauge, type Registry } from '@stratumkit/runtime';
import type { TemplateProviderEvent } from './events.ts';

/** Counts events for `/metrics`. Labels are words of this program only. */
export class ProviderMetrics {
  isSourceReady = false;
  readonly #height: Gauge;
  readonly #connections: Counter;
  readonly #templates: Counter<'kind'>;
  readonly #solutions: Counter<'outcome'>;
  readonly #blocks: Counter<'outcome'>;
  readonly #sourceLosses: Counter<'code'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const counter = <L extends string>(name: string, help: string, ...labelNames: L[]): Counter<L> =>
      new Counter({ name: `sv2_template_provider_${name}`, help, labelNames, registers });
    this.#height = new Gauge({ name: 'sv2_template_provider_height', help: 'Height of the tip.', registers });
    this.#connections = counter('connections_total', 'Clients that were set up.');
    this.#templates = counter('templates_total', 'Templates given out.', 'kind');
    this.#solutions = counter('solutions_total', 'Solutions received.', 'outcome');
    this.#blocks = counter('blocks_total', 'Blocks submitted.', 'outcome');
    this.#sourceLosses = counter('source_losses_total', 'Times the node was lost.', 'code');
  }

  count(event: TemplateProviderEvent): void {
    switch (event.type) {
      case 'client-connected':
        this.#connections.inc();
        break;
      case 'tip':
        this.#height.set(event.height);
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
