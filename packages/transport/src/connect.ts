import type { Protocol } from '@stratumkit/messages';
import type { ConnectOptions, Link } from './types.ts';

/** Connects by TCP. Resolves when the socket is open (setup follows as events), rejects if it cannot be opened. */
export function connect<P extends Protocol>(_options: ConnectOptions<P>): Promise<Link<P>> {
  return Promise.reject(new Error('not there yet'));
}
