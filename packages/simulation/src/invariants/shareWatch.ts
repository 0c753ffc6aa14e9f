import type { ShareBatch } from '@stratumkit/channels';
import type { MiningMessage } from '@stratumkit/messages';
import type { PoolEvent, TranslatorEvent } from '@stratumkit/roles';
import type { ConnectionBook } from './connectionBook.ts';
import {
  type Accepted,
  abandonOrigins,
  explain,
  type FoundShare,
  type Header,
  headerKey,
  lastOf,
} from './foundShare.ts';
import type { Invariants } from './invariants.ts';
import { KeySet } from './keySet.ts';
import { type HashKey, hashKey, isWorth } from './keys.ts';
import type { MinerBook } from './minerBook.ts';
import { RelayWatch } from './relayWatch.ts';
import { ServerBook, type ServerView } from './serverBook.ts';

type ShareEvent = Extract<PoolEvent, { type: 'share' }>;
type TranslatedEvent = Extract<TranslatorEvent, { type: 'share' }>;
type RejectedEvent = Extract<PoolEvent, { type: 'shareRejected' }>;

export interface ShareTotals {
  found: number;
  credited: number;
  acknowledged: number;
  /** Handed on by relays, one for each hop. */
  forwarded: number;
  /** By relays themselves. */
  counted: number;
  /** Sent and never answered, because the connection or the pool was lost. */
  unknown: number;
  /** Given up by the device itself: the work had changed. */
  dropped: number;
  /** Accepted, but the ledger's disk failed. */
  abandoned: number;
  /** Of honest devices. */
  foundWork: bigint;
  /** Of shares that were not left to chance. */
  extraWork: bigint;
  creditedWork: bigint;
  readonly rejected: Record<string, number>;
}

/** Follows every share of every device from the find to the ledger and the acknowledgement. */
export class ShareWatch {
  readonly totals: ShareTotals = {
    found: 0,
    credited: 0,
    acknowledged: 0,
    forwarded: 0,
    counted: 0,
    unknown: 0,
    dropped: 0,
    abandoned: 0,
    foundWork: 0n,
    extraWork: 0n,
    creditedWork: 0n,
    rejected: {},
  };
  readonly relays: RelayWatch;
  readonly #invariants: Invariants;
  /** Shares that are not credited and may still be. */
  readonly #open = new Map<HashKey, FoundShare>();
  /** The same by what a relay leaves as it is; filled where there are relays. */
  readonly #headers = new Map<number, FoundShare>();
  readonly #hasRelays: boolean;
  readonly #credited = new KeySet();
  readonly #servers = new Map<number, ServerBook>();

  constructor(invariants: Invariants, hasRelays: boolean) {
    this.#invariants = invariants;
    this.#hasRelays = hasRelays;
    this.relays = new RelayWatch(invariants);
  }

  /** Shares that are neither credited nor given up. */
  get openShares(): number {
    return this.#open.size;
  }

  found(share: FoundShare): void {
    this.totals.found++;
    if (share.isHonest) this.totals.foundWork += share.work;
    this.#open.set(share.key, share);
    if (this.#hasRelays) this.#headers.set(headerKey(share), share);
  }

  /** The share that has this header, as it was last sent. */
  byHeader(header: Header): FoundShare | undefined {
    return this.#headers.get(headerKey(header));
  }

  /** A relay hands a share on. */
  forwarded(share: FoundShare): void {
    this.#open.set(share.key, share);
    this.#headers.set(headerKey(share), share);
    if (share.origin !== undefined) share.origin.next = share;
    this.totals.forwarded++;
  }

  /** A relay has accepted a share, which it handed on or counts itself. */
  counted(relay: number, event: ShareEvent, book: ConnectionBook | undefined): void {
    const relayBook = this.#server(relay);
    relayBook.counter(event.connection, event.channelId).durable++;
    const key = hashKey(event.hash);
    const share = book?.share(event.channelId, event.sequenceNumber);
    const isKnown = share?.key === key;
    const name = (): string => `share ${event.sequenceNumber} of channel ${event.channelId} (${event.userIdentity})`;
    this.#invariants.check('credited-once', relayBook.counted.add(key), () => `${name()} was counted a second time`);
    this.#invariants.check(
      'credited-valid',
      isKnown ? share.work === event.work || book?.client.isRelay === true : book?.isHonest !== true,
      () => `${name()} was counted with a work of ${event.work}, but nobody found it for that`,
    );
    this.#invariants.check(
      'credited-valid',
      isWorth(event.hash, event.work),
      () => `${name()} is not worth its credit`,
    );
    if (!isKnown) return;
    if (share.next === undefined) {
      share.isCounted = true;
      this.totals.counted++;
      this.#drop(share);
    } else if (book?.isHonest === true)
      this.#invariants.check(
        'relayed-work-adds-up',
        share.next.state === 'acknowledged',
        () => `${name()} was counted although the upstream's answer is: ${share.next?.state}`,
      );
    if (share.state === 'sent') share.state = 'accepted';
  }

  /** A translator answers a share with `true`: it has handed it on, or counts it itself. */
  translated(relay: number, event: TranslatedEvent, book: MinerBook | undefined): void {
    const { counted } = this.#server(relay);
    const key = hashKey(event.hash);
    let share = this.#open.get(key);
    while (share?.origin !== undefined) share = share.origin;
    const name = (): string => `a share of ${event.workerName}`;
    this.#invariants.check('credited-once', counted.add(key), () => `${name()} was counted a second time`);
    this.#invariants.check(
      'credited-valid',
      share !== undefined && (book?.isExact !== true || share.work === event.work) && isWorth(event.hash, event.work),
      () => `${name()} was counted with a work of ${event.work}, it was found for ${share?.work}`,
    );
    if (share === undefined || event.forwarded) return;
    share.isCounted = true;
    this.totals.counted++;
    this.#drop(share);
  }

  /** A miner was told `true`. What was handed on is followed further; its translator has to account for it. */
  answeredTrue(share: FoundShare | undefined, miner: string): void {
    if (share === undefined) return;
    this.#invariants.check(
      'true-answers-counted',
      share.isCounted || share.next !== undefined,
      () => `share ${share.sequenceNumber} of ${miner} was answered true and neither handed on nor counted`,
    );
    if (share.state === 'sent' || share.state === 'accepted') share.state = 'acknowledged';
    this.totals.acknowledged++;
  }

  /** A miner was told an error. */
  refused(share: FoundShare): void {
    share.state = 'rejected';
    if (share.next === undefined) this.#drop(share);
  }

  /** A miner's connection is gone. */
  minerLost(unanswered: Iterable<FoundShare>): void {
    for (const share of unanswered) {
      this.totals.unknown++;
      if (share.state === 'sent') share.state = 'unknown';
    }
  }

  /** A pool has accepted a share. `isMined`: whether its template belongs to this tip, and that is still mined on. */
  accepted(
    pool: number,
    event: ShareEvent,
    book: ConnectionBook | undefined,
    isMined: (tip: HashKey) => boolean,
  ): void {
    const key = hashKey(event.hash);
    const share = this.#open.get(key);
    const name = (): string => `share ${event.sequenceNumber} of channel ${event.channelId} (${event.userIdentity})`;
    const poolBook = this.#server(pool);
    const isKnown = this.#credited.has(key) || share?.accepted?.server === poolBook || poolBook.accepted.has(key);
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
        (share.work === event.work || share.origin !== undefined) && isMined(share.tip),
        () => `${name()} was accepted for a work of ${event.work} (found for ${share.work}), or its tip is gone`,
      );
      if (share.origin !== undefined) {
        share.work = event.work;
        this.#invariants.check(
          'credited-valid',
          isWorth(event.hash, event.work),
          () => `${name()} is not worth its credit`,
        );
      }
      if (share.state === 'sent') share.state = 'accepted';
    }
    const counter = poolBook.counter(event.connection, event.channelId);
    const accepted: Accepted = { server: poolBook, work: event.work, counter };
    if (share === undefined) poolBook.accepted.set(key, accepted);
    else share.accepted = accepted;
  }

  /** A pool or relay has refused a share. */
  rejected(
    event: RejectedEvent,
    book: ConnectionBook | undefined,
    { tip, switchedMs, openChannels, tipsTold, isMoving }: ServerView,
  ): void {
    const { rejected } = this.totals;
    rejected[event.errorCode] = (rejected[event.errorCode] ?? 0) + 1;
    if (book?.isHonest !== true) return;
    const share = book.share(event.channelId, event.sequenceNumber);
    if (share !== undefined) share.isRefused = true;
    // The server has closed the channel while the share was on the way; a relay does that with single ones.
    const isClosed =
      event.errorCode === 'invalid-channel-id' && (openChannels === 0 || !book.channels.has(event.channelId));
    this.#invariants.check(
      'neighbours-unharmed',
      isClosed ||
        // The tip changed, or was told again, while the share was on the way; or an upstream refused it for that.
        (share !== undefined &&
          event.errorCode === 'stale-share' &&
          (share.tip !== tip ||
            share.tipsHeard < tipsTold ||
            share.tipReceivedMs <= switchedMs ||
            isMoving ||
            share.next?.state === 'rejected')),
      () =>
        `share ${event.sequenceNumber} (job ${event.jobId}) of ${event.userIdentity} was refused: ${event.errorCode}; ${explain(share)}`,
    );
  }

  /** The ledger's disk has it. */
  durable(pool: number, batch: ShareBatch): void {
    const poolBook = this.#server(pool);
    for (const record of batch.shares) {
      const key = hashKey(record.hash);
      const name = (): string => `share ${record.sequenceNumber} of ${record.userIdentity}`;
      this.#invariants.check('credited-once', this.#credited.add(key), () => `${name()} is in the ledger twice`);
      this.totals.credited++;
      this.totals.creditedWork += record.work;
      const share = this.#open.get(key);
      const accepted = share?.accepted?.server === poolBook ? share.accepted : poolBook.accepted.get(key);
      this.#invariants.check(
        'credited-valid',
        accepted?.work === record.work,
        () => `the ledger got ${name()}, which no pool accepted`,
      );
      if (share?.accepted === undefined) poolBook.accepted.delete(key);
      if (accepted !== undefined) accepted.counter.durable++;
      if (share === undefined) continue;
      this.#drop(share);
      if (share.state !== 'unknown') share.state = 'durable';
      if (share.origin !== undefined) this.relays.credited(share, record.work);
    }
  }

  /** The ledger has given a batch up: its shares are never acknowledged. */
  abandoned(pool: number, batch: ShareBatch): void {
    const poolBook = this.#server(pool);
    for (const record of batch.shares) {
      const key = hashKey(record.hash);
      this.totals.abandoned++;
      poolBook.accepted.delete(key);
      const share = this.#open.get(key);
      if (share === undefined) continue;
      share.accepted = undefined;
      share.state = 'abandoned';
      abandonOrigins(share);
    }
  }

  /** A pool or relay sends SubmitShares.Success. */
  acknowledging(pool: number, connection: number, channelId: number, count: number): void {
    const counter = this.#server(pool).counter(connection, channelId);
    counter.acknowledged += count;
    this.#invariants.check(
      'acknowledged-in-ledger',
      counter.acknowledged <= counter.durable,
      () =>
        `server ${pool} acknowledges ${counter.acknowledged} shares of channel ${channelId}, its ledger has ${counter.durable}`,
    );
  }

  /** An answer has arrived at a client. */
  answered(message: MiningMessage, shares: readonly FoundShare[], { server }: ConnectionBook): void {
    for (const share of shares) {
      if (message.name === 'SubmitShares.Error') {
        share.state = 'rejected';
        // A hostile client sends others under the same number: this one may still come.
        if (share.isHonest) this.#drop(share);
        continue;
      }
      this.#invariants.check(
        'acknowledged-in-ledger',
        // A hostile client that mixes its shares up cannot tell which of them an answer means.
        !share.isHonest || this.#credited.has(share.key) || (server.isRelay && lastOf(share).isCounted),
        () => `share ${share.sequenceNumber} of channel ${share.channelId} was acknowledged and is not in the ledger`,
      );
      share.state = 'acknowledged';
      if (share.origin === undefined) this.totals.acknowledged++;
      else this.relays.acknowledged(share, this.#credited.has(share.key));
    }
  }

  /** The client's connection is gone: what was not answered is in doubt. It may be in the ledger all the same. */
  connectionLost(book: ConnectionBook): void {
    for (const share of book.unanswered()) {
      if (share.origin === undefined) this.totals.unknown++;
      this.givenUp(share);
      if (share.state === 'sent' || share.state === 'accepted') share.state = 'unknown';
    }
  }

  /** No answer will come for it. */
  readonly givenUp = (share: FoundShare): void => {
    if (share.origin === undefined) return;
    this.relays.unknown(share, this.#credited.has(share.key));
    abandonOrigins(share);
  };

  readonly isCredited = (share: FoundShare): boolean => this.#credited.has(share.key);

  serverLostConnection(pool: number, connection: number): void {
    this.#server(pool).counters.delete(connection);
  }

  /** A pool or relay has died; what a pool's disk has kept was reported before. */
  serverDied(server: number): void {
    this.#servers.delete(server);
  }

  /** Shares that were given up and are so old that no pool can have them. */
  forget(foundBeforeMs: number): void {
    for (const share of this.#open.values()) {
      if (share.foundMs >= foundBeforeMs) return;
      if (share.state === 'unknown' || share.state === 'abandoned' || !share.isHonest) this.#drop(share);
    }
  }

  #drop(share: FoundShare): void {
    if (this.#open.get(share.key) === share) this.#open.delete(share.key);
    if (this.#hasRelays && this.byHeader(share) === share) this.#headers.delete(headerKey(share));
  }

  #server(server: number): ServerBook {
    let book = this.#servers.get(server);
    if (book === undefined) {
      book = new ServerBook();
      this.#servers.set(server, book);
    }
    return book;
  }
}
