import { Connection, type ConnectionSecurity } from '@stratumkit/connection';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { UpstreamList } from '@stratumkit/roles';
import { connectFailure, type Link } from '@stratumkit/transport';
import type { PoolModules } from './modules.ts';
import type { TemplateProviderAddress } from './options.ts';

export interface TemplateLinkHandlers {
  connected(): void;
  message(message: TemplateDistributionMessage): void;
  lost(): void;
  /** Not reached, refused or lost. */
  failed(cause: string, retryInMs: number): void;
}

const RETRY = { firstDelayMs: 250, maxDelayMs: 15_000 };

/** Keeps a connection to the template provider: lost ones are made anew, with jittered backoff, for ever. */
export class TemplateLink {
  readonly #address: TemplateProviderAddress;
  readonly #security: ConnectionSecurity;
  readonly #modules: PoolModules;
  readonly #handlers: TemplateLinkHandlers;
  readonly #upstreams: UpstreamList<TemplateProviderAddress>;
  readonly #abort = new AbortController();
  #link: Link<'template-distribution'> | undefined;
  #isReady = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    address: TemplateProviderAddress,
    security: ConnectionSecurity,
    modules: PoolModules,
    handlers: TemplateLinkHandlers,
  ) {
    this.#address = address;
    this.#security = security;
    this.#modules = modules;
    this.#handlers = handlers;
    const random = (): number => new DataView(modules.random(4).slice().buffer).getUint32(0) / 2 ** 32;
    this.#upstreams = new UpstreamList({ upstreams: [address], random, policy: RETRY });
  }

  start(): void {
    void this.#connect();
  }

  send(frame: Uint8Array): void {
    this.#link?.send(frame);
  }

  /** It gave work: the next loss is followed by a quick attempt again. */
  served(): void {
    this.#upstreams.succeeded();
  }

  /** Ends the present connection; a new one follows. */
  drop(reason: string): void {
    this.#link?.close('role-decision', { reason });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const link = this.#link;
    link?.close('shutdown');
    this.#abort.abort();
    await link?.closed;
  }

  async #connect(): Promise<void> {
    const { host, port } = this.#address;
    try {
      this.#link = await this.#modules.connect<'template-distribution'>({
        host,
        port,
        clock: this.#modules.clock,
        ...(this.#modules.logger && { logger: this.#modules.logger }),
        signal: this.#abort.signal,
        createConnection: (now) => new Connection(this.#connectionOptions(), now),
        onEvent: (event, link) => {
          if (event.type === 'ready') {
            this.#link = link;
            this.#isReady = true;
            this.#handlers.connected();
          } else if (event.type === 'message') this.#handlers.message(event.message);
          else if (event.type === 'closed') this.#lost(event.cause);
        },
      });
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#retry(connectFailure(error));
    }
  }

  #lost(cause: string): void {
    this.#link = undefined;
    if (this.#isReady) this.#handlers.lost();
    this.#isReady = false;
    if (!this.#abort.signal.aborted) this.#retry(cause);
  }

  #retry(cause: string): void {
    const delayMs = this.#upstreams.failed(this.#modules.clock());
    this.#handlers.failed(cause, delayMs);
    this.#timer = setTimeout(() => void this.#connect(), delayMs);
  }

  #connectionOptions() {
    const { host, port } = this.#address;
    return {
      protocol: 'template-distribution' as const,
      security: this.#security,
      setup: {
        side: 'client' as const,
        request: {
          protocol: PROTOCOL_IDS['template-distribution'],
          minVersion: PROTOCOL_VERSION,
          maxVersion: PROTOCOL_VERSION,
          flags: 0,
          endpointHost: host,
          endpointPort: port,
          vendor: 'stratumkit',
          hardwareVersion: 'pool',
          firmware: 'pool',
          deviceId: '',
        },
      },
    };
  }
}
