import { connect as connectSocket, type Socket } from 'node:net';
import { CLOSE_CAUSES, type CloseCause, type Connection } from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import { systemClock } from './clock.ts';
import { type CloseLog, sharedLog } from './closeLog.ts';
import { SocketLink } from './socketLink.ts';
import { SOCKET_OPTIONS } from './socketOptions.ts';
import { TransportError } from './transportError.ts';
import { SHARED_SCHEDULER } from './turnScheduler.ts';
import type { ConnectOptions, Link, Logger } from './types.ts';

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** Of connections made here: whoever redials would otherwise be told of one cause with every attempt. */
const LOGS = new WeakMap<Logger, CloseLog<CloseCause>>();

/**
 * Connects by TCP. Resolves when the socket is open (setup follows as events), rejects with `TransportError` if it cannot be
 * opened in time.
 */
export async function connect<P extends Protocol>(options: ConnectOptions<P>): Promise<Link<P>> {
  const { host, port, onEvent, logger, signal } = options;
  const clock = options.clock ?? systemClock;
  const socket = await openSocket(options);
  const log = sharedLog(LOGS, CLOSE_CAUSES, logger);
  let connection: Connection<P>;
  try {
    connection = options.createConnection(clock());
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const link = new SocketLink<P>({
    socket,
    remote: { address: socket.remoteAddress ?? host, port },
    connection,
    onEvent: (event, eventLink, now) => {
      if (event.type === 'closed') log?.add(event.cause, { link: eventLink.id, host, port }, event.detail, now);
      handLast(event.type === 'closed', () => onEvent(event, eventLink, now));
    },
    clock,
    scheduler: options.scheduler ?? SHARED_SCHEDULER,
    logger,
  });
  const abort = () => link.close('aborted');
  signal?.addEventListener('abort', abort, { once: true });
  void link.closed.then(() => signal?.removeEventListener('abort', abort));
  link.start();
  return link;
}

/**
 * Who connects and is not told of the end would wait for this link for ever: a fault met there ends the process, whoever logs, so that
 * it is started anew.
 */
export function handLast(isClosed: boolean, hand: () => void): void {
  try {
    hand();
  } catch (error) {
    if (isClosed) setImmediate(() => Promise.reject(error));
    else throw error;
  }
}

/** Opens a socket, or rejects with `TransportError`. */
export function openSocket(
  options: Pick<ConnectOptions<Protocol>, 'host' | 'port' | 'signal' | 'connectTimeoutMs'>,
): Promise<Socket> {
  const { host, port, signal, connectTimeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  const context = { host, port };
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new TransportError('aborted', 'given up before it began', context, signal.reason));
      return;
    }
    const socket = connectSocket({ host, port, ...SOCKET_OPTIONS });
    const settle = (act: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.off('connect', succeed);
      act();
    };
    const fail = (error: TransportError) => settle(() => reject(error));
    const succeed = () => settle(() => resolve(socket));
    const failed = (error: Error) => {
      fail(new TransportError('connect-failed', `cannot connect to ${host}:${port}`, context, error));
    };
    const abort = () => {
      fail(new TransportError('aborted', `gave up connecting to ${host}:${port}`, context, signal?.reason));
      socket.destroy();
    };
    const timer = setTimeout(() => {
      const message = `${host}:${port} did not answer within ${connectTimeoutMs} ms`;
      fail(new TransportError('connect-timeout', message, { ...context, connectTimeoutMs }));
      socket.destroy();
    }, connectTimeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('connect', succeed);
    socket.on('error', failed);
  });
}
