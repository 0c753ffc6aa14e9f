import type { Now } from '@stratumkit/codec';
import type { Outputs } from './proxyMode.ts';
import type { ProxyOutput } from './proxyTypes.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { RelayRound } from './relayRound.ts';

/** Rounds on their way at once. Of an upstream that sends faster the oldest is brought to its end, so that they cannot pile up. */
export const MAX_RELAY_ROUNDS = 4;

/** Rounds, one behind the other, in slices: a tip for 100,000 channels takes a second, and the event loop has to be free in between. */
export class RelayRounds {
  readonly #slice: number;
  #rounds: RelayRound[] = [];
  #sinceMs = 0;

  /** `slice`: channels per {@link run}. */
  constructor(slice: number) {
    this.#slice = slice;
  }

  /** When {@link run} wants to go on, in monotonic milliseconds: as soon as possible while somebody waits. */
  get deadline(): number | undefined {
    return this.#rounds.length === 0 ? undefined : this.#sinceMs;
  }

  /** Serves the first slice of it if there are no others before it. */
  add(round: RelayRound, now: Now): Outputs {
    const isFull = this.#rounds.length === MAX_RELAY_ROUNDS;
    const outputs = isFull ? this.#advance(this.#rounds[0]!, Number.POSITIVE_INFINITY, now).outputs : [];
    this.#rounds.push(round);
    this.#sinceMs = now.monotonicMs;
    return [...outputs, ...this.run(now)];
  }

  /** Serves the channels of one slice. */
  run(now: Now): Outputs {
    return this.#run(this.#slice, now);
  }

  /** Serves whoever still waits. */
  finish(now: Now): Outputs {
    return this.#run(Number.POSITIVE_INFINITY, now);
  }

  /** Serves this channel before the others, with all that waits for it. */
  serve(channel: RelayChannel, now: Now): Outputs {
    if (this.#rounds.length === 0) return [];
    for (const round of this.#rounds) round.serve(channel, now);
    const outputs = this.#rounds.flatMap((round) => round.take());
    this.#rounds = this.#rounds.filter(({ isDone }) => !isDone);
    return outputs;
  }

  #run(units: number, now: Now): Outputs {
    const outputs: ProxyOutput<never>[] = [];
    let left = units;
    for (let first = this.#rounds[0]; first !== undefined && left > 0; first = this.#rounds[0]) {
      const step = this.#advance(first, left, now);
      left = step.left;
      outputs.push(...step.outputs);
    }
    return outputs;
  }

  #advance(first: RelayRound, units: number, now: Now): { readonly left: number; readonly outputs: Outputs } {
    const left = first.run(units, now);
    if (first.isDone) this.#rounds.shift();
    return { left, outputs: first.take() };
  }
}
