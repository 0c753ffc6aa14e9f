import { type LineCloseCause, LineConnection } from '@stratumkit/sv1';
import { systemClock } from './clock.ts';
import { type CloseLog, sharedLog } from './closeLog.ts';
import { handLast, openSocket } from './connect.ts';
import { LINE_CLOSE_FAMILIES } from './lineCloseFamilies.ts';
import { LineSocketLink } from './linesLink.ts';
import type { LineConnectOptions, LineLink } from './linesTypes.ts';
import { SHARED_SCHEDULER } from './turnScheduler.ts';
import type { Logger } from './types.ts';

const LOGS = new WeakMap<Logger, CloseLog<LineCloseCause>>();

/** Connects by TCP. Rejects with `TransportError` if the socket cannot be opened in time. */
export async function connectLines(options: LineConnectOptions): Promise<LineLink> {
  const { host, port, onEvent, logger, signal } = options;
  const clock = options.clock ?? systemClock;
  const socket = await openSocket(options);
  const log = sharedLog(LOGS, LINE_CLOSE_FAMILIES, logger);
  const link = new LineSocketLink({
    socket,
    remote: { address: socket.remoteAddress ?? host, port },
    connection: new LineConnection(clock(), options.limits),
    onEvent: (event, eventLink, now) => {
      if (event.type === 'closed') {
        const { cause, reason } = event;
        log?.add(cause, { link: eventLink.id, host, port }, reason === undefined ? {} : { reason }, now);
      }
      handLast(event.type === 'closed', () => onEvent(event, eventLink, now));
    },
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
