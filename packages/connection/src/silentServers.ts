import type { ClientExtensions } from './options.ts';

/** How many servers are remembered (by default 256), and for how long (by default an hour). */
export interface SilentServersOptions {
  /** Servers remembered; the one remembered for longest gives way. Some are named by other servers. */
  readonly maxServers?: number;
  /** After this time a silent server is asked again. */
  readonly forgetAfterMs?: number;
}

/** How many times the time that the connection took to be set up a server may take, at the first and at the second try. */
const PATIENCE = [2, 5] as const;

/**
 * What to ask of a server that may not know extension 0x0001 and then keeps silent (0x0001, 4.3): it is asked on two connections, with
 * more patience on the second, and on the third not at all. Without this a silent server would cost its timeout on every connection,
 * and a slow one its extensions.
 */
export class SilentServers {
  readonly #maxServers: number;
  readonly #forgetAfterMs: number;
  readonly #silences = new Map<string, { count: number; readonly sinceMs: number }>();

  constructor({ maxServers = 256, forgetAfterMs = 3_600_000 }: SilentServersOptions = {}) {
    this.#maxServers = maxServers;
    this.#forgetAfterMs = forgetAfterMs;
  }

  /** For the next connection to a server; undefined to ask for none. A required extension is asked for every time. */
  extensionsFor(server: string, wanted: ClientExtensions, nowMs: number): ClientExtensions | undefined {
    const known = this.#silences.get(server);
    if (known !== undefined && nowMs >= known.sinceMs + this.#forgetAfterMs) this.#silences.delete(server);
    const count = this.#silences.get(server)?.count ?? 0;
    const isRequired = (wanted.required ?? []).length > 0;
    if (count >= PATIENCE.length && !isRequired) return undefined;
    return { ...wanted, onSilence: 'close', patience: PATIENCE[Math.min(count, PATIENCE.length - 1)]! };
  }

  /** A connection ended with `extension-timeout`. */
  keptSilent(server: string, nowMs: number): void {
    const known = this.#silences.get(server);
    if (known !== undefined) {
      known.count++;
      return;
    }
    this.#silences.set(server, { count: 1, sinceMs: nowMs });
    if (this.#silences.size <= this.#maxServers) return;
    const [oldest] = this.#silences.keys();
    this.#silences.delete(oldest!);
  }

  /** The server agreed on extensions. */
  answered(server: string): void {
    this.#silences.delete(server);
  }
}
