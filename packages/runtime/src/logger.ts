import { type DestinationStream, type Logger, multistream, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { LogFile } from './logFile.ts';

export type { Logger } from 'pino';

/** From the fewest lines to the most, and `silent` for none at all. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** Least severe lines that are written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What lines are written, where to, and how they look. */
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

/**
 * A pino logger that writes within this thread, so that its last lines survive an exit. Lines that cannot be written (a full disk, a
 * reader that went away) are lost, and nothing else is: the file's loss is told on the stream. Throws `ConfigError`.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { name, level = 'info', stream = process.stderr, file } = options;
  const pretty = options.pretty ?? stream.isTTY === true;
  const terminal = terminalStream(stream, pretty);
  if (file === undefined) return pino({ name, level }, terminal);
  const own = pino({ name, level }, terminal);
  const log = new LogFile(file, {
    failed: (code) => own.error({ file, code }, 'the log file cannot be written, its lines are lost'),
    regained: (lines) => own.warn({ file, lines }, 'the log file is written again, lines were lost'),
  });
  const destination = multistream([
    { level: 'trace', stream: terminal },
    { level: 'trace', stream: log },
  ]);
  return pino({ name, level }, destination);
}

/** Streams that have a listener for their errors already: a process has one standard error and many loggers. */
const GUARDED = new WeakSet<NodeJS.WritableStream>();

/** Formats line by line within `write`; the package's own stream would lose the last lines at an exit. */
function terminalStream(
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  pretty: boolean,
): DestinationStream {
  const format = pretty
    ? prettyFactory({ colorize: stream.isTTY === true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' })
    : (line: string) => line;
  // Nobody is left who could be told.
  if (!GUARDED.has(stream)) stream.on('error', () => undefined);
  GUARDED.add(stream);
  return {
    write(line) {
      try {
        stream.write(format(line));
      } catch {
        // Files are written synchronously, and their errors are thrown.
      }
    },
  };
}
