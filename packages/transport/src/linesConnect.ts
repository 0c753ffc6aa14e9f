import { LineConnection } from '@stratumkit/sv1';
import { systemClock } from './clock.ts';
import { openSocket } from './connect.ts';
import { LineSocketLink } from './linesLink.ts';
import type { LineConnectOptions, LineLink } from './linesTypes.ts';
import { SHARED_SCHEDULER } from './turnScheduler.ts';

/** Connects by TCP. Rejects with `TransportError` if the socket cannot be opened in time. */
export async function connectLines(options: LineConnectOptions): Promise<LineLink> {
  const { host, port, onEvent, logger, signal } = options;
  const clock = options.clock ?? systemClock;
  const socket = await openSocket(options);
  const link = new LineSocketLink({
    socket,
    remote: { address: socket.remoteAddress ?? host, port },
    connection: new LineConnection(clock(), options.limits),
    onEvent,
    clock,
    scheduler: options.scheduler ?? SHARED_SCHEDULER,
    logger,
  });
  const abort = () => link.close('shutdown');
  signal?.addEventListener('abort', abort, { once: true });
  void link.closed.then(() => signal?.removeEventListener('abort', abort));
  link.start();
  return link;
}
