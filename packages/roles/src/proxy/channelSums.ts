import { compareTargets, hashrateFromTarget, targetFromHashrate } from '@stratumkit/bitcoin';
import { clampTarget, isNominalHashrate, type TargetPolicy } from '@stratumkit/channels';

interface Entry {
  /** As the device claims it. */
  hashrate: number;
  target: Uint8Array;
  /** Hashes a second that find the wanted number of shares at the target. */
  targetHashrate: number;
  maxTarget: Uint8Array;
}

/** A claim counts for this many times what the channel's target stands for, at most. A search makes targets 4 times easier. */
const MAX_CLAIM_FACTOR = 8;

const LARGEST_F32 = 2 ** 128 - 2 ** 104;

export const MAX_TARGET: Uint8Array = new Uint8Array(32).fill(0xff);

/** What all downstream channels come to, for UpdateChannel (spec 5.3.7). */
export class ChannelSums {
  readonly #policy: TargetPolicy;
  readonly #entries = new Map<string, Entry>();

  constructor(policy: TargetPolicy) {
    this.#policy = policy;
  }

  opened(key: string, hashrate: number, target: Uint8Array, maxTarget: Uint8Array): void {
    const targetHashrate = this.#standsFor(target);
    this.#entries.set(key, { hashrate, target, targetHashrate, maxTarget: maxTarget.slice() });
  }

  /** A device's UpdateChannel; returns false if it is not one to go by. */
  updated(key: string, hashrate: number, maxTarget: Uint8Array): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined || !isNominalHashrate(hashrate)) return false;
    entry.hashrate = hashrate;
    entry.maxTarget = maxTarget.slice();
    return true;
  }

  retargeted(key: string, target: Uint8Array): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.target = target;
    entry.targetHashrate = this.#standsFor(target);
  }

  closed(key: string): void {
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * As a F32 carries it; 0 without devices. Nobody counts for more than the hardest target stands for, whatever it claims, and who finds no
   * shares for what it claims for ever less: its target gets easier.
   */
  get hashrate(): number {
    const most = this.#standsFor(this.#policy.hardestTarget);
    let sum = 0;
    for (const { hashrate, targetHashrate } of this.#entries.values())
      sum += Math.min(hashrate, most, MAX_CLAIM_FACTOR * targetHashrate);
    return Math.fround(Math.min(sum, LARGEST_F32));
  }

  /** The numerically smallest of our targets: what meets it is worth something to every channel. */
  get target(): Uint8Array {
    let smallest = MAX_TARGET;
    for (const entry of this.#entries.values()) {
      const target = this.#ours(entry);
      if (compareTargets(target, smallest) < 0) smallest = target;
    }
    return smallest;
  }

  #standsFor(target: Uint8Array): number {
    return hashrateFromTarget(target, this.#policy.sharesPerMinute);
  }

  /** Where a device's own maximum made the target what it is, our policy's stands in its place: one device starves nobody. */
  #ours({ hashrate, target, maxTarget }: Entry): Uint8Array {
    if (compareTargets(target, maxTarget) !== 0) return target;
    return clampTarget(this.#policy, targetFromHashrate(hashrate, this.#policy.sharesPerMinute), MAX_TARGET);
  }
}
