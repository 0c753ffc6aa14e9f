import type { FoundShare } from './foundShare.ts';
import type { Invariants } from './invariants.ts';

interface RelayBook {
  /** Work that pools have in their ledgers, of shares that this relay handed on. */
  credited: bigint;
  /** Of those, what came back as acknowledged, and what was in flight when a connection was lost. */
  acknowledged: bigint;
  unknown: bigint;
}

/** Whether what relays handed on, had acknowledged or lost sight of is what pools have credited. */
export class RelayWatch {
  readonly #invariants: Invariants;
  readonly #books = new Map<number, RelayBook>();
  /** Credited later, if at all. */
  readonly #unknown = new WeakSet<FoundShare>();

  constructor(invariants: Invariants) {
    this.#invariants = invariants;
  }

  /** A pool has it in its ledger; every relay on its way was part of that. */
  credited(share: FoundShare, work: bigint): void {
    for (let each: FoundShare | undefined = share; each?.origin !== undefined; each = each.origin) {
      const book = this.#book(each.device);
      each.work = work;
      book.credited += work;
      if (this.#unknown.has(each)) book.unknown += work;
    }
  }

  /** The relay's upstream has acknowledged it; `isCredited`: a pool, not another relay, has counted it. */
  acknowledged(share: FoundShare, isCredited: boolean): void {
    if (isCredited) this.#book(share.device).acknowledged += share.work;
  }

  /** The relay's connection is gone. */
  unknown(share: FoundShare, isCredited: boolean): void {
    if (isCredited) this.#book(share.device).unknown += share.work;
    else this.#unknown.add(share);
  }

  /** `inFlight` are the shares that the relay has sent and that are not answered. */
  check(relay: number, name: string, inFlight: Iterable<FoundShare>, isCredited: (share: FoundShare) => boolean): void {
    const { credited, acknowledged, unknown } = this.#book(relay);
    let sum = acknowledged + unknown;
    for (const share of inFlight) if (isCredited(share)) sum += share.work;
    this.#invariants.check(
      'relayed-work-adds-up',
      credited === sum,
      () =>
        `pools credited a work of ${credited} through ${name}, which had ${acknowledged} acknowledged and ${unknown} in flight when connections were lost`,
    );
  }

  #book(relay: number): RelayBook {
    let book = this.#books.get(relay);
    if (book === undefined) {
      book = { credited: 0n, acknowledged: 0n, unknown: 0n };
      this.#books.set(relay, book);
    }
    return book;
  }
}
