import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Resources } from './resources.ts';

export { Counter, Gauge, Histogram, Registry } from 'prom-client';

const STALL_RESOLUTION_MS = 10;

/** A registry of an app's own, with what every process shows: uptime, memory, and how late the event loop runs. */
export function createMetrics(resources: Resources): Registry {
  const registry = new Registry();
  const registers = [registry];
  const startedAt = performance.now();
  new Gauge({
    name: 'sv2_uptime_seconds',
    help: 'Seconds since the app was started.',
    registers,
    collect() {
      this.set((performance.now() - startedAt) / 1000);
    },
  });
  new Gauge({
    name: 'sv2_process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  const monitor = monitorEventLoopDelay({ resolution: STALL_RESOLUTION_MS });
  monitor.enable();
  resources.add('event loop monitor', () => void monitor.disable());
  new Gauge({
    name: 'sv2_event_loop_delay_seconds',
    help: 'How late timers ran since the last reading.',
    labelNames: ['quantile'],
    registers,
    collect() {
      const delay = readDelay(monitor);
      this.set({ quantile: '0.5' }, delay.p50);
      this.set({ quantile: '0.99' }, delay.p99);
      this.set({ quantile: '1' }, delay.max);
    },
  });
  return registry;
}

/** Counters and gauges of one role, each called `<prefix>_<name>`. */
export class RoleMetrics {
  readonly #prefix: string;
  readonly #registers: Registry[];

  constructor(registry: Registry, prefix: string) {
    this.#registers = [registry];
    this.#prefix = prefix;
  }

  counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `${this.#prefix}_${name}`, help, labelNames, registers: this.#registers });
  }

  /** Its value is read when somebody asks. */
  gauge(name: string, help: string, read: () => number): void {
    this.#gauge(name, help, [], (gauge) => gauge.set(read()));
  }

  /** A value for each of a label's words, read when somebody asks. */
  gaugeBy(name: string, help: string, label: string, read: () => Iterable<readonly [string, number]>): void {
    this.#gauge(name, help, [label], (gauge) => {
      for (const [word, value] of read()) gauge.set({ [label]: word }, value);
    });
  }

  #gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
    const registers = this.#registers;
    new Gauge({
      name: `${this.#prefix}_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        collect(this);
      },
    });
  }
}

/** The monitor counts whole intervals in nanoseconds; what goes beyond its resolution is the delay. */
function readDelay(monitor: ReturnType<typeof monitorEventLoopDelay>): { p50: number; p99: number; max: number } {
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - STALL_RESOLUTION_MS / 1000);
  const empty = monitor.count === 0;
  const delay = {
    p50: empty ? 0 : seconds(monitor.percentile(50)),
    p99: empty ? 0 : seconds(monitor.percentile(99)),
    max: empty ? 0 : seconds(monitor.max),
  };
  monitor.reset();
  return delay;
}
