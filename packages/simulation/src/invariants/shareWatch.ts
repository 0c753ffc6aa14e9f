import type { ShareBatch } from '@stratumkit/channels';
import type { MiningMessage } from '@stratumkit/messages';
import type { PoolEvent } from '@stratumkit/roles';
import type { ConnectionBook, FoundShare } from './connectionBook.ts';
import type { Invariants } from './invariants.ts';
import { KeySet } from './keySet.ts';
import { type HashKey, hashKey } from './keys.ts';
import type { TipWatch } from './tipWatch.ts';

type ShareEvent = Extract<PoolEvent, { type: 'share' }>;
type RejectedEvent = Extract<PoolEvent, { type: 'shareRejected' }>;

export interface ShareTotals {
  found: number;
  credited: number;
  acknowledged: number;
  /** Sent and never answered, because the connection or the pool was lost. */
  unknown: number;
  /** Given up by the device itself: the work had changed. */
  dropped: number;
  /** Accepted, but the ledger's disk failed. */
  abandoned: number;
  /** Of honest devices. */
  foundWork: bigint;
  foundWorkSquared: number;
  /** Of shares that were not left to chance. */
  extraWork: bigint;
  creditedWork: bigint;
  readonly rejected: Record<string, number>;
}

/** Shares of one channel of one connection that are durable, and those that were acknowledged. */
interface Counter {
  durable: number;
  acknowledged: number;
}

/** What a pool has accepted and its ledger has not written. */
interface Accepted {
  readonly work: bigint;
  readonly counter: Counter;
}

/** What a running pool owes. */
class PoolBook {
  readonly accepted = new Map<HashKey, Accepted>();
  /** By connection, by channel. */
  readonly counters = new Map<number, Map<number, Counter>>();

  counter(connection: number, channelId: number): Counter {
    let channels = this.counters.get(connection);
    if (channels === undefined) {
      channels = new Map();
      this.counters.set(connection, channels);
    }
    let counter = channels.get(channelId);
    if (counter === undefined) {
      counter = { durable: 0, acknowledged: 0 };
      channels.set(channelId, counter);
    }
    return counter;
  }
}

/** Follows every share of every device from the find to the ledger and the acknowledgement. */
export class ShareWatch {
  readonly totals: ShareTotals = {
    found: 0,
    credited: 0,
    acknowledged: 0,
    unknown: 0,
    dropped: 0,
    abandoned: 0,
    foundWork: 0n,
    foundWorkSquared: 0,
    extraWork: 0n,
    creditedWork: 0n,
    rejected: {},
  };
  readonly #invariants: Invariants;
  /** Shares that are not credited and may still be. */
  readonly #open = new Map<HashKey, FoundShare>();
  readonly #credited = new KeySet();
  readonly #pools = new Map<number, PoolBook>();

  constructor(invariants: Invariants) {
    this.#invariants = invariants;
  }

  /** Shares that are neither credited nor given up. */
  get openShares(): number {
    return this.#open.size;
  }

  found(share: FoundShare): void {
    this.totals.found++;
    if (share.isHonest) {
      this.totals.foundWork += share.work;
      this.totals.foundWorkSquared += Number(share.work) * Number(share.work);
    }
    this.#open.set(share.key, share);
  }

  /** A pool has accepted a share. `templateIsCurrent`: the share's template is one of the pool's present tip. */
  accepted(
    pool: number,
    event: ShareEvent,
    book: ConnectionBook | undefined,
    tip: HashKey,
    templateIsCurrent: boolean,
  ): void {
    const key = hashKey(event.hash);
    const share = this.#open.get(key);
    const name = (): string => `share ${event.sequenceNumber} of channel ${event.channelId} (${event.userIdentity})`;
    const poolBook = this.#pool(pool);
    const isKnown = this.#credited.has(key) || poolBook.accepted.has(key);
    this.#invariants.check('credited-once', !isKnown, () => `${name()} was accepted a second time`);
    // A hostile client may find a share of its own by chance; its hash still has to be worth what it is credited with.
    this.#invariants.check(
      'credited-valid',
      share !== undefined || (book?.isHonest === false && isWorth(event.hash, event.work)),
      () => `${name()} was accepted, but nobody found it, or its hash is not worth ${event.work}`,
    );
    if (share !== undefined) {
      this.#invariants.check(
        'credited-valid',
        share.work === event.work && share.tip === tip && templateIsCurrent,
        () => `${name()} was accepted for a work of ${event.work} (found for ${share.work}), or its tip is gone`,
      );
      if (share.state === 'sent') share.state = 'accepted';
    }
    poolBook.accepted.set(key, { work: event.work, counter: poolBook.counter(event.connection, event.channelId) });
  }

  /** `openChannels`: how many the pool has told for the connection; none while it turns everybody away. */
  rejected(event: RejectedEvent, book: ConnectionBook | undefined, tips: TipWatch, openChannels: number): void {
    const { rejected } = this.totals;
    rejected[event.errorCode] = (rejected[event.errorCode] ?? 0) + 1;
    if (book?.isHonest !== true) return;
    const share = book.share(event.channelId, event.sequenceNumber);
    this.#invariants.check(
      'neighbours-unharmed',
      share !== undefined &&
        // The tip changed, or the target on it, while the share was on the way; or the pool has closed the channel meanwhile.
        ((event.errorCode === 'stale-share' && (share.tip !== tips.tip || share.tipReceivedMs <= tips.activatedMs)) ||
          (event.errorCode === 'invalid-channel-id' && openChannels === 0)),
      () =>
        `share ${event.sequenceNumber} (job ${event.jobId}) of ${event.userIdentity} was refused: ${event.errorCode}`,
    );
  }

  /** The ledger's disk has it. */
  durable(pool: number, batch: ShareBatch): void {
    const poolBook = this.#pool(pool);
    for (const record of batch.shares) {
      const key = hashKey(record.hash);
      const name = (): string => `share ${record.sequenceNumber} of ${record.userIdentity}`;
      this.#invariants.check('credited-once', !this.#credited.has(key), () => `${name()} is in the ledger twice`);
      this.#credited.add(key);
      this.totals.credited++;
      this.totals.creditedWork += record.work;
      const accepted = poolBook.accepted.get(key);
      this.#invariants.check(
        'credited-valid',
        accepted?.work === record.work,
        () => `the ledger got ${name()}, which no pool accepted`,
      );
      poolBook.accepted.delete(key);
      if (accepted !== undefined) accepted.counter.durable++;
      const share = this.#open.get(key);
      if (share === undefined) continue;
      this.#open.delete(key);
      if (share.state !== 'unknown') share.state = 'durable';
    }
  }

  /** The ledger has given a batch up: its shares are never acknowledged. */
  abandoned(pool: number, batch: ShareBatch): void {
    const poolBook = this.#pool(pool);
    for (const record of batch.shares) {
      const key = hashKey(record.hash);
      this.totals.abandoned++;
      poolBook.accepted.delete(key);
      const share = this.#open.get(key);
      if (share !== undefined) share.state = 'abandoned';
    }
  }

  /** A pool sends SubmitShares.Success. */
  acknowledging(pool: number, connection: number, channelId: number, count: number): void {
    const counter = this.#pool(pool).counter(connection, channelId);
    counter.acknowledged += count;
    this.#invariants.check(
      'acknowledged-in-ledger',
      counter.acknowledged <= counter.durable,
      () =>
        `pool ${pool} acknowledges ${counter.acknowledged} shares of channel ${channelId}, its ledger has ${counter.durable}`,
    );
  }

  /** An answer has arrived at a client. */
  answered(message: MiningMessage, shares: readonly FoundShare[]): void {
    for (const share of shares) {
      if (message.name === 'SubmitShares.Error') {
        share.state = 'rejected';
        this.#open.delete(share.key);
        continue;
      }
      this.#invariants.check(
        'acknowledged-in-ledger',
        // A hostile client that mixes its shares up cannot tell which of them an answer means.
        !share.isHonest || this.#credited.has(share.key),
        () => `share ${share.sequenceNumber} of channel ${share.channelId} was acknowledged and is not in the ledger`,
      );
      share.state = 'acknowledged';
      this.totals.acknowledged++;
    }
  }

  /** The client's connection is gone: what was not answered is in doubt. It may be in the ledger all the same. */
  connectionLost(book: ConnectionBook): void {
    for (const share of book.unanswered()) {
      this.totals.unknown++;
      if (share.state === 'sent' || share.state === 'accepted') share.state = 'unknown';
    }
  }

  poolLostConnection(pool: number, connection: number): void {
    this.#pool(pool).counters.delete(connection);
  }

  /** A pool has died; what its disk has kept was reported before. */
  poolDied(pool: number): void {
    this.#pools.delete(pool);
  }

  /** Shares that were given up and are so old that no pool can have them. */
  forget(foundBeforeMs: number): void {
    for (const [key, share] of this.#open) {
      if (share.foundMs >= foundBeforeMs) return;
      if (share.state === 'unknown' || share.state === 'abandoned') this.#open.delete(key);
    }
  }

  #pool(pool: number): PoolBook {
    let book = this.#pools.get(pool);
    if (book === undefined) {
      book = new PoolBook();
      this.#pools.set(pool, book);
    }
    return book;
  }
}

/** Whether a hash is at or below a target of this work: work = floor(2^256 / (target + 1)). */
function isWorth(hash: Uint8Array, work: bigint): boolean {
  const view = new DataView(hash.buffer, hash.byteOffset, hash.byteLength);
  const top = (view.getBigUint64(24, true) << 64n) | view.getBigUint64(16, true);
  return top * work <= 1n << 128n;
}
