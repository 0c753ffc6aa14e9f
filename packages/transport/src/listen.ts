import type { Socket } from 'node:net';
import { CLOSE_CAUSES, type CloseCause, type CloseDetail, type Connection, type Permit } from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import { CloseLog } from './closeLog.ts';
import { SocketLink } from './socketLink.ts';
import { drop, type RefusalCause, SocketListener } from './socketListener.ts';
import { SHARED_SCHEDULER } from './turnScheduler.ts';
import type { Listener, ListenOptions, RemoteEndpoint } from './types.ts';

/** Listens for TCP connections. Rejects with `ConfigError` for an address that cannot be had. */
export async function listen<P extends Protocol>(options: ListenOptions<P>): Promise<Listener<P>> {
  const listener = new TcpListener(options);
  await listener.open();
  return listener;
}

class TcpListener<P extends Protocol> extends SocketListener<SocketLink<P>> implements Listener<P> {
  readonly #options: ListenOptions<P>;
  readonly #log: CloseLog<CloseCause>;

  constructor(options: ListenOptions<P>) {
    super(options);
    this.#options = options;
    this.#log = new CloseLog(CLOSE_CAUSES, options.logger);
  }

  get closeCounts(): ReadonlyMap<CloseCause, number> {
    return this.#log.counts;
  }

  protected admitted(socket: Socket, remote: RemoteEndpoint, permit: Permit): void {
    const now = this.clock();
    const { address } = remote;
    let connection: Connection<P>;
    try {
      connection = this.#options.createConnection(remote, now);
    } catch (error) {
      // A bug of ours that one peer met: the others go on.
      permit.release();
      drop(socket);
      this.#log.add('internal-error', { address }, { error }, now);
      return;
    }
    const link = new SocketLink<P>({
      socket,
      remote,
      connection,
      onEvent: (event, _link, eventTime) => {
        if (event.type === 'ready') permit.established();
        if (event.type === 'closed') {
          this.#log.add(event.cause, { link: link.id, address }, event.detail, eventTime);
        }
        this.#options.onEvent(event, link, eventTime);
      },
      clock: this.clock,
      scheduler: this.#options.scheduler ?? SHARED_SCHEDULER,
      logger: this.#options.logger,
    });
    this.keep(link, permit);
    this.#options.onLink?.(link);
    link.start();
  }

  protected refused(cause: RefusalCause, address: string | undefined, detail: CloseDetail): void {
    this.#log.add(cause, address === undefined ? {} : { address }, detail, this.clock());
  }
}
