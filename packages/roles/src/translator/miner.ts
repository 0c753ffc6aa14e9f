import { createShareTarget, type ExtendedChannel, type ExtranonceLease, type ShareTarget } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { PendingCall, ServerSession } from '@stratumkit/sv1';
import type { ToldDifficulty } from '@stratumkit/translation';
import type { ConnectionId } from '../output.ts';
import { MinerDifficulty } from './minerDifficulty.ts';
import type { MinerDifficultyOptions } from './translatorTypes.ts';
import type { WorkSource } from './workSource.ts';

/** What a session keeps when its miner goes, so that it can go on. */
export interface MinerSpace {
  readonly sessionId: string;
  readonly lease: ExtranonceLease;
  readonly channel: ExtendedChannel;
  /** Whether a share was accepted in it. */
  hasShares: boolean;
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

/** One SV1 connection: its session, its part of the extranonce space, its difficulty. */
export class Miner {
  readonly connection: ConnectionId;
  readonly address: string;
  readonly session: ServerSession;
  readonly connectedMs: number;
  readonly difficulty: MinerDifficulty;
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
  /** Authorizations that wait for a channel; the session bounds their number. */
  waiting: { readonly call: PendingCall; readonly workerName: string }[] = [];
  waitingSinceMs: number | undefined;
  /** Request for a channel of its own that is not answered yet. */
  openingId: number | undefined;
  /** When it got its last job from its source. */
  notifiedMs: number | undefined;
  #told: { readonly difficulty: ToldDifficulty; readonly shareTarget: ShareTarget } | undefined;
  #allowedMask: number | undefined;
  #grantedMask = 0;

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
    this.difficulty = new MinerDifficulty(options, now);
  }

  /** Whether it can be given jobs. */
  get isReady(): boolean {
    return this.session.isReady && this.space !== undefined;
  }

  get hashrate(): number {
    return this.difficulty.hashrate;
  }

  /** What `mining.set_difficulty` said last. */
  get told(): ToldDifficulty | undefined {
    return this.#told?.difficulty;
  }

  /** The target of {@link told}. */
  get shareTarget(): ShareTarget | undefined {
    return this.#told?.shareTarget;
  }

  /** False if that is what it was told before. */
  tell(told: ToldDifficulty): boolean {
    if (told.difficulty === this.told?.difficulty) return false;
    this.#told = { difficulty: told, shareTarget: createShareTarget(told.target) };
    return true;
  }

  /** False if the same mask was allowed before. */
  allow(mask: number): boolean {
    if (mask === this.#allowedMask) return false;
    this.#allowedMask = mask;
    return true;
  }

  /** To be called after whatever may have changed the session's mask. */
  noteMask(): void {
    if (this.session.rollsVersion) this.#grantedMask = (this.#grantedMask | this.session.versionMask) >>> 0;
  }

  /** All bits it was ever granted: a job that allows rolling is judged by them, whatever newer jobs allow. */
  get grantedMask(): number {
    return this.#grantedMask;
  }
}
