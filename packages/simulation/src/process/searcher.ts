import { headerHashWithNonce, meetsTarget, workFromTarget } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import type { SearchChunk, SearchOrder } from '@stratumkit/roles';
import { exponential } from '../core/exponential.ts';
import type { Prng } from '../core/prng.ts';
import type { World } from '../core/world.ts';
import type { ProofOfWork } from '../pow/proofOfWork.ts';

const ALL_NONCES = 2 ** 32;
/** How often a device that really searches looks at its nonces. */
const SEARCH_MS = 250;
/** No device finds more often, however easy its target: its firmware has other things to do. */
const SHORTEST_MEAN_MS = 50;

export interface SearcherOptions {
  readonly world: World;
  readonly pow: ProofOfWork;
  readonly random: Prng;
  readonly hashrate: number;
  readonly take: (count: number, now: Now) => SearchChunk | undefined;
  readonly now: () => Now;
  /** Within a turn of the process. */
  readonly onFound: (chunk: SearchChunk, nonce: number) => void;
  readonly turn: (action: () => void) => void;
}

/** The hashing of one device: finds as often as its hashrate and target say, or really searches. */
export class Searcher {
  readonly #options: SearcherOptions;
  #order: SearchOrder | undefined;
  #target: Uint8Array | undefined;
  #meanMs = 0;
  /** Of the pending find: an older one that comes up means nothing. */
  #serial = 0;
  #workingSinceMs = 0;
  #hashes = 0;
  #variance = 0;
  /** Of the present target, exactly and as a double. */
  #targetWork = 0n;
  #work = 0;

  constructor(options: SearcherOptions) {
    this.#options = options;
  }

  get order(): SearchOrder | undefined {
    return this.#order;
  }

  /** What a share is worth at the target it searches for, or did last. */
  get targetWork(): bigint {
    return this.#targetWork;
  }

  /** Made so far: virtual time with work times the hashrate. */
  get hashes(): number {
    const running = this.#order === undefined ? 0 : this.#options.world.nowMs - this.#workingSinceMs;
    return this.#hashes + (running * this.#options.hashrate) / 1_000;
  }

  /** Of the work that so many hashes find: each hash at a target of work w adds w. */
  get variance(): number {
    return this.#variance + (this.hashes - this.#hashes) * this.#work;
  }

  search(order: SearchOrder | undefined): void {
    const { world } = this.#options;
    const had = this.#order !== undefined;
    this.#variance = this.variance;
    this.#hashes = this.hashes;
    this.#workingSinceMs = world.nowMs;
    this.#order = order;
    if (order === undefined) {
      this.#serial++;
      this.#target = undefined;
      return;
    }
    const { target } = order.work;
    // A search has no memory: while the target stays, the next find comes no sooner and no later because of a new job.
    if (had && target === this.#target) return;
    this.#target = target;
    this.#targetWork = workFromTarget(target);
    this.#work = Number(this.#targetWork);
    this.#meanMs = Math.max(SHORTEST_MEAN_MS, (this.#work / this.#options.hashrate) * 1_000);
    this.#schedule();
  }

  /** Looks for a header at or below this target, in a few headers. For blocks that have to be found now. */
  aimAt(target: Uint8Array, attempts: number): { readonly chunk: SearchChunk; readonly nonce: number } | undefined {
    const { pow, random, take, now } = this.#options;
    for (let attempt = 0; attempt < attempts && pow.aim !== undefined; attempt++) {
      const chunk = take(ALL_NONCES, now());
      if (chunk === undefined) return undefined;
      const nonce = pow.aim(chunk.header, target, random);
      if (nonce !== undefined) return { chunk, nonce };
    }
    return undefined;
  }

  #schedule(): void {
    const { world, pow, random, turn } = this.#options;
    const serial = ++this.#serial;
    const delayMs = pow.aim === undefined ? SEARCH_MS : exponential(random, this.#meanMs);
    world.after(delayMs, () => {
      if (serial !== this.#serial) return;
      turn(() => (pow.aim === undefined ? this.#searchNonces() : this.#find(pow.aim)));
      if (serial === this.#serial) this.#schedule();
    });
  }

  /** A header of its own for each find, so that the even draw never gives the same one twice. */
  #find(aim: NonNullable<ProofOfWork['aim']>): void {
    const { random, take, now, onFound } = this.#options;
    const chunk = take(ALL_NONCES, now());
    if (chunk === undefined) return;
    const nonce = aim(chunk.header, chunk.target, random);
    if (nonce !== undefined) onFound(chunk, nonce);
  }

  #searchNonces(): void {
    const { hashrate, pow, take, now, onFound } = this.#options;
    const serial = this.#serial;
    let left = Math.round((hashrate * SEARCH_MS) / 1_000);
    while (left > 0 && serial === this.#serial) {
      const chunk = take(left, now());
      if (chunk === undefined) return;
      left -= chunk.nonceCount;
      for (let nonce = chunk.firstNonce; nonce < chunk.firstNonce + chunk.nonceCount; nonce++)
        if (meetsTarget(headerHashWithNonce(chunk.header, nonce, pow.hash), chunk.target)) onFound(chunk, nonce);
    }
  }
}
