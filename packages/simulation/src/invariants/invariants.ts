import type { World } from '../core/world.ts';

/** What must hold at every moment of every run, by name. */
export const INVARIANTS = {
  'acknowledged-in-ledger': 'every acknowledged share is in the ledger exactly once, after any crash',
  'credited-valid': 'nothing is credited that was not valid',
  'credited-once': 'no header is credited twice, across channels, jobs, reconnects and restarts',
  'work-adds-up': 'credited work equals the work done, and that equals the hashes spent to within statistics',
  'relayed-work-adds-up':
    'work credited by pools equals what relays handed on and had acknowledged; the rest they count themselves',
  'true-answers-counted':
    'no share of an SV1 miner is answered true that neither a pool nor the translator counts or accounts for',
  'search-spaces-disjoint': 'no two channels ever search the same space',
  'no-stale-jobs': 'no job on a stale tip after its SetNewPrevHash',
  'job-ids-unique': 'job ids are never reused while valid',
  'future-jobs-only': 'SetNewPrevHash names only a job that was sent as future',
  'solutions-delivered': 'every block-level header reaches the template provider, at the latest after its return',
  'within-limits': 'queues, maps and channels stay within their named limits',
  'neighbours-unharmed': 'a faulty peer changes nothing for its neighbours',
  'work-in-time': 'every device has work within a stated time after any fault ends',
  'machines-hold': 'no machine throws, whatever comes',
} as const;

/** An invariant by its name; {@link INVARIANTS} says what it demands. */
export type InvariantName = keyof typeof INVARIANTS;

/** The first failure of a check: it ends the run. */
export interface Violation {
  readonly invariant: InvariantName;
  /** Virtual time since the start of the run. */
  readonly atMs: number;
  readonly detail: string;
}

/** Counts every check and keeps the first failure, which ends the run. */
export class Invariants {
  readonly #world: World;
  readonly #checks = Object.fromEntries(Object.keys(INVARIANTS).map((name) => [name, 0])) as Record<
    InvariantName,
    number
  >;
  #violation: Violation | undefined;

  constructor(world: World) {
    this.#world = world;
  }

  get violation(): Violation | undefined {
    return this.#violation;
  }

  get checks(): Readonly<Record<InvariantName, number>> {
    return this.#checks;
  }

  /** `detail` is asked for only when the check fails. */
  check(invariant: InvariantName, holds: boolean, detail: () => string): void {
    this.#checks[invariant]++;
    if (holds || this.#violation !== undefined) return;
    this.#violation = { invariant, atMs: this.#world.nowMs, detail: detail() };
    this.#world.stop();
  }
}
