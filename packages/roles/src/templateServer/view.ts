import type { ConnectionId } from '../output.ts';
import type { CoinbaseConstraints } from './fitTemplate.ts';
import type { Work } from './work.ts';
import { WorkStore, type WorkStoreLimits } from './workStore.ts';

/** The templates of all clients with the same constraints: made once, encoded once. */
export class View {
  readonly constraints: CoinbaseConstraints;
  readonly store: WorkStore;
  readonly clients = new Set<ConnectionId>();
  /** What the clients are working on. */
  current: Work | undefined;
  sentAtMs = 0;

  constructor(constraints: CoinbaseConstraints, limits: WorkStoreLimits) {
    this.constraints = constraints;
    this.store = new WorkStore(limits);
  }

  give(work: Work, monotonicMs: number): void {
    this.current = work;
    this.sentAtMs = monotonicMs;
    this.store.add(work);
  }
}

export function viewKey({ maxAdditionalSize, maxAdditionalSigops }: CoinbaseConstraints): string {
  return `${maxAdditionalSize}:${maxAdditionalSigops}`;
}
