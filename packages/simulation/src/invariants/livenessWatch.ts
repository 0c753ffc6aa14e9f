import type { Invariants } from './invariants.ts';
import type { HashKey } from './keys.ts';

/** With nothing wrong any more, a device mines on its pool's tip again within this time: a backoff and a connection attempt. */
export const WORK_WITHIN_MS = 90_000;
/** As long again for faults that only silence tells of: a device gives a silent pool 180 s. */
export const SILENCE_NOTICED_MS = 200_000;

/** Whoever must have work. */
export interface Client {
  readonly node: { readonly name: string };
  /** Relays on the longest way to a pool. Each takes as long again: it has to find another upstream, or its clients another relay. */
  depth: number;
}

export interface Miner extends Client {
  /** Tip that each device mines on; undefined without work. */
  readonly minedTips: readonly (HashKey | undefined)[];
}

/** When each device must have work, whatever has happened to it. */
export class LivenessWatch {
  readonly #invariants: Invariants;
  /** Virtual time from which on they must have work. */
  readonly #due = new Map<Client, number>();

  constructor(invariants: Invariants) {
    this.#invariants = invariants;
  }

  /** Something that touches the client lasts until then, or goes on (`Infinity`). */
  disturbed(client: Client, untilMs: number, isSilent: boolean): void {
    const dueMs = untilMs + withinMs(client) + (isSilent ? SILENCE_NOTICED_MS : 0);
    if (dueMs > (this.#due.get(client) ?? 0)) this.#due.set(client, dueMs);
  }

  /** Whether all that happened to the client is over, long enough that it must be at work. */
  isCalm(client: Client, nowMs: number): boolean {
    return nowMs >= Math.max(withinMs(client), this.#due.get(client) ?? 0);
  }

  /** To be called regularly, with the tip that a device's pool was told, and since when the device can know. */
  check<M extends Miner>(
    devices: readonly M[],
    nowMs: number,
    tipOf: (device: M) => { tip: HashKey; sinceMs: number } | undefined,
  ): void {
    for (const device of devices) {
      if (!this.isCalm(device, nowMs)) continue;
      const pool = tipOf(device);
      for (const [index, tip] of device.minedTips.entries()) {
        this.#invariants.check(
          'work-in-time',
          tip !== undefined,
          () => `device ${index + 1} of ${device.node.name} has no work although every fault is long over`,
        );
        if (tip === undefined || pool === undefined || nowMs < pool.sinceMs + withinMs(device)) continue;
        this.#invariants.check(
          'no-stale-jobs',
          tip === pool.tip,
          () =>
            `device ${index + 1} of ${device.node.name} mines on a tip that its pool left ${nowMs - pool.sinceMs} ms ago`,
        );
      }
    }
  }
}

function withinMs({ depth }: Client): number {
  return WORK_WITHIN_MS * (1 + depth);
}
