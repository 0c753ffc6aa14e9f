import { roundUpToTick } from './clock.ts';
import { type Action, EventQueue } from './eventQueue.ts';
import { Prng } from './prng.ts';
import { TraceHash, textChecksum } from './traceHash.ts';

/** What the trace tells apart. */
export const TRACE = {
  data: 1,
  end: 2,
  connect: 3,
  process: 4,
  fault: 5,
  found: 6,
  disk: 7,
  block: 8,
  work: 9,
} as const;

/** Virtual time and everything that waits for its moment. Whatever two runs of a seed share is reached from here. */
export class World {
  readonly seed: number;
  readonly trace = new TraceHash();
  readonly #queue = new EventQueue();
  #nowMs = 0;
  #stopped = false;
  #actions = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Milliseconds since the start, a multiple of 2^-10. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Actions done so far. */
  get actions(): number {
    return this.#actions;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** A stream of random numbers of its own for each label. */
  random(label: string): Prng {
    return new Prng(this.seed, label);
  }

  /** At a time, or at once if that is past. */
  at(timeMs: number, action: Action): void {
    const atMs = roundUpToTick(timeMs);
    this.#queue.add(Math.max(atMs, this.#nowMs), action);
  }

  after(delayMs: number, action: Action): void {
    this.at(this.#nowMs + delayMs, action);
  }

  note(kind: number, first: number, second: number): void {
    this.trace.add(this.#nowMs, kind, first, second);
  }

  noteText(kind: number, first: number, text: string): void {
    this.trace.add(this.#nowMs, kind, first, textChecksum(text));
  }

  /** Ends {@link run} after the present action. */
  stop(): void {
    this.#stopped = true;
  }

  /** Until the given time, or until nothing waits, or until {@link stop}. */
  run(untilMs: number): void {
    const queue = this.#queue;
    while (!this.#stopped) {
      const next = queue.nextMs;
      if (next === undefined || next > untilMs) break;
      this.#nowMs = next;
      this.#actions++;
      queue.take()!();
    }
    if (!this.#stopped && this.#nowMs < untilMs) this.#nowMs = untilMs;
  }
}
