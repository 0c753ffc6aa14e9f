import type { Prng } from '../core/prng.ts';
import { TRACE, type World } from '../core/world.ts';

export interface DiskConditions {
  /** From a write to its being durable. */
  readonly syncMs: number;
  readonly jitterMs: number;
  /** Nothing becomes durable before this virtual time. */
  readonly stalledUntilMs: number;
  /** Writes fail. */
  readonly failing: boolean;
}

const GOOD_DISK: DiskConditions = { syncMs: 2, jitterMs: 6, stalledUntilMs: 0, failing: false };

/** A file that is only appended to; who wants its records keeps them. What was not synced when the process died may be there or not: a prefix of it survives. */
export class SimulatedDisk<T> {
  readonly #world: World;
  readonly #random: Prng;
  readonly #id: number;
  #written = 0;
  #pending: { readonly record: T; readonly done: (durable: boolean) => void }[] = [];
  #syncing = false;
  #generation = 0;
  #repairedMs = Number.NEGATIVE_INFINITY;
  readonly #onDurable: (record: T) => void;
  conditions: DiskConditions = GOOD_DISK;

  /** `onDurable` is told of every record that the file has, whoever survives to read it. */
  constructor(world: World, random: Prng, id: number, onDurable: (record: T) => void) {
    this.#onDurable = onDurable;
    this.#world = world;
    this.#random = random;
    this.#id = id;
  }

  /** Durable records. */
  get written(): number {
    return this.#written;
  }

  get waiting(): number {
    return this.#pending.length;
  }

  get isGood(): boolean {
    return this.conditions === GOOD_DISK;
  }

  /** Virtual time of the last repair. */
  get repairedMs(): number {
    return this.#repairedMs;
  }

  repair(): void {
    this.conditions = GOOD_DISK;
    this.#repairedMs = this.#world.nowMs;
  }

  append(record: T, done: (durable: boolean) => void): void {
    this.#pending.push({ record, done });
    this.#sync();
  }

  /** The process has died. Of a `kill` the kernel still writes what it was given. */
  crash(kind: 'kill' | 'power'): void {
    this.#generation++;
    this.#syncing = false;
    const survivors = kind === 'kill' ? this.#pending.length : this.#random.below(this.#pending.length + 1);
    if (!this.conditions.failing) for (const { record } of this.#pending.slice(0, survivors)) this.#write(record);
    this.#pending = [];
  }

  #write(record: T): void {
    this.#written++;
    this.#onDurable(record);
  }

  /** One sync at a time, for all that was written before it began. */
  #sync(): void {
    if (this.#syncing || this.#pending.length === 0) return;
    this.#syncing = true;
    const generation = this.#generation;
    const count = this.#pending.length;
    const { syncMs, jitterMs, stalledUntilMs } = this.conditions;
    const atMs = Math.max(stalledUntilMs, this.#world.nowMs + syncMs + jitterMs * this.#random.fraction());
    this.#world.at(atMs, () => {
      if (this.#generation !== generation) return;
      this.#syncing = false;
      const written = this.#pending.splice(0, count);
      const durable = !this.conditions.failing;
      this.#world.note(TRACE.disk, this.#id, durable ? count : -count);
      if (durable) for (const { record } of written) this.#write(record);
      for (const { done } of written) {
        if (this.#generation === generation) done(durable);
      }
      this.#sync();
    });
  }
}
