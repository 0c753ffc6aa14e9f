import type { Now } from '@stratumkit/codec';
import {
  type CloseCause,
  type CloseDetail,
  type ClosedEvent,
  type Connection,
  type ConnectionEvent,
  flushesQueue,
  type SendOptions,
} from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import { type PumpOptions, SocketPump } from './socketPump.ts';
import type { Link, LinkHandler } from './types.ts';

export interface SocketLinkOptions<P extends Protocol> extends PumpOptions<Connection<P>> {
  readonly onEvent: LinkHandler<P>;
}

/** One open socket and its connection. */
export class SocketLink<P extends Protocol>
  extends SocketPump<ConnectionEvent<P>, ClosedEvent, Connection<P>>
  implements Link<P>
{
  protected readonly vanished: ClosedEvent = { type: 'closed', cause: 'peer-reset', detail: {} };
  readonly #onEvent: LinkHandler<P>;

  constructor(options: SocketLinkOptions<P>) {
    super(options);
    this.#onEvent = options.onEvent;
  }

  get heavy(): boolean {
    return this.connection.state === 'handshake' && this.connection.bufferedBytes > 0;
  }

  send(frame: Uint8Array, options?: SendOptions): void {
    this.connection.send(frame, options);
    this.wakeToFlush();
  }

  setOpenChannels(count: number): void {
    this.connection.setOpenChannels(count);
    this.arm();
  }

  close(cause: CloseCause = 'role-decision', detail?: CloseDetail): void {
    this.connection.close(cause, this.now(), detail);
    this.wake();
  }

  protected get hasEnded(): boolean {
    return this.connection.state === 'closed';
  }

  protected handOn(event: ConnectionEvent<P>, now: Now): void {
    this.#onEvent(event, this, now);
  }

  protected isClosed(event: ConnectionEvent<P>): event is ClosedEvent {
    return event.type === 'closed';
  }

  protected flushes({ cause }: ClosedEvent): boolean {
    return flushesQueue(cause);
  }

  protected end(how: 'fin' | 'reset', now: Now): void {
    this.connection.end(how, now);
  }

  protected fail(cause: 'network-error' | 'internal-error', error: NodeJS.ErrnoException, now: Now): void {
    this.connection.close(cause, now, cause === 'network-error' ? { code: error.code } : { error });
  }
}
