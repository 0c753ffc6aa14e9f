import { Vardiff } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { NO_OUTPUTS } from '../output.ts';
import { DueQueue } from './dueQueue.ts';
import type { ChannelOperations } from './operations.ts';
import type { ServedChannel } from './peer.ts';
import type { MiningServerOutput, RetargetingOptions } from './types.ts';

interface Watched {
  readonly served: ServedChannel;
  readonly vardiff: Vardiff;
}

/** Keeps the share rate of each channel near the wanted one; fed by credited shares only. */
export class Retargeting {
  readonly #options: RetargetingOptions;
  readonly #operations: ChannelOperations;
  readonly #watched = new Map<ServedChannel, Watched>();
  /** Channels without work yet: the silence before it says nothing about their hashrate. */
  readonly #waiting = new Set<ServedChannel>();
  /** Channels that mine, by the time they are looked at next; the first is always about the next. */
  readonly #looks = new DueQueue<Watched>();

  constructor(options: RetargetingOptions, operations: ChannelOperations) {
    this.#options = options;
    this.#operations = operations;
  }

  get deadline(): number | undefined {
    return this.#looks.next;
  }

  /** Puts the channel on its first target, before the client hears of it. */
  open(served: ServedChannel, now: Now): void {
    const { vardiff } = this.#watch(served, now);
    this.#waiting.add(served);
    served.channel.setTarget(vardiff.target);
  }

  close(served: ServedChannel): void {
    const watched = this.#watched.get(served);
    if (watched === undefined) return;
    this.#watched.delete(served);
    this.#waiting.delete(served);
    this.#looks.delete(watched);
  }

  /** Channels that waited for work may have it: their time begins now. Without an argument all that wait. */
  workArrived(channels: readonly ServedChannel[] = [...this.#waiting], now: Now): void {
    for (const served of channels) {
      if (!this.#waiting.has(served) || served.channel.chainTip === undefined) continue;
      this.#waiting.delete(served);
      // The same options give the same target as at the opening.
      const watched = this.#watch(served, now);
      this.#looks.set(watched, watched.vardiff.deadline);
    }
  }

  accepted(served: ServedChannel, work: bigint, now: Now): readonly MiningServerOutput[] {
    const target = this.#watched.get(served)?.vardiff.accepted(work, now);
    return target === undefined ? NO_OUTPUTS : this.#operations.applyTarget(served, target, now);
  }

  /** `UpdateChannel`: the channel's hashrate and maximum are the new ones already. */
  update(served: ServedChannel, now: Now): readonly MiningServerOutput[] {
    const target = this.#watched.get(served)?.vardiff.update(served.nominalHashrate, served.maxTarget, now);
    return target === undefined ? NO_OUTPUTS : this.#operations.applyTarget(served, target, now);
  }

  /** Looks at no more than `max` channels: the deadline stays where it is while there are more. */
  tick(now: Now, max: number): readonly MiningServerOutput[] {
    let outputs: MiningServerOutput[] | undefined;
    for (let count = 0; count < max; count++) {
      const watched = this.#looks.due(now.monotonicMs);
      if (watched === undefined) break;
      const { served, vardiff } = watched;
      const target = vardiff.tick(now);
      this.#looks.set(watched, vardiff.deadline);
      if (target === undefined) continue;
      outputs ??= [];
      outputs.push(...this.#operations.applyTarget(served, target, now));
    }
    return outputs ?? NO_OUTPUTS;
  }

  has(served: ServedChannel): boolean {
    return this.#watched.has(served);
  }

  #watch(served: ServedChannel, now: Now): Watched {
    const { nominalHashrate, maxTarget } = served;
    const watched = { served, vardiff: new Vardiff({ ...this.#options, nominalHashrate, maxTarget }, now) };
    this.#watched.set(served, watched);
    return watched;
  }
}
