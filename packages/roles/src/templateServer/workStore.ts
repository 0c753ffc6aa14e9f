import type { Work } from './work.ts';

export interface WorkStoreLimits {
  /** How long a solution of a template on an older tip is still turned into a block. */
  readonly staleTemplateSeconds: number;
  /** Templates remembered for clients of the same constraints; beyond it the oldest is forgotten. */
  readonly maximumTemplates: number;
}

interface Kept {
  readonly work: Work;
  staleSince: number | undefined;
}

/** Every template given out, until it is of no use: spec 7 wants blocks made from any of them to be propagated. */
export class WorkStore {
  readonly #limits: WorkStoreLimits;
  readonly #kept = new Map<bigint, Kept>();

  constructor(limits: WorkStoreLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.size;
  }

  add(work: Work): void {
    this.#kept.set(work.id, { work, staleSince: undefined });
    if (this.#kept.size > this.#limits.maximumTemplates) {
      const [oldest] = this.#kept.keys();
      this.#kept.delete(oldest!);
    }
  }

  get(id: bigint): { work: Work; stale: boolean } | undefined {
    const kept = this.#kept.get(id);
    return kept && { work: kept.work, stale: kept.staleSince !== undefined };
  }

  /** The tip has changed: nothing given out so far is on it. */
  markStale(monotonicMs: number): void {
    for (const kept of this.#kept.values()) kept.staleSince ??= monotonicMs;
  }

  expire(monotonicMs: number): void {
    for (const [id, { staleSince }] of this.#kept) {
      if (staleSince === undefined || monotonicMs < this.#expiry(staleSince)) return;
      this.#kept.delete(id);
    }
  }

  /** Stale entries come first: ids rise, and a tip change makes all older ones stale. */
  get deadline(): number | undefined {
    for (const { staleSince } of this.#kept.values())
      return staleSince === undefined ? undefined : this.#expiry(staleSince);
    return undefined;
  }

  #expiry(staleSince: number): number {
    return staleSince + this.#limits.staleTemplateSeconds * 1_000;
  }
}
