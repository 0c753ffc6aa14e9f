import type { Readable } from 'node:stream';

type SignalName = 'SIGINT' | 'SIGTERM';

/** What an app sees of its process; tests bring their own. */
export interface ProcessEdge {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Calls `listener` for every signal until the returned function is called. */
  onSignal(signals: readonly SignalName[], listener: (signal: SignalName) => void): () => void;
}

/** The real process. Reads it only when called; installs nothing before `onSignal`. */
export function currentProcess(): ProcessEdge {
  return {
    argv: process.argv.slice(2),
    environment: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onSignal(signals, listener) {
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
  };
}
