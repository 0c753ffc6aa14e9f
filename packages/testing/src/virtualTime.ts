import { performance } from 'node:perf_hooks';
import { UsageError } from '@stratumkit/codec';

/** Time goes on in steps of this, so that timers of many machines are due together. */
const STEP_MS = 10;
/** Turns of the event loop in which nothing happens before the process counts as idle. */
const IDLE_TURNS = 20;

/**
 * Runs something while time stands still, except where this process has nothing to do: then the clock goes to the next timer. So a wait for
 * what never comes takes no time, and nothing is late because the machine is busy. `performance.now`, `Date.now` and the timers are of that
 * time. Sockets are real and have to be `noDelay`: the kernel holds small writes of others back for real milliseconds, which are hours here.
 * What threads, disks and other processes do is not waited for, and timers that are left at the end never fire. Throws UsageError where one
 * runs already.
 */
export async function inVirtualTime<T>(run: () => Promise<T>): Promise<T> {
  const time = new VirtualTime();
  time.install();
  try {
    return await run();
  } finally {
    time.uninstall();
  }
}

const REAL = { setImmediate, clearTimeout, clearInterval, now: performance.now };

class VirtualTime {
  static #running = false;
  readonly #timers = new Set<VirtualTimer>();
  /** Whole, so that steps added to it are exact. */
  readonly #startMs = Math.ceil(performance.now());
  readonly #startUnixMs = Date.now();
  #nowMs = this.#startMs;
  /** Calls that promise something for a later turn. */
  #calls = 0;
  readonly #undo: (() => void)[] = [];
  #isOver = false;

  install(): void {
    if (VirtualTime.#running) throw new UsageError('virtual-time', 'virtual time runs already');
    VirtualTime.#running = true;
    const start =
      (repeats: boolean) =>
      (run: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
        const delay = Math.max(1, Number(delayMs) || 0);
        const timer = new VirtualTimer(() => run(...args), this.#nowMs + delay, repeats ? delay : undefined);
        this.#timers.add(timer);
        this.#calls++;
        return timer;
      };
    const clear = (real: (timer: never) => void) => (timer: unknown) => {
      if (timer instanceof VirtualTimer) this.#timers.delete(timer);
      else real(timer as never);
    };
    this.#replace(globalThis, 'setTimeout', start(false));
    this.#replace(globalThis, 'setInterval', start(true));
    this.#replace(globalThis, 'clearTimeout', clear(REAL.clearTimeout));
    this.#replace(globalThis, 'clearInterval', clear(REAL.clearInterval));
    this.#replace(globalThis, 'setImmediate', (run: (...args: unknown[]) => void, ...args: unknown[]) => {
      this.#calls++;
      return REAL.setImmediate(run, ...args);
    });
    this.#replace(performance, 'now', () => this.#nowMs);
    this.#replace(Date, 'now', () => Math.floor(this.#startUnixMs + this.#nowMs - this.#startMs));
    this.#watch();
  }

  uninstall(): void {
    this.#isOver = true;
    for (const undo of this.#undo) undo();
    VirtualTime.#running = false;
  }

  #replace(owner: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(owner, name);
    Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: true });
    this.#undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, before);
    });
  }

  #watch(): void {
    let seen = -1;
    let idleTurns = 0;
    const turn = (): void => {
      if (this.#isOver) return;
      const happened = performance.nodeTiming.uvMetricsInfo.events + this.#calls;
      idleTurns = happened === seen ? idleTurns + 1 : 0;
      seen = happened;
      if (idleTurns >= IDLE_TURNS) {
        idleTurns = 0;
        this.#goOn();
      }
      REAL.setImmediate(turn);
    };
    turn();
  }

  #goOn(): void {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { dueMs } of this.#timers) nextMs = Math.min(nextMs, dueMs);
    if (nextMs === Number.POSITIVE_INFINITY) return;
    this.#nowMs = this.#startMs + Math.ceil((nextMs - this.#startMs) / STEP_MS) * STEP_MS;
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= this.#nowMs).sort((a, b) => a.dueMs - b.dueMs);
    for (const timer of due) {
      // One that was due with it may have cleared it.
      if (!this.#timers.has(timer)) continue;
      if (timer.everyMs === undefined) this.#timers.delete(timer);
      else timer.dueMs = this.#nowMs + timer.everyMs;
      timer.run();
    }
  }
}

class VirtualTimer {
  readonly run: () => void;
  dueMs: number;
  readonly everyMs: number | undefined;

  constructor(run: () => void, dueMs: number, everyMs: number | undefined) {
    this.run = run;
    this.dueMs = dueMs;
    this.everyMs = everyMs;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
