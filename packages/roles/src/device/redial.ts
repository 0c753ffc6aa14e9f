import type { Now } from '@stratumkit/codec';
import type { Endpoint } from '../miningClient/reconnect.ts';
import { type RedirectionRefusal, Redirections } from '../miningClient/redirections.ts';
import { type RetryPolicy, UpstreamList } from '../upstreamList/index.ts';

export interface RedialOptions<Upstream extends Endpoint> {
  /** In order of preference. What else they hold, such as the authority key, is kept through a redirection. */
  readonly upstreams: readonly Upstream[];
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly retry: Partial<RetryPolicy> | undefined;
  /** Spread of the devices that an upstream redirects. */
  readonly redirectSpreadMs: number;
}

export type Redirection = { readonly endpoint: Endpoint } | { readonly refused: RedirectionRefusal };

/** When a device connects next, and to whom: an upstream of its list, or one that it was redirected to. */
export class Redial<Upstream extends Endpoint> {
  readonly #options: RedialOptions<Upstream>;
  readonly #upstreams: UpstreamList<Upstream>;
  #upstream: Upstream;
  #redirect: { readonly upstream: Upstream; readonly atMs: number } | undefined;
  readonly #redirections = new Redirections();

  constructor(options: RedialOptions<Upstream>) {
    const { upstreams, random, retry } = options;
    this.#options = options;
    this.#upstreams = new UpstreamList({ upstreams, random, ...(retry === undefined ? {} : { policy: retry }) });
    this.#upstream = this.#upstreams.current;
  }

  get deadline(): number | undefined {
    return this.#redirect?.atMs ?? this.#upstreams.deadline;
  }

  start(now: Now): void {
    this.#upstreams.start(now);
  }

  /** Whom to connect to now, once the time has come. */
  due(now: Now): Upstream | undefined {
    const redirect = this.#redirect;
    if (redirect !== undefined && now.monotonicMs < redirect.atMs) return undefined;
    const upstream = redirect?.upstream ?? this.#upstreams.due(now);
    if (upstream === undefined) return undefined;
    this.#redirect = undefined;
    this.#upstream = upstream;
    return upstream;
  }

  /** The connection is gone; returns the delay until the next attempt. */
  lost(now: Now): number {
    return this.#redirect === undefined ? this.#upstreams.failed(now) : this.#redirect.atMs - now.monotonicMs;
  }

  /** Whether the upstream in use is not the first of the list. */
  get isOnFallback(): boolean {
    return this.#upstreams.index > 0;
  }

  /** The first upstream of the list is next, without delay. */
  returnToFirst(now: Now): void {
    this.#upstreams.serving(0);
    this.#redirect = { upstream: this.#upstreams.current, atMs: now.monotonicMs };
  }

  /** The upstream has served work. */
  served(): void {
    this.#upstreams.succeeded();
  }

  /** The upstream sends its devices elsewhere; an empty host and port 0 stand for the present ones. */
  redirect(host: string, port: number, waitMs: number, now: Now): Redirection {
    const result = this.#redirections.follow(this.#upstream, host, port, now);
    if ('refused' in result) return result;
    const { random, redirectSpreadMs } = this.#options;
    const atMs = now.monotonicMs + waitMs + Math.round(random() * redirectSpreadMs);
    this.#redirect = { upstream: { ...this.#upstream, ...result.endpoint }, atMs };
    return result;
  }
}
