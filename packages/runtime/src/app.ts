import type { Logger } from './logger.ts';
import type { ProcessEdge } from './processEdge.ts';
import type { Resources } from './resources.ts';
import type { Fields, InferFields } from './schema.ts';

/** What `run` is given besides its options. */
export interface AppContext {
  readonly log: Logger;
  /** Closed at the end of the app, however it ends; `resources.signal` is aborted by the first signal. */
  readonly resources: Resources;
  readonly process: ProcessEdge;
  /** Ends the app in order with this exit code, as the first signal does with 0. Only the first call counts. */
  stop(exitCode: number, reason: string): void;
}

/** What a command is: its options, their checks, and what it does. See {@link defineApp}. */
export interface AppDefinition<F extends Fields> {
  /** Name of the command. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Command lines for `--help`, each with what it does. */
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  /** Variables `PREFIX__KEY` override the configuration file; by default the name in upper snake case. */
  readonly environmentPrefix?: string;
  readonly options: F;
  /**
   * A signal ends the process as if it knew none: for an app that computes without a pause, so that no handler would ever run, and
   * has nothing to undo.
   */
  readonly endsAtSignals?: boolean;
  /** Checks beyond single values, also under `--check`. Throws `ConfigError`. */
  check?(options: InferFields<F>): void;
  /**
   * Starts the app. A number ends it with that exit code. `'running'` leaves it running until a signal or
   * `context.stop`; everything to undo is in `context.resources` by then.
   */
  run(options: InferFields<F>, context: AppContext): Promise<number | 'running'>;
}

/** Only carries the types of an app from its fields to its `run`. */
export function defineApp<const F extends Fields>(definition: AppDefinition<F>): AppDefinition<F> {
  return definition;
}
