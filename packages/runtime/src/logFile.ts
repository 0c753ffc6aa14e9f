import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '@stratumkit/codec';
import type { DestinationStream } from 'pino';
import { shownValue } from './shownValue.ts';

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
      throw unwritable(path, error);
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

/** Throws `ConfigError` for a log file that could not be written. Creates and changes nothing. */
export function checkLogFile(path: string): void {
  try {
    check(path);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function check(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (path.endsWith('/') || statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw systemError('EISDIR');
  if (there === undefined && path !== '') {
    const folder = dirname(path);
    if (!statSync(folder).isDirectory()) throw systemError('ENOTDIR');
    accessSync(folder, constants.W_OK | constants.X_OK);
  } else if (there?.isSymbolicLink()) {
    // What it leads to may not be there yet.
    check(resolve(dirname(path), readlinkSync(path)));
  } else accessSync(path, constants.W_OK);
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const REASONS: { readonly [code in string]?: string } = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'no permission',
  EROFS: 'its file system is read-only',
};

function unwritable(path: string, cause: unknown): ConfigError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  const reason = REASONS[code];
  const why = reason === undefined ? code : `${reason}, ${code}`;
  return new ConfigError('log-file', `log_file ${shownValue(path)} cannot be written (${why})`, { cause });
}

function openLog(path: string): number {
  return openSync(path, 'a', 0o640);
}
