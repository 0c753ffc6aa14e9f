import { UsageError } from '@stratumkit/codec';

/**
 * How the extranonce is laid out: `[upstreamPrefix | localPrefix | index | rollable]`. UsageError `extranonce-space` where the
 * parts do not fit.
 */
export interface ExtranonceSpace {
  /** What an upstream fixed already; empty for a pool. */
  readonly upstreamPrefix?: Uint8Array;
  /** Fixed bytes of this node; by default one byte 0 (`server_id`). */
  readonly localPrefix?: Uint8Array;
  /** Bytes that tell channels apart, 0 to 4; by default 3. */
  readonly indexSize?: number;
  /** Bytes in all, upstream prefix included, at most 32; by default 20. */
  readonly totalSize?: number;
}

/** A part of the search space, owned by one channel until it is released and every job that used it is stale. */
export interface ExtranonceLease {
  readonly index: number;
  /** For the opening's Success (spec 5.3.3, 5.3.5); never changed. */
  readonly extranoncePrefix: Uint8Array;
  /** Bytes the downstream rolls: 0 for a standard channel. */
  readonly extranonceSize: number;
}

/** A lease, or why there is none. */
export type ExtranonceAllocation =
  | { readonly outcome: 'allocated'; readonly lease: ExtranonceLease }
  | {
      readonly outcome: 'refused';
      /** As `OpenMiningChannel.Error` says it. */
      readonly errorCode: 'min-extranonce-size-too-large' | 'channel-capacity-exhausted';
    };

/** Bytes of a whole extranonce, prefix and rolled part, where an {@link ExtranonceSpace} does not say. */
export const DEFAULT_EXTRANONCE_SIZE = 20;
/** Bytes that tell channels apart, where an {@link ExtranonceSpace} does not say: 2^24 channels. */
export const DEFAULT_EXTRANONCE_INDEX_SIZE = 3;
/** Most bytes of a whole extranonce: `extranonce_prefix` and rolled part together (spec 5.1.2.1). */
export const MAX_EXTRANONCE_SIZE = 32;

/**
 * Splits one extranonce space between channels. Every lease, standard or extended, owns an index of its own, so no two leases
 * overlap whatever their prefix lengths are. An index is given out again only after {@link chainTipChanged} was called as
 * often as the release asked for; running out is an error, never a wraparound into live space. Only when nothing else is left, those
 * in which nothing was found are not waited for: a client that opens and closes channels would take the space from all others.
 */
export class ExtranonceAllocator {
  readonly totalSize: number;
  readonly #head: Uint8Array;
  readonly #indexSize: number;
  readonly #capacity: number;
  /** Index to the lease that holds it, or held it while it waits for its jobs to become stale. */
  readonly #taken = new Map<number, ExtranonceLease>();
  /** Released leases by the number of chain tips they still have to wait for. */
  #waiting: [now: Set<ExtranonceLease>, next: Set<ExtranonceLease>] = [new Set(), new Set()];
  /** Those of them in whose space no share was credited, oldest first. */
  readonly #unused = new Set<ExtranonceLease>();
  #cursor = 0;

  constructor(space: ExtranonceSpace = {}) {
    const upstreamPrefix = space.upstreamPrefix ?? new Uint8Array(0);
    const localPrefix = space.localPrefix ?? new Uint8Array(1);
    this.#indexSize = space.indexSize ?? DEFAULT_EXTRANONCE_INDEX_SIZE;
    this.totalSize = space.totalSize ?? DEFAULT_EXTRANONCE_SIZE;
    this.#head = new Uint8Array([...upstreamPrefix, ...localPrefix]);
    const context = {
      upstreamPrefixSize: upstreamPrefix.length,
      localPrefixSize: localPrefix.length,
      indexSize: this.#indexSize,
      totalSize: this.totalSize,
    };
    if (!Number.isInteger(this.#indexSize) || this.#indexSize < 0 || this.#indexSize > 4)
      throw new UsageError('extranonce-space', 'the index takes 0 to 4 bytes', { context });
    if (!Number.isInteger(this.totalSize) || this.totalSize > MAX_EXTRANONCE_SIZE)
      throw new UsageError('extranonce-space', `an extranonce has at most ${MAX_EXTRANONCE_SIZE} bytes`, { context });
    if (this.#head.length + this.#indexSize > this.totalSize)
      throw new UsageError('extranonce-space', 'prefixes and index do not fit into the extranonce', { context });
    this.#capacity = 2 ** (8 * this.#indexSize);
  }

  /** The largest `min_extranonce_size` that can be granted. */
  get maxExtranonceSize(): number {
    return this.totalSize - this.#head.length - this.#indexSize;
  }

  /** Leases that cannot be given to anybody else: owned ones and released ones whose jobs are not stale yet. */
  get taken(): number {
    return this.#taken.size;
  }

  /** For a standard channel: the prefix is the whole extranonce, zero padded. */
  allocateStandard(): ExtranonceAllocation {
    return this.#allocate(0);
  }

  /** For an extended channel: it gets exactly the size it asked for, never less and never more. */
  allocateExtended(minExtranonceSize: number): ExtranonceAllocation {
    if (minExtranonceSize > this.maxExtranonceSize)
      return { outcome: 'refused', errorCode: 'min-extranonce-size-too-large' };
    return this.#allocate(minExtranonceSize);
  }

  /**
   * Gives a lease back. `tipsUntilStale` is what the channel's `close()` or `setExtranoncePrefix()` returned: how many chain tips
   * must pass until the last job that used the prefix is stale. `isUsed` is false if no share was credited in its space: then
   * none could be credited again. Throws UsageError `extranonce-released` for a lease that is not held.
   */
  release(lease: ExtranonceLease, tipsUntilStale: 0 | 1 | 2, isUsed = true): void {
    if (this.#taken.get(lease.index) !== lease || this.#waiting.some((leases) => leases.has(lease)))
      throw new UsageError('extranonce-released', 'this extranonce lease is not held', {
        context: { index: lease.index },
      });
    if (tipsUntilStale === 0) this.#taken.delete(lease.index);
    else {
      this.#waiting[tipsUntilStale - 1]!.add(lease);
      if (!isUsed) this.#unused.add(lease);
    }
  }

  /** To be called at every change of the chain tip, after the channels were told. */
  chainTipChanged(): void {
    for (const lease of this.#waiting[0]) this.#free(lease);
    this.#waiting = [this.#waiting[1], new Set()];
  }

  #free(lease: ExtranonceLease): void {
    this.#taken.delete(lease.index);
    this.#unused.delete(lease);
  }

  #freeUnused(): void {
    const [oldest] = this.#unused;
    if (oldest === undefined) return;
    this.#free(oldest);
    for (const leases of this.#waiting) leases.delete(oldest);
    this.#cursor = oldest.index;
  }

  #allocate(extranonceSize: number): ExtranonceAllocation {
    if (this.#taken.size >= this.#capacity) this.#freeUnused();
    if (this.#taken.size >= this.#capacity) return { outcome: 'refused', errorCode: 'channel-capacity-exhausted' };
    // Round and round rather than lowest first, so that an index rests as long as possible.
    while (this.#taken.has(this.#cursor)) this.#cursor = (this.#cursor + 1) % this.#capacity;
    const index = this.#cursor;
    this.#cursor = (index + 1) % this.#capacity;

    const extranoncePrefix = new Uint8Array(this.totalSize - extranonceSize);
    extranoncePrefix.set(this.#head);
    for (let byte = 0; byte < this.#indexSize; byte++)
      extranoncePrefix[this.#head.length + byte] = Math.floor(index / 2 ** (8 * (this.#indexSize - 1 - byte)));
    const lease: ExtranonceLease = { index, extranoncePrefix, extranonceSize };
    this.#taken.set(index, lease);
    return { outcome: 'allocated', lease };
  }
}
