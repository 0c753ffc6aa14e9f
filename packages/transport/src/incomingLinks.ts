import type { FrameKind, SendOptions } from '@stratumkit/connection';
import type { Protocol } from '@stratumkit/messages';
import type { Link } from './types.ts';

/** The links that a machine knows as its clients, by their ids. What is meant for one that is gone reaches nobody. */
export class IncomingLinks<P extends Protocol> {
  readonly #links = new Map<number, Link<P>>();
  #onEmpty: (() => void) | undefined;

  get size(): number {
    return this.#links.size;
  }

  add(link: Link<P>): void {
    this.#links.set(link.id, link);
  }

  /** Whether it was there. */
  remove(id: number): boolean {
    const wasThere = this.#links.delete(id);
    if (this.#links.size === 0) this.#onEmpty?.();
    return wasThere;
  }

  send({ to, frame, kind, channelId }: LinkMessage): void {
    const options: SendOptions = channelId === undefined ? { kind } : { kind, channelId };
    for (const id of to) this.#links.get(id)?.send(frame, options);
  }

  setOpenChannels(id: number, open: number): void {
    this.#links.get(id)?.setOpenChannels(open);
  }

  close(id: number, reason: string): void {
    this.#links.get(id)?.close('role-decision', { reason });
  }

  /** Resolves when the last one is gone, or the time is over. */
  async empty(timeoutMs: number): Promise<void> {
    if (this.#links.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** One frame and whom it is for. */
export interface LinkMessage {
  readonly to: readonly number[];
  readonly frame: Uint8Array;
  readonly kind: FrameKind;
  readonly channelId?: number;
}
