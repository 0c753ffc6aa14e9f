import type { Protocol } from '@stratumkit/messages';
import type { Listener, ListenOptions } from './types.ts';

/** Listens for TCP connections. Rejects with what the system says, e.g. EADDRINUSE. */
export function listen<P extends Protocol>(_options: ListenOptions<P>): Promise<Listener<P>> {
  return Promise.reject(new Error('not there yet'));
}
