import {
  compareTargets,
  hashrateFromTarget,
  meetsTarget,
  targetFromDifficulty,
  workFromTarget,
} from '@stratumkit/bitcoin';
import { type AcceptedShare, type ExtendedChannel, type ExtranonceLease, Vardiff } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { PendingCall, ServerSession } from '@stratumkit/sv1';
import { type ToldDifficulty, toldDifficulty } from '@stratumkit/translation';
import type { ConnectionId } from '../output.ts';
import type { MinerDifficultyOptions } from './translatorTypes.ts';
import type { WorkSource } from './workSource.ts';

/** What a session keeps when its miner goes, so that it can go on. */
export interface MinerSpace {
  readonly sessionId: string;
  readonly lease: ExtranonceLease;
  readonly channel: ExtendedChannel;
}

/** Shares of one miner since it connected. */
export interface MinerTotals {
  accepted: number;
  forwarded: number;
  refused: number;
  upstreamAccepted: number;
  upstreamRefused: number;
  blocks: number;
  /** Expected hashes behind the accepted shares. */
  work: bigint;
}

const MAX_HASHRATE = 1e24;
/** A miner may be so much slower than it is taken for at first. */
const SLOWEST_FACTOR = 2 ** 20;
const EASIEST_TARGET = new Uint8Array(32).fill(0xff);

/** One SV1 connection: its session, its part of the extranonce space, its difficulty. */
export class Miner {
  readonly connection: ConnectionId;
  readonly address: string;
  readonly session: ServerSession;
  readonly connectedMs: number;
  readonly totals: MinerTotals = {
    accepted: 0,
    forwarded: 0,
    refused: 0,
    upstreamAccepted: 0,
    upstreamRefused: 0,
    blocks: 0,
    work: 0n,
  };
  space: MinerSpace | undefined;
  userAgent = '';
  /** Where its work comes from; undefined while there is none. */
  source: WorkSource | undefined;
  /** Name of the first worker, which names the channel of a miner that has its own. */
  firstWorker: string | undefined;
  /** Authorizations that wait for a channel. */
  waiting: { readonly call: PendingCall; readonly workerName: string }[] = [];
  waitingSinceMs: number | undefined;
  lastNotifyMs = 0;
  told: ToldDifficulty | undefined;
  readonly #options: MinerDifficultyOptions;
  #vardiff: Vardiff;
  /** What is told for vardiff's present target. */
  #wantedFor: { readonly target: Uint8Array; readonly told: ToldDifficulty } | undefined;
  #maxTarget: Uint8Array;

  constructor(
    connection: ConnectionId,
    address: string,
    session: ServerSession,
    options: MinerDifficultyOptions,
    now: Now,
  ) {
    this.connection = connection;
    this.address = address;
    this.session = session;
    this.connectedMs = now.monotonicMs;
    this.#options = options;
    const { minDifficulty } = options;
    this.#maxTarget =
      minDifficulty === undefined ? EASIEST_TARGET : toldDifficulty(targetFromDifficulty(minDifficulty), 'up').target;
    this.#vardiff = this.#createVardiff(options.minerHashrate, now);
  }

  /** Whether it can be given jobs. */
  get isReady(): boolean {
    return this.session.isReady && this.space !== undefined;
  }

  /** Hashes a second, estimated from its shares; before there are some, what it is taken to have. */
  get hashrate(): number {
    return this.#vardiff.hashrate;
  }

  /** Target wanted for its shares, as it can be told. */
  get wantedTarget(): Uint8Array {
    return this.#vardiff.target;
  }

  get vardiffDueMs(): number {
    return this.#options.vardiff ? this.#vardiff.deadline : Number.POSITIVE_INFINITY;
  }

  /**
   * The difficulty for a job that the upstream judges by `upstreamTarget`: the wanted one; but not harder than the upstream's, where
   * shares would be credited with less than they are worth, unless that would be a flood.
   */
  difficultyFor(upstreamTarget: Uint8Array, maxUncreditedFactor: number): ToldDifficulty {
    const upstream = toldDifficulty(upstreamTarget, 'down');
    if (!this.#options.vardiff) return this.#clamped(upstream);
    const wanted = this.#wanted();
    const isCredited = compareTargets(wanted.target, upstreamTarget) >= 0;
    if (isCredited || upstream.difficulty * maxUncreditedFactor < wanted.difficulty) return wanted;
    return this.#clamped(upstream);
  }

  /** Feeds vardiff; true if another difficulty is due. */
  accepted(share: AcceptedShare, jobTarget: Uint8Array, now: Now): boolean {
    this.totals.accepted++;
    this.totals.work += share.work;
    if (!this.#options.vardiff) return false;
    const { target } = this.#wanted();
    // Shares of jobs that were harder say nothing about the present target.
    if (compareTargets(jobTarget, target) < 0 || !meetsTarget(share.hash, target)) return false;
    return this.#vardiff.accepted(workFromTarget(this.#vardiff.target), now) !== undefined;
  }

  /** True if another difficulty is due. */
  tick(now: Now): boolean {
    return this.#options.vardiff && this.#vardiff.tick(now) !== undefined;
  }

  /** The miner's wish; taken while nothing better is known. `strict`: nothing easier, ever. True if its difficulty changes. */
  suggest(target: Uint8Array, strict: boolean, now: Now): boolean {
    if (!this.#options.vardiff) return false;
    const before = this.#vardiff.target;
    const wish = toldDifficulty(target, strict ? 'up' : 'nearest').target;
    if (strict && compareTargets(wish, this.#maxTarget) < 0) this.#maxTarget = wish;
    if (this.totals.accepted === 0) this.#vardiff = this.#createVardiff(this.#hashrateOf(wish), now);
    else if (strict) this.#vardiff.update(0, this.#maxTarget, now);
    return compareTargets(before, this.#vardiff.target) !== 0;
  }

  #wanted(): ToldDifficulty {
    const { target } = this.#vardiff;
    if (this.#wantedFor?.target !== target) this.#wantedFor = { target, told: toldDifficulty(target) };
    return this.#wantedFor.told;
  }

  #clamped(told: ToldDifficulty): ToldDifficulty {
    return compareTargets(told.target, this.#maxTarget) > 0 ? toldDifficulty(this.#maxTarget, 'up') : told;
  }

  #hashrateOf(target: Uint8Array): number {
    return Math.min(MAX_HASHRATE, Math.max(1e-3, hashrateFromTarget(target, this.#options.sharesPerMinute)));
  }

  #createVardiff(nominalHashrate: number, now: Now): Vardiff {
    const { sharesPerMinute, minerHashrate } = this.#options;
    return new Vardiff(
      {
        sharesPerMinute,
        minHashrate: Math.min(nominalHashrate, minerHashrate) / SLOWEST_FACTOR,
        maxHashrate: MAX_HASHRATE,
        nominalHashrate,
        maxTarget: this.#maxTarget,
        roundTarget: (target) => toldDifficulty(target).target,
      },
      now,
    );
  }
}
