import { ExtendedChannel, type ExtranonceAllocation, ExtranonceAllocator, JobIds } from '@stratumkit/channels';
import { type Now, toHex } from '@stratumkit/codec';
import { ServerSession, type SubscriptionTerms } from '@stratumkit/sv1';
import type { ConnectionId } from '../output.ts';
import { Miner, type MinerSpace } from './miner.ts';
import type { TranslatorCoreOptions, TranslatorLimits } from './translatorTypes.ts';

/** Bytes of every extranonce that tell miners apart. */
export const LOCAL_EXTRANONCE_SIZE = 2;

const SESSION_ID_SIZE = 8;
const EASIEST_TARGET = new Uint8Array(32).fill(0xff);
/** Of one miner: fewer than a pool remembers for a channel, since there are more miners than channels here. */
const MINER_CHANNEL_LIMITS = { maxStaleJobs: 8, maxRememberedShares: 16_384 };

interface Parked {
  readonly space: MinerSpace;
  readonly untilMs: number;
}

/** The parts of the extranonce space that miners get: 65,536. */
export function localExtranonces(
  extranonce2Size: number,
  indexSize: number = LOCAL_EXTRANONCE_SIZE,
): ExtranonceAllocator {
  return new ExtranonceAllocator({
    localPrefix: new Uint8Array(0),
    indexSize,
    totalSize: indexSize + extranonce2Size,
  });
}

/** The miners of a translator, and who owns which part of the extranonce space. */
export class MinerTable {
  readonly jobIds = new JobIds();
  readonly #options: TranslatorCoreOptions;
  readonly #limits: TranslatorLimits;
  readonly #extranonces: ExtranonceAllocator;
  readonly #miners = new Map<ConnectionId, Miner>();
  /** Spaces of miners that went, by session, oldest first. */
  readonly #parked = new Map<string, Parked>();

  constructor(
    options: TranslatorCoreOptions,
    limits: TranslatorLimits,
    extranonces = localExtranonces(options.extranonce2Size),
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#extranonces = extranonces;
  }

  get size(): number {
    return this.#miners.size;
  }

  get(connection: ConnectionId): Miner | undefined {
    return this.#miners.get(connection);
  }

  values(): IterableIterator<Miner> {
    return this.#miners.values();
  }

  add(connection: ConnectionId, address: string, now: Now): Miner {
    const { sessionLimits, difficulty } = this.#options;
    const session: ServerSession = new ServerSession({
      subscribe: (resume): SubscriptionTerms | undefined => this.#subscribe(miner, resume),
      ...(sessionLimits === undefined ? {} : { limits: sessionLimits }),
    });
    const miner: Miner = new Miner(connection, address, session, difficulty, now);
    this.#miners.set(connection, miner);
    return miner;
  }

  remove(miner: Miner, now: Now): void {
    this.#miners.delete(miner.connection);
    const { space } = miner;
    if (space === undefined) return;
    miner.space = undefined;
    this.#parked.set(space.sessionId, { space, untilMs: now.monotonicMs + this.#limits.resumeMs });
    if (this.#parked.size > this.#limits.resumableSessions) this.#releaseOldest();
  }

  /** Sessions that were not resumed in time are forgotten. */
  tick(now: Now): void {
    for (const { untilMs } of this.#parked.values()) {
      if (untilMs > now.monotonicMs) return;
      this.#releaseOldest();
    }
  }

  chainTipChanged(): void {
    this.#extranonces.chainTipChanged();
  }

  #subscribe(miner: Miner, resume: string | undefined): SubscriptionTerms | undefined {
    const space = this.#resumed(resume) ?? this.#allocate();
    if (space === undefined) return undefined;
    miner.space = space;
    const { sessionId, lease } = space;
    return { sessionId, extranonce1: lease.extranoncePrefix, extranonce2Size: lease.extranonceSize };
  }

  #resumed(sessionId: string | undefined): MinerSpace | undefined {
    const parked = sessionId === undefined ? undefined : this.#parked.get(sessionId);
    if (parked === undefined) return undefined;
    this.#parked.delete(parked.space.sessionId);
    return parked.space;
  }

  #allocate(): MinerSpace | undefined {
    const { extranonce2Size, hash, createJobHasher, versionMask, channelLimits } = this.#options;
    let allocation: ExtranonceAllocation = this.#extranonces.allocateExtended(extranonce2Size);
    while (allocation.outcome === 'refused' && this.#parked.size > 0) {
      this.#releaseOldest();
      allocation = this.#extranonces.allocateExtended(extranonce2Size);
    }
    if (allocation.outcome === 'refused') return undefined;
    const { lease } = allocation;
    const channel = new ExtendedChannel({
      channelId: lease.index,
      extranoncePrefix: lease.extranoncePrefix,
      extranonceSize: lease.extranonceSize,
      target: EASIEST_TARGET,
      jobIds: this.jobIds,
      limits: { ...MINER_CHANNEL_LIMITS, ...channelLimits },
      ...(hash === undefined ? {} : { hash }),
      ...(createJobHasher === undefined ? {} : { createJobHasher }),
      ...(versionMask === undefined ? {} : { versionRollingMask: versionMask }),
    });
    return { sessionId: toHex(this.#options.randomBytes(SESSION_ID_SIZE)), lease, channel, hasShares: false };
  }

  #releaseOldest(): void {
    for (const [sessionId, { space }] of this.#parked) {
      this.#parked.delete(sessionId);
      const tips = space.channel.close();
      space.channel.dispose();
      this.#extranonces.release(space.lease, tips, space.hasShares);
      return;
    }
  }
}
