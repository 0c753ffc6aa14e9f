import {
  createTemplateProvider,
  type TemplateProvider,
  type TemplateProviderEvent,
  type TemplateProviderModules,
  type TemplateProviderOptions,
} from '@stratumkit/template-provider';
import { TestClient } from './client.ts';

/** Templates whose target a few hashes meet. */
export const EASY_CHAIN = {
  type: 'regtest',
  blockInterval: 30,
  expectedHashrate: 1,
  transactionsPerSecond: 1,
  seed: 1,
} as const;

/** Everything that one test starts, and the events it waits for. */
export class TestBench {
  readonly events: TemplateProviderEvent[] = [];
  readonly #undo: (() => unknown)[] = [];
  #wake: () => void = () => undefined;

  async start(
    options: Partial<TemplateProviderOptions> = {},
    modules?: TemplateProviderModules,
  ): Promise<TemplateProvider> {
    const provider = await createTemplateProvider(
      { listen: { host: '127.0.0.1', port: 0 }, source: EASY_CHAIN, ...options },
      modules,
      (event) => {
        this.events.push(event);
        this.#wake();
      },
    );
    this.defer(() => provider.close());
    return provider;
  }

  async connect(provider: TemplateProvider): Promise<TestClient> {
    const client = await TestClient.connect(provider);
    this.defer(() => client.close());
    return client;
  }

  defer(undo: () => unknown): void {
    this.#undo.push(undo);
  }

  /** The next event of that type, from the beginning on; seen ones count. */
  async event<T extends TemplateProviderEvent['type']>(
    type: T,
    matches: (event: Extract<TemplateProviderEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<TemplateProviderEvent, { type: T }>> {
    for (;;) {
      const found = this.events.find((event) => event.type === type && matches(event as never));
      if (found !== undefined) return found as Extract<TemplateProviderEvent, { type: T }>;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    for (const step of this.#undo.splice(0).reverse()) await step();
  }
}
