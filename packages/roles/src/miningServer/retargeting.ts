import { Vardiff } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { DueQueue } from './dueQueue.ts';
import type { ChannelOperations } from './operations.ts';
import type { ServedChannel } from './peer.ts';
import type { MiningServerOutput, RetargetingOptions } from './types.ts';

/** Keeps the share rate of each channel near the wanted one; fed by credited shares only. */
export class Retargeting {
  readonly #options: RetargetingOptions;
  readonly #operations: ChannelOperations;
  readonly #watched = new Map<ServedChannel, Vardiff>();
  /** Channels without work yet: the silence before it says nothing about their hashrate. */
  readonly #waiting = new Set<ServedChannel>();
  /** Channels that mine, by the time they are looked at next; the first is always about the next. */
  readonly #looks = new DueQueue<ServedChannel>();

  constructor(options: RetargetingOptions, operations: ChannelOperations) {
    this.#options = options;
    this.#operations = operations;
  }

  get deadline(): number | undefined {
    return this.#looks.next;
  }

  /** Puts the channel on its first target, before the client hears of it. */
  open(served: ServedChannel, now: Now): void {
    const vardiff = this.#createVardiff(served, now);
    this.#watched.set(served, vardiff);
    this.#waiting.add(served);
    served.channel.setTarget(vardiff.target);
  }

  close(served: ServedChannel): void {
    this.#watched.delete(served);
    this.#waiting.delete(served);
    this.#looks.delete(served);
  }

  /** Channels that waited for work may have it: their time begins now. Without an argument all that wait. */
  workArrived(channels: readonly ServedChannel[] = [...this.#waiting], now: Now): void {
    for (const served of channels) {
      if (!this.#waiting.has(served) || served.channel.chainTip === undefined) continue;
      this.#waiting.delete(served);
      // The same options give the same target as at the opening.
      const vardiff = this.#createVardiff(served, now);
      this.#watched.set(served, vardiff);
      this.#looks.set(served, vardiff.deadline);
    }
  }

  accepted(served: ServedChannel, work: bigint, now: Now): MiningServerOutput[] {
    const target = this.#watched.get(served)?.accepted(work, now);
    return target === undefined ? [] : this.#operations.applyTarget(served, target, now);
  }

  /** `UpdateChannel`: the channel's hashrate and maximum are the new ones already. */
  update(served: ServedChannel, now: Now): MiningServerOutput[] {
    const target = this.#watched.get(served)?.update(served.nominalHashrate, served.maxTarget, now);
    return target === undefined ? [] : this.#operations.applyTarget(served, target, now);
  }

  /** Looks at no more than `max` channels: the deadline stays where it is while there are more. */
  tick(now: Now, max: number): MiningServerOutput[] {
    const outputs: MiningServerOutput[] = [];
    for (let count = 0; count < max; count++) {
      const served = this.#looks.takeDue(now.monotonicMs);
      if (served === undefined) break;
      const vardiff = this.#watched.get(served)!;
      const target = vardiff.tick(now);
      this.#looks.set(served, vardiff.deadline);
      if (target !== undefined) outputs.push(...this.#operations.applyTarget(served, target, now));
    }
    return outputs;
  }

  has(served: ServedChannel): boolean {
    return this.#watched.has(served);
  }

  #createVardiff({ nominalHashrate, maxTarget }: ServedChannel, now: Now): Vardiff {
    return new Vardiff({ ...this.#options, nominalHashrate, maxTarget }, now);
  }
}
