import type { TranslatorInput } from '@stratumkit/roles';
import { type OutgoingEvent, OutgoingLinks } from '@stratumkit/transport';
import type { TranslatorModules } from './modules.ts';
import type { TranslatorOptions, TranslatorUpstream } from './options.ts';
import { createUpstreamConnection } from './upstreamConnection.ts';

export type UpstreamLinks = OutgoingLinks<'mining', TranslatorUpstream>;

/** The sockets to upstreams, by the connection ids of the core. */
export function createUpstreamLinks(
  options: TranslatorOptions,
  modules: TranslatorModules,
  handle: (input: TranslatorInput) => void,
): UpstreamLinks {
  const { connect, clock, logger } = modules;
  return new OutgoingLinks({
    connect,
    clock,
    logger,
    createConnection: (upstream, now) => createUpstreamConnection(upstream, options, modules, now),
    onEvent: (connection, event) => {
      const input = inputOf(connection, event);
      if (input !== undefined) handle(input);
    },
  });
}

function inputOf(connection: number, event: OutgoingEvent<'mining'>): TranslatorInput | undefined {
  switch (event.type) {
    case 'ready':
      return { type: 'upstream-connected', connection, flags: event.flags, extensions: event.extensions };
    case 'message':
      return { type: 'upstream-message', connection, message: event.message };
    case 'gone':
      return { type: 'upstream-disconnected', connection, reason: event.reason };
    default:
      return undefined;
  }
}
