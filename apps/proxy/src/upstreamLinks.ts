import { Connection, DEFAULT_CONNECTION_LIMITS } from '@stratumkit/connection';
import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import type { ProxyInput } from '@stratumkit/roles';
import { type OutgoingEvent, OutgoingLinks } from '@stratumkit/transport';
import type { ProxyModules } from './modules.ts';
import type { ProxyOptions, ProxyUpstream } from './options.ts';
import { createUpstreamSecurity } from './security.ts';

/** Behind one connection there are many channels, each of which may use extensions that nobody here knows. */
const MANY_ENDPOINTS = {
  budgets: { ...DEFAULT_CONNECTION_LIMITS.budgets, unknown: { perSecond: 1, perChannel: 1, burstSeconds: 100 } },
};

export type UpstreamLinks = OutgoingLinks<'mining', ProxyUpstream>;

/** The sockets to upstreams, by the connection ids of the core. */
export function createUpstreamLinks(
  options: ProxyOptions,
  modules: ProxyModules,
  handle: (input: ProxyInput) => void,
): UpstreamLinks {
  const { connect, clock, logger } = modules;
  return new OutgoingLinks({
    connect,
    clock,
    logger,
    createConnection: (upstream, now) => new Connection(connectionOptions(upstream, options, modules), now),
    onEvent: (connection, event) => {
      const input = inputOf(connection, event);
      if (input !== undefined) handle(input);
    },
  });
}

function inputOf(connection: number, event: OutgoingEvent<'mining'>): ProxyInput | undefined {
  switch (event.type) {
    case 'ready':
      return { type: 'upstream-connected', connection, flags: event.flags, extensions: event.extensions };
    case 'message':
      return { type: 'upstream-message', connection, message: event.message };
    case 'extensions':
      return { type: 'upstream-extensions', connection, extensions: event.extensions };
    case 'foreign':
      return { type: 'upstream-foreign', connection, frame: event.frame };
    case 'gone':
      return { type: 'upstream-disconnected', connection, reason: event.reason };
    case 'ignored':
      return undefined;
  }
}

function connectionOptions(upstream: ProxyUpstream, options: ProxyOptions, modules: ProxyModules) {
  const { host, port } = upstream;
  const { workerTracking = true, mode } = options;
  return {
    protocol: 'mining' as const,
    ...(mode === 'transparent' && { limits: MANY_ENDPOINTS }),
    security: createUpstreamSecurity(upstream, options, modules),
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
