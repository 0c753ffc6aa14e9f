import { compareTargets, hashrateFromTarget, targetFromHashrate } from '@stratumkit/bitcoin';
import { clampTarget, isNominalHashrate, type TargetPolicy } from '@stratumkit/channels';

interface Entry {
  hashrate: number;
  target: Uint8Array;
  maxTarget: Uint8Array;
}

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
    this.#entries.set(key, { hashrate, target, maxTarget: maxTarget.slice() });
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
    if (entry !== undefined) entry.target = target;
  }

  closed(key: string): void {
    this.#entries.delete(key);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** As a F32 carries it; 0 without devices. Nobody counts for more than the hardest target stands for, whatever it claims. */
  get hashrate(): number {
    const { hardestTarget, sharesPerMinute } = this.#policy;
    const most = hashrateFromTarget(hardestTarget, sharesPerMinute);
    let sum = 0;
    for (const { hashrate } of this.#entries.values()) sum += Math.min(hashrate, most);
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

  /** Where a device's own maximum made the target what it is, our policy's stands in its place: one device starves nobody. */
  #ours({ hashrate, target, maxTarget }: Entry): Uint8Array {
    if (compareTargets(target, maxTarget) !== 0) return target;
    return clampTarget(this.#policy, targetFromHashrate(hashrate, this.#policy.sharesPerMinute), MAX_TARGET);
  }
}
