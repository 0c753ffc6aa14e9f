/** Something that takes turns, usually a link. */
export interface TurnTask {
  /** True while its next piece of work is long and has no claim to be quick: a handshake. */
  readonly heavy: boolean;
  /** Does at most `frames` frames' work; true if there is more. */
  run(frames: number): boolean;
  /** Writes what was queued during the turn. */
  flush(): void;
}

/** How long one socket may keep the others waiting. */
export interface FairnessLimits {
  /** Frames taken from one socket before the others have their turn. */
  readonly framesPerTurn: number;
  /** Time for reading, and again for writing, after which timers and new input have their turn, whatever is left. */
  readonly turnMs: number;
}

/** Limits of a {@link TurnScheduler} that is given no others. */
export const DEFAULT_FAIRNESS: FairnessLimits = { framesPerTurn: 32, turnMs: 8 };

/**
 * Shares the event loop among links. A turn runs after the loop has polled all sockets: it reads round-robin, then writes, then
 * does at least one handshake, and whatever is left waits for the next turn, with timers and polling in between.
 */
export class TurnScheduler {
  readonly #limits: FairnessLimits;
  readonly #clockMs: () => number;
  readonly #ready = new Set<TurnTask>();
  readonly #heavy = new Set<TurnTask>();
  readonly #unwritten = new Set<TurnTask>();
  #isScheduled = false;

  constructor(limits: Partial<FairnessLimits> = {}, clockMs: () => number = () => performance.now()) {
    this.#limits = { ...DEFAULT_FAIRNESS, ...limits };
    this.#clockMs = clockMs;
  }

  /** Asks for a `run`. */
  wake(task: TurnTask): void {
    (task.heavy ? this.#heavy : this.#ready).add(task);
    this.#schedule();
  }

  /** Asks for a `flush`. */
  wakeToFlush(task: TurnTask): void {
    this.#unwritten.add(task);
    this.#schedule();
  }

  forget(task: TurnTask): void {
    this.#ready.delete(task);
    this.#heavy.delete(task);
    this.#unwritten.delete(task);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    const { framesPerTurn, turnMs } = this.#limits;
    const run = (task: TurnTask) => {
      this.#unwritten.add(task);
      if (task.run(framesPerTurn)) this.wake(task);
    };
    this.#drain(this.#ready, this.#clockMs() + turnMs, run);
    this.#drain(this.#unwritten, this.#clockMs() + turnMs, (task) => task.flush());
    this.#drain(this.#heavy, this.#clockMs(), run);
    if (this.#ready.size + this.#heavy.size + this.#unwritten.size > 0) this.#schedule();
  }

  /** At least one task, then more until the time is over. Tasks added meanwhile have their turn after the others. */
  #drain(tasks: Set<TurnTask>, untilMs: number, act: (task: TurnTask) => void): void {
    for (const task of tasks) {
      tasks.delete(task);
      act(task);
      if (this.#clockMs() >= untilMs) return;
    }
  }
}

/** A process has one event loop, so its links share one scheduler unless they are told otherwise. */
export const SHARED_SCHEDULER = new TurnScheduler();
