import { displayText, type Now } from '@stratumkit/codec';
import type { CloseDetail, CloseFamily } from '@stratumkit/connection';
import type { Logger } from './types.ts';

const WINDOW_MS = 60_000;

/** Connections that end as they should, or because of the network between, are no news. */
const LEVELS: Readonly<Record<CloseFamily, 'debug' | 'warn'>> = {
  normal: 'debug',
  local: 'debug',
  network: 'debug',
  refused: 'warn',
  timeout: 'warn',
  limit: 'warn',
  protocol: 'warn',
};

const HINTS: { readonly [cause in string]?: string } = {
  'descriptor-limit': 'this process may open no more files: raise its limit (ulimit -n, or LimitNOFILE of its service)',
  'connection-limit': 'raise max_connections, if this machine can bear more',
  'address-limit':
    'too many connections from one address; many miners behind one router want a proxy or a higher limit',
  'handshake-limit':
    'too many connections at once that have not introduced themselves: a flood, or all miners coming back',
  'sv1-greeting': 'a miner speaks Stratum V1 to a port of Stratum V2: point it at a translator',
  'plain-greeting': 'the peer speaks Stratum V2 without encryption, and this port wants it',
  'tls-greeting': 'the peer wants TLS; Stratum V2 brings its own encryption',
  'proxy-protocol-greeting': 'a load balancer puts the PROXY protocol in front of connections: turn that off',
  'not-json': 'the peer speaks no Stratum V1: Stratum V2, TLS or HTTP',
};

/** Counts closes by cause and logs each cause once in a window, with the number of those that were left out. */
export class CloseLog<Cause extends string> {
  readonly counts = new Map<Cause, number>();
  readonly #families: Readonly<Record<Cause, CloseFamily>>;
  readonly #logger: Logger | undefined;
  readonly #windows = new Map<Cause, { sinceMs: number; suppressed: number }>();

  constructor(families: Readonly<Record<Cause, CloseFamily>>, logger: Logger | undefined) {
    this.#families = families;
    this.#logger = logger;
  }

  add(cause: Cause, fields: object, detail: CloseDetail, now: Now): void {
    this.counts.set(cause, (this.counts.get(cause) ?? 0) + 1);
    const level = cause === 'internal-error' ? 'error' : LEVELS[this.#families[cause]];
    if (level === 'debug') {
      this.#logger?.debug({ cause, ...fields, detail: printable(detail) }, 'link closed');
      return;
    }
    const window = this.#windows.get(cause);
    if (window !== undefined && now.monotonicMs - window.sinceMs < WINDOW_MS) {
      window.suppressed++;
      return;
    }
    const suppressed = window?.suppressed ?? 0;
    this.#windows.set(cause, { sinceMs: now.monotonicMs, suppressed: 0 });
    const hint = HINTS[cause];
    const told = { cause, ...fields, detail: printable(detail), suppressed, ...(hint === undefined ? {} : { hint }) };
    this.#logger?.[level](told, 'connection closed for a fault; one line a minute for each cause');
  }
}

/** The one log of all connections that are told to the same logger. */
export function sharedLog<Cause extends string>(
  logs: WeakMap<Logger, CloseLog<Cause>>,
  families: Readonly<Record<Cause, CloseFamily>>,
  logger: Logger | undefined,
): CloseLog<Cause> | undefined {
  if (logger === undefined) return undefined;
  let log = logs.get(logger);
  if (log === undefined) {
    log = new CloseLog(families, logger);
    logs.set(logger, log);
  }
  return log;
}

/** A peer's texts in a detail are escaped. */
function printable(detail: CloseDetail): CloseDetail {
  return Object.fromEntries(
    Object.entries(detail).map(([key, value]) => [key, typeof value === 'string' ? displayText(value) : value]),
  );
}
