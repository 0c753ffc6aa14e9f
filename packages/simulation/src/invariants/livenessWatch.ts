import type { DeviceProcess } from '../process/deviceProcess.ts';
import type { Invariants } from './invariants.ts';
import { type HashKey, hashKey } from './keys.ts';

/** With nothing wrong any more, a device mines on its pool's tip again within this time: a backoff and a connection attempt. */
export const WORK_WITHIN_MS = 90_000;
/** As long again for faults that only silence tells of: a device gives a silent pool 180 s. */
export const SILENCE_NOTICED_MS = 200_000;

/** When each device must have work, whatever has happened to it. */
export class LivenessWatch {
  readonly #invariants: Invariants;
  /** By device process: virtual time from which on it must have work. */
  readonly #due = new Map<DeviceProcess, number>();

  constructor(invariants: Invariants) {
    this.#invariants = invariants;
  }

  /** Something that touches the device lasts until then, or goes on (`Infinity`). */
  disturbed(device: DeviceProcess, untilMs: number, isSilent: boolean): void {
    const dueMs = untilMs + WORK_WITHIN_MS + (isSilent ? SILENCE_NOTICED_MS : 0);
    if (dueMs > (this.#due.get(device) ?? WORK_WITHIN_MS)) this.#due.set(device, dueMs);
  }

  /** Whether all that happened to the device is over, long enough that it must be at work. */
  isCalm(device: DeviceProcess, nowMs: number): boolean {
    return nowMs >= (this.#due.get(device) ?? WORK_WITHIN_MS);
  }

  /** To be called regularly, with the tip that a pool was told, and when. */
  check(
    devices: readonly DeviceProcess[],
    nowMs: number,
    tipOf: (device: DeviceProcess) => { tip: HashKey; sinceMs: number } | undefined,
  ): void {
    for (const device of devices) {
      if (!this.isCalm(device, nowMs)) continue;
      const pool = tipOf(device);
      for (const [index, searcher] of device.searchers.entries()) {
        const tip = searcher.order?.work.tip;
        this.#invariants.check(
          'work-in-time',
          tip !== undefined,
          () => `device ${index + 1} of ${device.node.name} has no work although every fault is long over`,
        );
        if (tip === undefined || pool === undefined || nowMs < pool.sinceMs + WORK_WITHIN_MS) continue;
        this.#invariants.check(
          'no-stale-jobs',
          hashKey(tip.prevHash) === pool.tip,
          () =>
            `device ${index + 1} of ${device.node.name} mines on a tip that its pool left ${nowMs - pool.sinceMs} ms ago`,
        );
      }
    }
  }
}
