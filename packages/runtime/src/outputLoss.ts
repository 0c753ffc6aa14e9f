import { createDeferred } from './deferred.ts';

/** A watch over an output stream; `code` stays pending while it takes what is written. */
export interface OutputLoss {
  /** The error code, when a stream takes no more: `EPIPE` when its reader went away, as in `| head -1`. */
  readonly code: Promise<string>;
  unwatch(): void;
}

/** While it watches, a failing write ends no process by itself. */
export function watchOutput(stream: NodeJS.WritableStream): OutputLoss {
  const lost = createDeferred<string>();
  const onError = (error: NodeJS.ErrnoException) => lost.resolve(error.code ?? error.name);
  stream.on('error', onError);
  return { code: lost.promise, unwatch: () => void stream.off('error', onError) };
}

/**
 * The exit code of a program whose standard output is lost. A reader that has seen enough is no failure; a full disk is one, and is told.
 */
export function exitCodeOfLoss(code: string, name: string, stderr: NodeJS.WritableStream): number {
  if (code === 'EPIPE') return 0;
  stderr.write(`${name}: standard output cannot be written (${code})\n`);
  return 1;
}
