import type { Now } from '@stratumkit/codec';
import { type Endpoint, type ReconnectRefusal, reconnectEndpoint } from './reconnect.ts';

/** How far an upstream may send its clients around with Reconnect (spec 3.6.5). */
export interface RedirectionLimits {
  /** Redirections that may be followed one after the other. */
  readonly maxInARow: number;
  /** Time after which one more may be followed. */
  readonly regainMs: number;
  /** How long an endpoint that sent us away is not returned to because another one says so. */
  readonly noReturnMs: number;
}

/** Limits of {@link Redirections} where its options do not say. */
export const DEFAULT_REDIRECTION_LIMITS: RedirectionLimits = {
  maxInARow: 5,
  regainMs: 600_000,
  noReturnMs: 600_000,
};

/** Why a Reconnect is not followed. `redirect-loop`: it leads back to an endpoint that sent us away before. */
export type RedirectionRefusal = ReconnectRefusal | 'redirect-loop' | 'too-many-redirects';

/**
 * Which Reconnect messages are followed (spec 3.6.5). However much work upstreams give in between, they cannot keep a client on the
 * move: redirections are counted, and none leads back in a circle.
 */
export class Redirections {
  readonly #limits: RedirectionLimits;
  /** Until when each of the redirections that were followed counts, in order. */
  #countsUntilMs: number[] = [];
  /** Endpoints that sent us away, until when each is avoided; as many as redirections that still count, or fewer. */
  readonly #left = new Map<string, number>();

  constructor(limits: Partial<RedirectionLimits> = {}) {
    this.#limits = { ...DEFAULT_REDIRECTION_LIMITS, ...limits };
  }

  /** Where to go, if the message is to be followed; then it counts. */
  follow(
    present: Endpoint,
    host: string,
    port: number,
    { monotonicMs }: Now,
  ): { readonly endpoint: Endpoint } | { readonly refused: RedirectionRefusal } {
    const result = reconnectEndpoint(present, host, port);
    if ('refused' in result) return result;
    const { maxInARow, regainMs, noReturnMs } = this.#limits;
    this.#forget(monotonicMs);
    const [from, to] = [keyOf(present), keyOf(result.endpoint)];
    if (from !== to && this.#left.has(to)) return { refused: 'redirect-loop' };
    if (this.#countsUntilMs.length >= maxInARow) return { refused: 'too-many-redirects' };
    const latest = this.#countsUntilMs.at(-1) ?? monotonicMs;
    // One is regained at a time.
    this.#countsUntilMs.push(Math.max(latest, monotonicMs) + regainMs);
    if (from !== to) this.#left.set(from, monotonicMs + noReturnMs);
    return result;
  }

  #forget(nowMs: number): void {
    this.#countsUntilMs = this.#countsUntilMs.filter((untilMs) => untilMs > nowMs);
    for (const [key, untilMs] of this.#left) if (untilMs <= nowMs) this.#left.delete(key);
  }
}

function keyOf({ host, port }: Endpoint): string {
  return `${host.toLowerCase()}:${port}`;
}
