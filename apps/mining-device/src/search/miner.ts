import type { Now } from '@stratumkit/codec';
import type { SearchChunk } from '@stratumkit/roles';
import { HashScheduler } from './hashScheduler.ts';
import type { SearchWorkers } from './workerPool.ts';

export interface MinerOptions {
  /** Hashes a second of each device; undefined for as many as the workers give. */
  readonly hashrates: readonly (number | undefined)[];
  readonly workers: SearchWorkers;
  readonly clock: () => Now;
  readonly take: (device: number, count: number, now: Now) => SearchChunk | undefined;
  readonly onFound: (device: number, chunk: SearchChunk, nonce: number) => void;
  readonly workerHashrate?: number;
}

/** Keeps the workers busy with the devices' chunks. */
export class Miner {
  readonly #options: MinerOptions;
  readonly #scheduler: HashScheduler;
  /** Hashes done since the start, by device. */
  readonly hashes: number[];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: MinerOptions) {
    this.#options = options;
    this.#scheduler = new HashScheduler(options.hashrates, options.workerHashrate);
    this.hashes = options.hashrates.map(() => 0);
  }

  /** Tells whether a device has work now. */
  setWorking(device: number, working: boolean): void {
    this.#scheduler.setEnabled(device, working, this.#options.clock().monotonicMs);
    if (working) this.#fill();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #fill(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stopped) return;
    const { workers, clock, take } = this.#options;
    const now = clock();
    while (workers.idle > 0) {
      const slice = this.#scheduler.next(now.monotonicMs);
      if (slice === undefined) break;
      const chunk = take(slice.device, slice.count, now);
      if (chunk === undefined) this.#scheduler.exhausted(slice.device, now.monotonicMs);
      else void this.#search(slice.device, chunk);
    }
    const dueMs = workers.idle === 0 ? undefined : this.#scheduler.nextDueMs;
    if (dueMs === undefined) return;
    this.#timer = setTimeout(() => this.#fill(), Math.max(1, Math.ceil(dueMs - now.monotonicMs)));
  }

  async #search(device: number, chunk: SearchChunk): Promise<void> {
    const { header, target, firstNonce, nonceCount } = chunk;
    const done = await this.#options.workers.run({ header, target, firstNonce, count: nonceCount });
    if (this.#stopped) return;
    const { nonces, tried, elapsedMs } = done ?? { nonces: [], tried: 0, elapsedMs: 0 };
    this.hashes[device] = this.hashes[device]! + tried;
    const nowMs = this.#options.clock().monotonicMs;
    if (done === undefined) this.#scheduler.exhausted(device, nowMs);
    else this.#scheduler.done(device, tried, elapsedMs, nowMs);
    for (const nonce of nonces) this.#options.onFound(device, chunk, nonce);
    this.#fill();
  }
}
