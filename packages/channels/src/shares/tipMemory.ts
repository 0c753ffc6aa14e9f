import { equalBytes } from '@stratumkit/bitcoin';
import type { ChainTip } from '../chainTip.ts';
import type { ChannelLimits } from '../limits.ts';
import { SeenHashes } from './seenHashes.ts';

/**
 * The headers credited on one chain tip. Hashes belong to a *work* (coinbase and merkle path), not to a job: two jobs may carry
 * the same work, and a header must not be credited under each of them. When memory is full the oldest work is retired for the
 * rest of the tip: its hashes are forgotten, therefore none of its shares may ever count again, under whatever job id.
 */
export class TipMemory {
  readonly prevHash: Uint8Array;
  readonly #limits: ChannelLimits;
  readonly #seen = new SeenHashes();
  readonly #works = new Map<string, number>();
  readonly #retired = new Set<string>();
  #nextWork = 0;

  constructor(prevHash: Uint8Array, limits: ChannelLimits) {
    this.prevHash = prevHash;
    this.#limits = limits;
  }

  get size(): number {
    return this.#seen.size;
  }

  get hasRetiredWorks(): boolean {
    return this.#retired.size > 0;
  }

  /** True if shares of this work cannot be told from forgotten ones. */
  isRetired(work: string): boolean {
    return this.#retired.has(work) || this.#retired.size >= this.#limits.maxRetiredWorks;
  }

  has(hash: Uint8Array): boolean {
    return this.#seen.has(hash);
  }

  add(hash: Uint8Array, work: string): void {
    let owner = this.#works.get(work);
    if (owner === undefined) {
      owner = this.#nextWork++;
      this.#works.set(work, owner);
    }
    this.#seen.add(hash, owner);
  }

  /** Makes room for one more hash. Returns true if a work had to be retired for it. */
  makeRoom(): boolean {
    if (this.#seen.size < this.#limits.maxRememberedShares) return false;
    const oldest = this.#seen.oldestOwner();
    for (const [work, owner] of this.#works) {
      if (owner !== oldest) continue;
      this.#works.delete(work);
      if (this.#retired.size < this.#limits.maxRetiredWorks) this.#retired.add(work);
      break;
    }
    if (oldest !== undefined) this.#seen.removeOwner(oldest);
    return true;
  }
}

/** The memories of the newest tips of a channel, because a chain may return to a tip it had left. */
export class TipMemories {
  readonly #limits: ChannelLimits;
  #memories: TipMemory[] = [];

  constructor(limits: ChannelLimits) {
    this.#limits = limits;
  }

  /** The memory of this tip, made if it is new or was forgotten; the tip becomes the newest one. */
  enter(tip: ChainTip): TipMemory {
    const known = this.#memories.find((memory) => equalBytes(memory.prevHash, tip.prevHash));
    const memory = known ?? new TipMemory(tip.prevHash, this.#limits);
    this.#memories = this.#memories.filter((other) => other !== memory);
    this.#memories.push(memory);
    if (this.#memories.length > this.#limits.maxRememberedTips) this.#memories.shift();
    return memory;
  }
}
