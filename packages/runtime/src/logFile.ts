import { closeSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import type { DestinationStream } from 'pino';

export interface LogFileEvents {
  /** The first line was lost; `code` is the system's. */
  failed(code: string): void;
  /** Lines are written again; so many were lost. */
  regained(lines: number): void;
}

const LINE_FEED = '\n';

/**
 * Appends lines within this thread. A line that cannot be written is dropped: what kept them would grow as long as the disk is full.
 * A file that was moved away or deleted, as when logs are rotated, is made anew.
 */
export class LogFile implements DestinationStream {
  readonly #path: string;
  #fd: number;
  readonly #events: LogFileEvents;
  #lost = 0;
  /** The last line in the file has no end. */
  #isTorn = false;

  /** Throws `ConfigError` for a file that cannot be opened. */
  constructor(path: string, events: LogFileEvents) {
    this.#path = path;
    this.#events = events;
    try {
      this.#fd = openLog(path);
    } catch (error) {
      throw new ConfigError('log-file', `cannot write the log file ${path}`, { cause: error });
    }
  }

  write(line: string): void {
    try {
      this.#followRotation();
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

  #followRotation(): void {
    const there = statSync(this.#path, { throwIfNoEntry: false });
    const open = fstatSync(this.#fd);
    // Opening a pipe could wait for its reader.
    if (!open.isFile() || (there?.ino === open.ino && there.dev === open.dev)) return;
    let fd: number;
    try {
      fd = openLog(this.#path);
    } catch (error) {
      // The file that was moved away still takes lines; a deleted one does not.
      if (open.nlink > 0) return;
      throw error;
    }
    closeSync(this.#fd);
    this.#fd = fd;
    this.#isTorn = false;
  }

  #append(bytes: Buffer): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#fd, bytes, written);
      this.#isTorn = written < bytes.length;
    }
  }
}

function openLog(path: string): number {
  return openSync(path, 'a', 0o640);
}
