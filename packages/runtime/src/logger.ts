import { openSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import { type DestinationStream, type Logger, multistream, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LoggerOptions {
  readonly name: string;
  readonly level?: LogLevel;
  /** Where lines go; standard error by default, so that standard output stays an app's own. */
  readonly stream?: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Readable lines instead of JSON; by default when the stream is a terminal. */
  readonly pretty?: boolean;
  /** JSON lines are appended to this file too. */
  readonly file?: string | undefined;
}

/** A pino logger that writes within this thread, so that its last lines survive an exit. Throws `ConfigError`. */
export function createLogger(options: LoggerOptions): Logger {
  const { name, level = 'info', stream = process.stderr, file } = options;
  const pretty = options.pretty ?? stream.isTTY === true;
  const terminal = pretty ? prettyStream(stream) : stream;
  const destination =
    file === undefined
      ? terminal
      : multistream([
          { level: 'trace', stream: terminal },
          { level: 'trace', stream: openLogFile(file) },
        ]);
  return pino({ name, level }, destination);
}

/** Formats line by line within `write`; the package's own stream would lose the last lines at an exit. */
function prettyStream(stream: NodeJS.WritableStream & { readonly isTTY?: boolean }): DestinationStream {
  const format = prettyFactory({
    colorize: stream.isTTY === true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return { write: (line) => void stream.write(format(line)) };
}

function openLogFile(path: string): DestinationStream {
  try {
    return pino.destination({ fd: openSync(path, 'a', 0o640), sync: true });
  } catch (error) {
    throw new ConfigError('log-file', `cannot write the log file ${path}`, { cause: error });
  }
}
