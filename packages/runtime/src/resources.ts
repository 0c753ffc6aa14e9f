import { UsageError } from '@stratumkit/codec';

interface Resource {
  readonly name: string;
  readonly close: () => unknown;
}

/** Things to undo, newest first. Use it while starting, so that a failure half way leaves nothing behind. */
export class Resources {
  readonly #controller = new AbortController();
  readonly #resources: Resource[] = [];
  #closing: Promise<void> | undefined;

  /** Aborted at the beginning of `close`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Throws UsageError `closed` after `close`. */
  add(name: string, close: () => unknown): void {
    if (this.#closing !== undefined) {
      throw new UsageError('closed', `${name} was added after close`, { context: { name } });
    }
    this.#resources.push({ name, close });
  }

  /**
   * Aborts the signal, then closes one after the other. Goes on after a failure and throws an `AggregateError` at the end.
   * Later calls give the same promise.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#controller.abort();
    const errors: Error[] = [];
    for (const { name, close } of this.#resources.toReversed()) {
      try {
        await close();
      } catch (error) {
        errors.push(new Error(`closing ${name} failed`, { cause: error }));
      }
    }
    this.#resources.length = 0;
    if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join('; '));
  }
}
