import { displayText, type Now } from '@stratumkit/codec';
import { CLOSE_CAUSES, type CloseCause, type CloseDetail, type CloseFamily } from '@stratumkit/connection';
import type { Logger } from './types.ts';

const WINDOW_MS = 10_000;

const LEVELS: Readonly<Record<CloseFamily, 'debug' | 'info' | 'warn'>> = {
  normal: 'debug',
  local: 'debug',
  refused: 'warn',
  timeout: 'warn',
  limit: 'warn',
  protocol: 'warn',
  network: 'info',
};

/** Counts closes by cause and logs each cause once in a window, with the number of those that were left out. */
export class CloseLog {
  readonly counts = new Map<CloseCause, number>();
  readonly #logger: Logger | undefined;
  readonly #windows = new Map<CloseCause, { sinceMs: number; suppressed: number }>();

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  add(cause: CloseCause, fields: object, detail: CloseDetail, now: Now): void {
    this.counts.set(cause, (this.counts.get(cause) ?? 0) + 1);
    const level = cause === 'internal-error' ? 'error' : LEVELS[CLOSE_CAUSES[cause]];
    if (level === 'debug') {
      this.#logger?.debug({ cause, ...fields, detail: printable(detail) }, 'connection closed');
      return;
    }
    const window = this.#windows.get(cause);
    if (window !== undefined && now.monotonicMs - window.sinceMs < WINDOW_MS) {
      window.suppressed++;
      return;
    }
    const suppressed = window?.suppressed ?? 0;
    this.#windows.set(cause, { sinceMs: now.monotonicMs, suppressed: 0 });
    this.#logger?.[level]({ cause, ...fields, detail: printable(detail), suppressed }, 'connection closed');
  }
}

/** A peer's texts in a detail are escaped. */
function printable(detail: CloseDetail): CloseDetail {
  return Object.fromEntries(
    Object.entries(detail).map(([key, value]) => [key, typeof value === 'string' ? displayText(value) : value]),
  );
}
