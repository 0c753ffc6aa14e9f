import type { AcceptedShare } from '@stratumkit/channels';
import type { ServedChannel } from './peer.ts';

/** A share on its way to the accounting; `waiting` until somebody else has judged it too. */
export interface HeldShare {
  readonly served: ServedChannel;
  readonly share: AcceptedShare;
  readonly worker: string | undefined;
  state: 'waiting' | 'accepted' | 'unknown' | 'refused';
}

/**
 * Shares that passed all checks here and count only when an upstream took them. Clients are answered in the order they
 * submitted, so a share that waits for nobody still waits behind one that does.
 */
export class HeldShares {
  readonly #queues = new Map<ServedChannel, HeldShare[]>();
  readonly #waiting = new Map<number, HeldShare>();
  #lastTicket = 0;
  #size = 0;

  /** Shares of all channels that wait. */
  get size(): number {
    return this.#size;
  }

  /** Shares of a channel that wait, directly or behind others. */
  of(served: ServedChannel): number {
    return this.#queues.get(served)?.length ?? 0;
  }

  /** Returns the ticket to {@link settle} it by. */
  hold(served: ServedChannel, share: AcceptedShare, worker: string | undefined): number {
    const ticket = ++this.#lastTicket;
    this.#waiting.set(ticket, this.#append({ served, share, worker, state: 'waiting' }));
    return ticket;
  }

  queueBehind(served: ServedChannel, share: AcceptedShare, worker: string | undefined): void {
    this.#append({ served, share, worker, state: 'accepted' });
  }

  /** The share of this ticket, and those that need not wait any more, oldest first. Undefined for a settled ticket. */
  settle(
    ticket: number,
    state: 'accepted' | 'unknown' | 'refused',
  ): { readonly held: HeldShare; readonly released: readonly HeldShare[] } | undefined {
    const held = this.#waiting.get(ticket);
    if (held === undefined) return undefined;
    this.#waiting.delete(ticket);
    held.state = state;
    const queue = this.#queues.get(held.served) ?? [];
    const blocked = queue.findIndex((each) => each.state === 'waiting');
    const released = queue.splice(0, blocked === -1 ? queue.length : blocked);
    this.#size -= released.length;
    if (queue.length === 0) this.#queues.delete(held.served);
    return { held, released: released.filter((each) => each.state !== 'refused') };
  }

  #append(held: HeldShare): HeldShare {
    this.#size++;
    const queue = this.#queues.get(held.served);
    if (queue === undefined) this.#queues.set(held.served, [held]);
    else queue.push(held);
    return held;
  }
}
