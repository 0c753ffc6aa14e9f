import type { ConnectionId } from '../output.ts';
import { type CoinbaseConstraints, isSatisfiable } from './fitTemplate.ts';
import { View, viewKey } from './view.ts';
import type { Work } from './work.ts';
import type { WorkStoreLimits } from './workStore.ts';

export interface ClientLimits extends WorkStoreLimits {
  /** Constraints and requests for transaction data that a client may send within a minute. */
  readonly requestsPerMinute: number;
  /** Views whose clients have gone, kept for solutions that come after a reconnect. */
  readonly maximumAbandonedViews: number;
  /** Different constraints of connected clients, each of which costs a template of its own; a client with others is refused. */
  readonly maximumViews: number;
}

interface Client {
  view: View | undefined;
  windowStartMs: number;
  requests: number;
}

const MINUTE_MS = 60_000;

/** Who is connected, under which constraints, and which templates they were given. */
export class Clients {
  readonly #limits: ClientLimits;
  readonly #clients = new Map<ConnectionId, Client>();
  readonly #views = new Map<string, View>();

  constructor(limits: ClientLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#clients.size;
  }

  ids(): ConnectionId[] {
    return [...this.#clients.keys()];
  }

  has(connection: ConnectionId): boolean {
    return this.#clients.has(connection);
  }

  add(connection: ConnectionId, monotonicMs: number): void {
    this.#clients.set(connection, { view: undefined, windowStartMs: monotonicMs, requests: 0 });
  }

  remove(connection: ConnectionId): void {
    this.#leaveView(connection);
    this.#clients.delete(connection);
  }

  /** False when the client asks for more than its share. */
  admitRequest(connection: ConnectionId, monotonicMs: number): boolean {
    const client = this.#clients.get(connection);
    if (client === undefined) return false;
    if (monotonicMs - client.windowStartMs >= MINUTE_MS) {
      client.windowStartMs = monotonicMs;
      client.requests = 0;
    }
    client.requests += 1;
    return client.requests <= this.#limits.requestsPerMinute;
  }

  viewOf(connection: ConnectionId): View | undefined {
    return this.#clients.get(connection)?.view;
  }

  /** Moves a client to the view of its constraints, or says why not. */
  constrain(
    connection: ConnectionId,
    constraints: CoinbaseConstraints,
  ): View | 'coinbase-constraints-too-large' | 'too-many-constraints' {
    if (!isSatisfiable(constraints)) return 'coinbase-constraints-too-large';
    const client = this.#clients.get(connection)!;
    this.#leaveView(connection);
    const key = viewKey(constraints);
    const isActive = (this.#views.get(key)?.clients.size ?? 0) > 0;
    if (!isActive && [...this.activeViews()].length >= this.#limits.maximumViews) return 'too-many-constraints';
    const view = this.#views.get(key) ?? new View(constraints, this.#limits);
    this.#views.delete(key);
    this.#views.set(key, view);
    view.clients.add(connection);
    client.view = view;
    this.#forgetAbandoned();
    return view;
  }

  /** With clients. */
  *activeViews(): Generator<View> {
    for (const view of this.#views.values()) if (view.clients.size > 0) yield view;
  }

  findWork(id: bigint): { work: Work; stale: boolean } | undefined {
    for (const { store } of this.#views.values()) {
      const found = store.get(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  markStale(monotonicMs: number): void {
    for (const { store } of this.#views.values()) store.markStale(monotonicMs);
  }

  expire(monotonicMs: number): void {
    for (const [key, { store, clients }] of this.#views) {
      store.expire(monotonicMs);
      if (store.size === 0 && clients.size === 0) this.#views.delete(key);
    }
  }

  get deadline(): number | undefined {
    let earliest: number | undefined;
    for (const { store } of this.#views.values()) {
      const { deadline } = store;
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  #leaveView(connection: ConnectionId): void {
    const client = this.#clients.get(connection);
    const view = client?.view;
    if (view === undefined) return;
    view.clients.delete(connection);
    client!.view = undefined;
    this.#forgetAbandoned();
  }

  /** The map is in the order of the last use. */
  #forgetAbandoned(): void {
    let excess = -this.#limits.maximumAbandonedViews;
    for (const { clients } of this.#views.values()) if (clients.size === 0) excess += 1;
    for (const [key, { clients }] of this.#views) {
      if (excess <= 0) return;
      if (clients.size > 0) continue;
      this.#views.delete(key);
      excess -= 1;
    }
  }
}
