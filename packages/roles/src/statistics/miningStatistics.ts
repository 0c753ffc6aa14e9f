import { ShareTally } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { MiningEvent } from '../miningServer/events.ts';
import type { ConnectionId } from '../output.ts';
import type { PoolEvent } from '../pool/poolEvent.ts';
import { accountOf } from './account.ts';
import { type Account, AccountBook, type AccountLimits } from './accountBook.ts';

/** Limits of {@link MiningStatistics} where it is given no others. */
export const DEFAULT_ACCOUNT_LIMITS: AccountLimits = {
  maxIdleAccounts: 10_000,
  maxWorkersPerAccount: 1_000,
  maxWorkers: 50_000,
};

/** What a mining server tells of its channels, and a pool of its blocks. Other events may be handed in and change nothing. */
export type StatisticsEvent = MiningEvent | PoolEvent;

type EventOf<Type extends StatisticsEvent['type']> = Extract<StatisticsEvent, { type: Type }>;

/** Texts in it are the client's own words: escape them before they are shown. */
export interface ClientStatistics {
  readonly connection: ConnectionId;
  readonly address: string | undefined;
  readonly vendor: string;
  readonly hardwareVersion: string;
  readonly channels: ReadonlyMap<number, ChannelStatistics>;
}

/** An open channel as monitoring shows it. Targets are 32 bytes in wire order. */
export interface ChannelStatistics {
  readonly channelId: number;
  readonly kind: 'standard' | 'extended';
  readonly userIdentity: string;
  readonly account: string;
  readonly extranoncePrefix: Uint8Array;
  /** Bytes the downstream rolls; 0 for a standard channel. */
  readonly extranonceSize: number;
  /** The easiest target that the client takes. */
  readonly maxTarget: Uint8Array;
  readonly tally: ShareTally;
  /** Hashes per second, as the client claims. */
  readonly nominalHashrate: number;
  readonly target: Uint8Array;
  readonly lastSequenceNumber: number;
  /** Shares of the newest acknowledgement, and what it said their difficulties sum up to. */
  readonly lastBatch: { readonly shares: number; readonly difficultySum: bigint };
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
type KnownChannel = Writable<ChannelStatistics> & { readonly accountTally: ShareTally; readonly worker?: string };
type KnownClient = Omit<ClientStatistics, 'channels'> & { readonly channels: Map<number, KnownChannel> };

/**
 * Accounting for people who ask: per channel, worker, account and server. It is fed the event stream, holds nothing that decides
 * about credit, and every part of it that a client's names could grow is bounded.
 */
export class MiningStatistics {
  /** Since the start, closed channels included. */
  readonly total: ShareTally;
  readonly startedMs: number;
  readonly #clients = new Map<ConnectionId, KnownClient>();
  readonly #book: AccountBook;

  constructor(now: Now, limits: Partial<AccountLimits> = {}) {
    this.startedMs = now.monotonicMs;
    this.total = new ShareTally(now.monotonicMs);
    this.#book = new AccountBook({ ...DEFAULT_ACCOUNT_LIMITS, ...limits });
  }

  /** By connection, oldest first. */
  get clients(): ReadonlyMap<ConnectionId, ClientStatistics> {
    return this.#clients;
  }

  get accounts(): ReadonlyMap<string, Account> {
    return this.#book.accounts;
  }

  observe(event: StatisticsEvent, { monotonicMs }: Now): void {
    switch (event.type) {
      case 'connected': {
        const { connection, address, vendor, hardwareVersion } = event;
        this.#clients.set(connection, { connection, address, vendor, hardwareVersion, channels: new Map() });
        return;
      }
      case 'disconnected':
        this.#clients.delete(event.connection);
        return;
      case 'channelOpened':
        this.#opened(event, monotonicMs);
        return;
      case 'channelClosed': {
        const channels = this.#clients.get(event.connection)?.channels;
        const closed = channels?.get(event.channelId);
        channels?.delete(event.channelId);
        if (closed !== undefined) this.#book.leave(closed.account);
        return;
      }
      case 'channelUpdated': {
        const channel = this.#channel(event);
        if (channel === undefined) return;
        channel.nominalHashrate = event.nominalHashrate;
        channel.maxTarget = event.maxTarget;
        return;
      }
      case 'target': {
        const channel = this.#channel(event);
        if (channel === undefined) return;
        channel.target = event.target;
        channel.nominalHashrate = event.nominalHashrate;
        return;
      }
      case 'share': {
        const channel = this.#channel(event);
        if (channel !== undefined) channel.lastSequenceNumber = event.sequenceNumber;
        for (const tally of this.#tallies(channel, event.worker, monotonicMs)) tally.accept(event, monotonicMs);
        return;
      }
      case 'shareRejected':
        for (const tally of this.#tallies(this.#channel(event), event.worker, monotonicMs))
          tally.reject(event.errorCode);
        return;
      case 'acknowledged': {
        const channel = this.#channel(event);
        if (channel !== undefined) channel.lastBatch = { shares: event.shares, difficultySum: event.difficultySum };
        return;
      }
      case 'block': {
        const { foundBy } = event;
        for (const tally of this.#tallies(this.#channel(foundBy), foundBy.worker, monotonicMs)) tally.found();
        return;
      }
    }
  }

  #opened(event: EventOf<'channelOpened'>, nowMs: number): void {
    const { connection, channelId, kind, userIdentity, extranoncePrefix, extranonceSize } = event;
    const { account, worker } = accountOf(userIdentity);
    const { tally: accountTally } = this.#book.enter(account, nowMs);
    this.#clients.get(connection)?.channels.set(channelId, {
      channelId,
      kind,
      userIdentity,
      account,
      ...(worker !== undefined && { worker }),
      accountTally,
      extranoncePrefix,
      extranonceSize,
      maxTarget: event.maxTarget,
      tally: new ShareTally(nowMs),
      nominalHashrate: event.nominalHashrate,
      target: event.target,
      lastSequenceNumber: 0,
      lastBatch: { shares: 0, difficultySum: 0n },
    });
  }

  #channel({ connection, channelId }: { connection: ConnectionId; channelId: number }): KnownChannel | undefined {
    return this.#clients.get(connection)?.channels.get(channelId);
  }

  /** All that a share counts for; the name in its TLV goes before the one in the channel's identity. */
  #tallies(channel: KnownChannel | undefined, named: string | undefined, nowMs: number): readonly ShareTally[] {
    if (channel === undefined) return [this.total];
    const worker = named ?? channel.worker;
    const tally = worker === undefined ? undefined : this.#book.worker(channel.account, worker, nowMs);
    const common = [this.total, channel.accountTally, channel.tally];
    return tally === undefined ? common : [...common, tally];
  }
}
