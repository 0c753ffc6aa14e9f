/** What a wait for a message ended with. */
export type Taken<T> =
  | { readonly kind: 'item'; readonly item: T }
  | { readonly kind: 'closed'; readonly reason: string }
  | { readonly kind: 'timeout' };

/** Messages in the order in which they came, for whoever asks next. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: (() => void)[] = [];
  #closed: string | undefined;
  /** Sees every message when it comes. */
  onItem: ((item: T) => void) | undefined;

  push(item: T): void {
    this.onItem?.(item);
    this.#items.push(item);
    this.#wake();
  }

  /** No more will come. Items that came before can still be taken. */
  end(reason: string): void {
    this.#closed ??= reason;
    this.#wake();
  }

  get closed(): string | undefined {
    return this.#closed;
  }

  async take(timeoutMs: number | undefined, signal: AbortSignal): Promise<Taken<T>> {
    const inTime = await this.#until(() => this.#items.length > 0 || this.#closed !== undefined, timeoutMs, signal);
    const item = this.#items.shift();
    if (item !== undefined) return { kind: 'item', item };
    return inTime ? { kind: 'closed', reason: this.#closed ?? '' } : { kind: 'timeout' };
  }

  /** Whether the connection is closed now or within the time. */
  waitClosed(timeoutMs: number | undefined, signal: AbortSignal): Promise<boolean> {
    return this.#until(() => this.#closed !== undefined, timeoutMs, signal);
  }

  async #until(condition: () => boolean, timeoutMs: number | undefined, signal: AbortSignal): Promise<boolean> {
    const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs;
    while (!condition()) {
      signal.throwIfAborted();
      const left = deadline === undefined ? undefined : deadline - performance.now();
      if (left !== undefined && left <= 0) return false;
      await this.#change(left, signal);
    }
    return true;
  }

  #change(timeoutMs: number | undefined, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, Math.ceil(timeoutMs));
      signal.addEventListener('abort', done, { once: true });
      this.#waiting.push(done);
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
