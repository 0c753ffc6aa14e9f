import type { Now } from '@stratumkit/codec';
import type { LineCloseCause, LineConnection, LineEvent } from '@stratumkit/sv1';
import type { LineClosedEvent, LineHandler, LineLink } from './linesTypes.ts';
import { type PumpOptions, SocketPump } from './socketPump.ts';

export interface LineSocketOptions extends PumpOptions<LineConnection> {
  readonly onEvent: LineHandler;
  readonly onEstablished?: () => void;
}

/** One open socket and its connection of lines. */
export class LineSocketLink extends SocketPump<LineEvent, LineClosedEvent, LineConnection> implements LineLink {
  readonly heavy = false;
  protected readonly vanished = { type: 'closed', cause: 'peer-reset', reason: undefined } as const;
  readonly #onEvent: LineHandler;
  readonly #onEstablished: (() => void) | undefined;

  constructor(options: LineSocketOptions) {
    super(options);
    this.#onEvent = options.onEvent;
    this.#onEstablished = options.onEstablished;
  }

  send(line: Uint8Array): void {
    this.connection.send(line);
    this.wakeToFlush();
  }

  established(): void {
    this.#onEstablished?.();
  }

  close(cause: LineCloseCause = 'role-decision', reason?: string): void {
    this.connection.close(cause, reason);
    this.wake();
  }

  protected get hasEnded(): boolean {
    return this.connection.isClosed;
  }

  protected handOn(event: LineEvent, now: Now): void {
    this.#onEvent(event, this, now);
  }

  protected isClosed(event: LineEvent): event is LineClosedEvent {
    return event.type === 'closed';
  }

  protected flushes(): boolean {
    return this.connection.flushes;
  }

  protected end(how: 'fin' | 'reset'): void {
    this.connection.end(how);
  }

  protected fail(cause: 'network-error' | 'internal-error'): void {
    this.connection.close(cause);
  }
}
