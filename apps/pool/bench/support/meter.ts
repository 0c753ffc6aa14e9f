import type { Measured } from './protocol.ts';

const TIMER_MS = 10;

/** What this process used since it was last asked. */
export class Meter {
  #cpu = process.cpuUsage();
  #since = performance.now();
  #lateness: number[] = [];
  #timer = this.#watchTimers();

  /** Collects garbage first. */
  measure(): Omit<Measured, 'connections' | 'channels'> {
    const { user, system } = process.cpuUsage(this.#cpu);
    const wallMs = performance.now() - this.#since;
    const sorted = this.#lateness.sort((a, b) => a - b);
    const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
    const timerLatenessMs = { p50: at(0.5), p99: at(0.99), max: at(1) };
    global.gc?.();
    global.gc?.();
    const { rss, heapUsed: heap, external } = process.memoryUsage();
    this.#cpu = process.cpuUsage();
    this.#since = performance.now();
    this.#lateness = [];
    // What the collection made late does not count.
    clearTimeout(this.#timer);
    this.#timer = this.#watchTimers();
    return { cpuMs: (user + system) / 1000, wallMs, rss, heap, held: heap + external, timerLatenessMs };
  }

  #watchTimers(): NodeJS.Timeout {
    const due = performance.now() + TIMER_MS;
    return setTimeout(() => {
      this.#lateness.push(Math.max(0, performance.now() - due));
      this.#timer = this.#watchTimers();
    }, TIMER_MS);
  }
}
