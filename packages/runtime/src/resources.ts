import { UsageError } from '@stratumkit/codec';

interface Resource {
  readonly name: string | (() => string);
  readonly close: () => unknown;
}

/** Things to undo, newest first. Use it while starting, so that a failure half way leaves nothing behind. */
export class Resources {
  readonly #controller = new AbortController();
  readonly #resources: Resource[] = [];
  #closing: Promise<void> | undefined;
  #present: Resource | undefined;

  /** Aborted at the beginning of `close`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Throws UsageError `closed` after `close`. */
  /** Name of what is being closed now, which is what hangs if closing takes long. */
  get closing(): string | undefined {
    return this.#present === undefined ? undefined : nameOf(this.#present);
  }

  /** A function as the name is asked when the name is needed: for what consists of resources of its own. */
  add(name: string | (() => string), close: () => unknown): void {
    if (this.#closing !== undefined) {
      const added = nameOf({ name });
      throw new UsageError('closed', `${added} was added after close`, { context: { name: added } });
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
    for (const resource of this.#resources.toReversed()) {
      this.#present = resource;
      try {
        await resource.close();
      } catch (error) {
        errors.push(new Error(`closing ${nameOf(resource)} failed`, { cause: error }));
      }
    }
    this.#present = undefined;
    this.#resources.length = 0;
    if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join('; '));
  }
}

function nameOf({ name }: Pick<Resource, 'name'>): string {
  return typeof name === 'string' ? name : name();
}
