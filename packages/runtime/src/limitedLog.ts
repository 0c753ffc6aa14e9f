import { performance } from 'node:perf_hooks';
import type { Logger } from './logger.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';
type Write = (fields: object, text: string) => void;

/** What of a logger events are written with: constant text, data in fields. */
export interface EventLog extends Readonly<Record<Level, Write>> {
  isLevelEnabled(level: string): boolean;
}

export interface LogLimits {
  /** Lines of one text within the window; the rest is counted. */
  readonly lines: number;
  readonly windowMs: number;
}

export const DEFAULT_LOG_LIMITS: LogLimits = { lines: 30, windowMs: 10_000 };

interface Window {
  readonly sinceMs: number;
  lines: number;
  suppressed: number;
}

/**
 * A log in which nobody can flood the levels that are kept in operation: of each text so many lines are written in a window, and the
 * first one after it says in `suppressed` how many were not. `debug` and `trace` are for those who want everything.
 */
export function limitedLog(
  log: Logger,
  limits: Partial<LogLimits> = {},
  clockMs: () => number = () => performance.now(),
): EventLog {
  const { lines, windowMs } = { ...DEFAULT_LOG_LIMITS, ...limits };
  // By texts of this program, of which there are few.
  const windows = new Map<string, Window>();
  const limited =
    (level: Level): Write =>
    (fields, text) => {
      if (!log.isLevelEnabled(level)) return;
      const nowMs = clockMs();
      const before = windows.get(text);
      const isOver = before === undefined || nowMs - before.sinceMs >= windowMs;
      const window = isOver ? { sinceMs: nowMs, lines: 0, suppressed: 0 } : before;
      windows.set(text, window);
      if (window.lines >= lines) {
        window.suppressed++;
        return;
      }
      window.lines++;
      const suppressed = isOver ? (before?.suppressed ?? 0) : 0;
      log[level](suppressed === 0 ? fields : { ...fields, suppressed }, text);
    };
  return {
    isLevelEnabled: (level) => log.isLevelEnabled(level),
    trace: (fields, text) => log.trace(fields, text),
    debug: (fields, text) => log.debug(fields, text),
    info: limited('info'),
    warn: limited('warn'),
    error: limited('error'),
  };
}
