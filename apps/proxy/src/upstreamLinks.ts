import { Connection, type ConnectionEvent, DEFAULT_CONNECTION_LIMITS, type FrameKind } from '@stratumkit/connection';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import type { ProxyInput } from '@stratumkit/roles';
import { type Link, TransportError } from '@stratumkit/transport';
import type { ProxyModules } from './modules.ts';
import type { ProxyOptions, ProxyUpstream } from './options.ts';
import { createUpstreamSecurity } from './security.ts';

/** Behind one connection there are many channels, each of which may use extensions that nobody here knows. */
const MANY_ENDPOINTS = {
  budgets: { ...DEFAULT_CONNECTION_LIMITS.budgets, unknown: { perSecond: 1, perChannel: 1, burstSeconds: 100 } },
};

/** The sockets to upstreams, by the connection ids of the core. */
export class UpstreamLinks {
  readonly #options: ProxyOptions;
  readonly #modules: ProxyModules;
  readonly #handle: (input: ProxyInput) => void;
  readonly #links = new Map<number, Link<'mining'>>();
  readonly #attempts = new Map<number, AbortController>();

  constructor(options: ProxyOptions, modules: ProxyModules, handle: (input: ProxyInput) => void) {
    this.#options = options;
    this.#modules = modules;
    this.#handle = handle;
  }

  connect(connection: number, upstream: ProxyUpstream): void {
    void this.#connect(connection, upstream);
  }

  send(connection: number, frame: Uint8Array, kind: FrameKind): void {
    this.#links.get(connection)?.send(frame, { kind });
  }

  setOpenChannels(connection: number, open: number): void {
    this.#links.get(connection)?.setOpenChannels(open);
  }

  /** The core knows already. */
  drop(connection: number, reason: string): void {
    this.#attempts.get(connection)?.abort();
    this.#attempts.delete(connection);
    const link = this.#links.get(connection);
    this.#links.delete(connection);
    link?.close('role-decision', { reason });
  }

  async close(): Promise<void> {
    for (const attempt of this.#attempts.values()) attempt.abort();
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) link.close('shutdown');
    await Promise.all(links.map((link) => link.closed));
  }

  async #connect(connection: number, upstream: ProxyUpstream): Promise<void> {
    const attempt = new AbortController();
    this.#attempts.set(connection, attempt);
    const { host, port } = upstream;
    const { clock } = this.#modules;
    try {
      const link = await this.#modules.connect<'mining'>({
        host,
        port,
        clock,
        signal: attempt.signal,
        createConnection: (now) => new Connection(this.#connectionOptions(upstream), now),
        onEvent: (event) => this.#receive(connection, event),
      });
      if (this.#attempts.has(connection)) this.#links.set(connection, link);
      else link.close('role-decision', { reason: 'dropped' });
    } catch (error) {
      if (!this.#attempts.delete(connection)) return;
      const reason = error instanceof TransportError ? error.code : 'connect-failed';
      this.#handle({ type: 'upstream-disconnected', connection, reason });
    }
  }

  #receive(connection: number, event: ConnectionEvent<'mining'>): void {
    if (!this.#attempts.has(connection)) return;
    switch (event.type) {
      case 'ready':
        this.#handle({ type: 'upstream-connected', connection, flags: event.flags, extensions: event.extensions });
        return;
      case 'message':
        this.#handle({ type: 'upstream-message', connection, message: event.message });
        return;
      case 'extensions':
        this.#handle({ type: 'upstream-extensions', connection, extensions: event.extensions });
        return;
      case 'foreign':
        this.#handle({ type: 'upstream-foreign', connection, frame: event.frame });
        return;
      case 'closed':
        this.#links.delete(connection);
        this.#attempts.delete(connection);
        this.#handle({ type: 'upstream-disconnected', connection, reason: event.cause });
    }
  }

  #connectionOptions(upstream: ProxyUpstream) {
    const { host, port } = upstream;
    const { workerTracking = true, mode } = this.#options;
    return {
      protocol: 'mining' as const,
      ...(mode === 'transparent' && { limits: MANY_ENDPOINTS }),
      security: createUpstreamSecurity(upstream, this.#options, this.#modules),
      setup: {
        side: 'client' as const,
        request: {
          protocol: PROTOCOL_IDS.mining,
          minVersion: PROTOCOL_VERSION,
          maxVersion: PROTOCOL_VERSION,
          flags: 0,
          endpointHost: host,
          endpointPort: port,
          vendor: 'stratumkit',
          hardwareVersion: 'proxy',
          firmware: 'proxy',
          deviceId: '',
        },
        ...(workerTracking ? { extensions: { requested: [WORKER_HASHRATE_TRACKING] } } : {}),
      },
    };
  }
}
