/** How long a slice of work should take: short enough to drop stale work soon, long enough not to be all overhead. */
const SLICE_MS = 50;
const MAX_SLICE_MS = 1_000;
/** With very many devices slices grow, so that the number of slices a second stays bounded. */
const SLICE_MS_PER_DEVICE = 2;
/** A device that the workers cannot keep up with does not save up more than this. */
const MAX_LAG_MS = 1_000;
/** When a device found its search space used up. */
const EXHAUSTED_RETRY_MS = 100;
const FIRST_GUESS_PER_MS = 500;

interface Device {
  /** Hashes a millisecond; undefined for as many as there is room for. */
  readonly ratePerMs: number | undefined;
  dueMs: number;
  busy: boolean;
  enabled: boolean;
}

export interface Slice {
  readonly device: number;
  readonly count: number;
}

/** Decides which device hashes next and how much, so that every device keeps its hashrate. Knows no clock and no worker. */
export class HashScheduler {
  readonly #devices: readonly Device[];
  readonly #sliceMs: number;
  #workerRatePerMs: number;

  /** `hashrates` in hashes a second, undefined for unlimited; `workerHashrate` is the first guess of what a worker does. */
  constructor(hashrates: readonly (number | undefined)[], workerHashrate: number = FIRST_GUESS_PER_MS * 1000) {
    this.#devices = hashrates.map((rate) => ({
      ratePerMs: rate === undefined ? undefined : rate / 1000,
      dueMs: 0,
      busy: false,
      enabled: false,
    }));
    this.#sliceMs = Math.min(MAX_SLICE_MS, Math.max(SLICE_MS, hashrates.length * SLICE_MS_PER_DEVICE));
    this.#workerRatePerMs = workerHashrate / 1000;
  }

  /** The device that has waited longest, marked as busy; undefined if none with work is due. */
  next(nowMs: number): Slice | undefined {
    let best: number | undefined;
    this.#devices.forEach(({ busy, enabled, dueMs }, index) => {
      if (busy || !enabled || dueMs > nowMs) return;
      if (best === undefined || dueMs < this.#devices[best]!.dueMs) best = index;
    });
    if (best === undefined) return undefined;
    const device = this.#devices[best]!;
    device.busy = true;
    if (device.ratePerMs !== undefined) device.dueMs = Math.max(device.dueMs, nowMs - MAX_LAG_MS);
    const perMs = Math.min(device.ratePerMs ?? this.#workerRatePerMs, this.#workerRatePerMs);
    return { device: best, count: Math.max(1, Math.round(perMs * this.#sliceMs)) };
  }

  /** When the next device becomes due that has work and is not busy. */
  get nextDueMs(): number | undefined {
    let earliest: number | undefined;
    for (const { busy, enabled, dueMs } of this.#devices) {
      if (!busy && enabled && (earliest === undefined || dueMs < earliest)) earliest = dueMs;
    }
    return earliest;
  }

  /** The slice is done: `tried` hashes in `elapsedMs` of a worker. */
  done(index: number, tried: number, elapsedMs: number, nowMs: number): void {
    const device = this.#devices[index]!;
    device.busy = false;
    device.dueMs = device.ratePerMs === undefined ? nowMs : device.dueMs + tried / device.ratePerMs;
    if (elapsedMs > 1 && tried > 0) this.#workerRatePerMs = this.#workerRatePerMs * 0.8 + (tried / elapsedMs) * 0.2;
  }

  /** The device found nothing left to search for now. */
  exhausted(index: number, nowMs: number): void {
    const device = this.#devices[index]!;
    device.busy = false;
    device.dueMs = nowMs + EXHAUSTED_RETRY_MS;
  }

  /** Tells whether the device has work. What it could not do while it had none is not made up for. */
  setEnabled(index: number, enabled: boolean, nowMs: number): void {
    const device = this.#devices[index]!;
    if (enabled && !device.enabled) device.dueMs = Math.max(device.dueMs, nowMs);
    device.enabled = enabled;
  }
}
