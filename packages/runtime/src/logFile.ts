import { openSync, writeSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import type { DestinationStream } from 'pino';

export interface LogFileEvents {
  /** The first line was lost; `code` is the system's. */
  failed(code: string): void;
  /** Lines are written again; so many were lost. */
  regained(lines: number): void;
}

const LINE_FEED = '\n';

/** Appends lines within this thread. A line that cannot be written is dropped: what kept them would grow as long as the disk is full. */
export class LogFile implements DestinationStream {
  readonly #fd: number;
  readonly #events: LogFileEvents;
  #lost = 0;
  /** The last line in the file has no end. */
  #isTorn = false;

  /** Throws `ConfigError` for a file that cannot be opened. */
  constructor(path: string, events: LogFileEvents) {
    this.#events = events;
    try {
      this.#fd = openSync(path, 'a', 0o640);
    } catch (error) {
      throw new ConfigError('log-file', `cannot write the log file ${path}`, { cause: error });
    }
  }

  write(line: string): void {
    try {
      this.#append(Buffer.from(this.#isTorn ? LINE_FEED + line : line));
    } catch (error) {
      this.#lost++;
      if (this.#lost === 1) this.#events.failed((error as NodeJS.ErrnoException).code ?? 'unknown');
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.#events.regained(lost);
  }

  #append(bytes: Buffer): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#fd, bytes, written);
      this.#isTorn = written < bytes.length;
    }
  }
}
