import type { SubmitSolution } from '@stratumkit/messages/template-distribution';
import type { FoundShare } from './foundShare.ts';
import type { Invariants } from './invariants.ts';

/** A block-level header reaches a provider that is there within this time after the pool got it. */
const DELIVERY_MS = 60_000;

/** Reasons for which a node may refuse a block that was right when it was found. */
const HONEST_BLOCK_REASONS: ReadonlySet<string> = new Set([
  'inconclusive',
  'duplicate',
  'prev-blk-not-found',
  'time-too-new',
  'time-too-old',
]);

interface Owed {
  readonly share: FoundShare;
  readonly pool: number;
  /** Time in which the pool could have delivered it. */
  servedMs: number;
}

export interface SolutionTotals {
  /** Block-level headers that a pool received. */
  owed: number;
  delivered: number;
  /** The pool died with them. */
  lostWithPool: number;
  accepted: number;
  refused: Record<string, number>;
}

/** Every header that is a block and that a pool was sent has to reach a template provider. */
export class SolutionWatch {
  readonly totals: SolutionTotals = { owed: 0, delivered: 0, lostWithPool: 0, accepted: 0, refused: {} };
  readonly #invariants: Invariants;
  readonly #owed = new Map<string, Owed>();
  readonly #delivered = new Set<string>();

  constructor(invariants: Invariants) {
    this.#invariants = invariants;
  }

  get owed(): number {
    return this.#owed.size;
  }

  /** A pool has received a share that is a block. */
  received(pool: number, share: FoundShare): void {
    const key = keyOf(share.version, share.ntime, share.nonce);
    if (this.#owed.has(key) || this.#delivered.has(key)) return;
    this.totals.owed++;
    this.#owed.set(key, { share, pool, servedMs: 0 });
  }

  /** A provider has received a SubmitSolution. */
  submitted(solution: SubmitSolution): void {
    const key = keyOf(solution.version, solution.headerTimestamp, solution.headerNonce);
    this.#delivered.add(key);
    if (this.#owed.delete(key)) this.totals.delivered++;
  }

  /** A node has judged a block of a pool. */
  judged(reason: string | undefined): void {
    if (reason === undefined) this.totals.accepted++;
    else this.totals.refused[reason] = (this.totals.refused[reason] ?? 0) + 1;
    this.#invariants.check(
      'solutions-delivered',
      reason === undefined || HONEST_BLOCK_REASONS.has(reason),
      () => `a node refused a pool's block: ${reason}`,
    );
  }

  poolDied(pool: number): void {
    for (const [key, owed] of this.#owed) {
      if (owed.pool !== pool) continue;
      this.#owed.delete(key);
      this.totals.lostWithPool++;
    }
  }

  /** To be called regularly: `elapsedMs` have passed, and these pools were served by a provider all the time. */
  wait(elapsedMs: number, isServed: (pool: number) => boolean): void {
    for (const owed of this.#owed.values()) {
      owed.servedMs = isServed(owed.pool) ? owed.servedMs + elapsedMs : 0;
      this.#invariants.check(
        'solutions-delivered',
        owed.servedMs <= DELIVERY_MS,
        () =>
          `pool ${owed.pool} got a block (share ${owed.share.sequenceNumber} of channel ${owed.share.channelId}) and never gave it to its provider`,
      );
    }
  }
}

function keyOf(version: number, ntime: number, nonce: number): string {
  return `${version}:${ntime}:${nonce}`;
}
