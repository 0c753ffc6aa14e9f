import type { Now } from '@stratumkit/codec';
import { MachineClock } from '../core/clock.ts';
import { TRACE, type World } from '../core/world.ts';
import type { EndpointOwner, Pump } from '../network/endpoint.ts';
import type { Host } from '../network/host.ts';

/** `kill`: the process ends, its machine tells the peers. `power`: the machine is gone, nobody is told. */
export type CrashKind = 'kill' | 'power';

/** Unwinds a turn in the middle of which the process died. */
const DIED = Symbol('the process died');

/** Monotonic clocks start anywhere up to a day. */
const MAX_BOOT_OFFSET_MS = 86_400_000;

/** What a process runs. */
export interface Machine<Input, Output> {
  handle(input: Input, now: Now): readonly Output[];
  readonly deadline: number | undefined;
}

/**
 * A process on a machine: it can die at any point and start again with nothing but what its disk holds. Subclasses hold a role
 * machine and do what an app does with it.
 */
export abstract class SimProcess<Input = unknown, Output = unknown> implements EndpointOwner {
  readonly world: World;
  readonly host: Host;
  readonly clock = new MachineClock();
  readonly #onError: (error: unknown, process: SimProcess) => void;
  #boot = 0;
  #isAlive = false;
  #isInTurn = false;
  #dirty: Pump[] = [];
  readonly #endpoints = new Set<Pump>();
  #crashAfter: { steps: number; readonly kind: CrashKind; readonly died: () => void } | undefined;
  #tickAtMs = Number.POSITIVE_INFINITY;
  readonly #inputs: Input[] = [];
  #isHandling = false;

  constructor(world: World, host: Host, onError: (error: unknown, process: SimProcess) => void) {
    this.world = world;
    this.host = host;
    this.#onError = onError;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** It is going to die, see {@link crashAfter}. */
  get isDoomed(): boolean {
    return this.#crashAfter !== undefined;
  }

  /** Counts the starts. */
  get boot(): number {
    return this.#boot;
  }

  get endpoints(): ReadonlySet<Pump> {
    return this.#endpoints;
  }

  now(): Now {
    return this.clock.read(this.world.nowMs);
  }

  start(): void {
    if (this.#isAlive) return;
    this.#boot++;
    this.#isAlive = true;
    this.host.powered = true;
    const offset = this.world.random(`boot:${this.host.name}:${this.#boot}`).below(MAX_BOOT_OFFSET_MS);
    this.clock.restart(offset);
    this.#tickAtMs = Number.POSITIVE_INFINITY;
    this.world.note(TRACE.process, this.host.index, this.#boot);
    this.turn(() => this.onStart());
  }

  crash(kind: CrashKind): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#crashAfter = undefined;
    this.world.note(TRACE.process, this.host.index, kind === 'kill' ? -1 : -2);
    this.host.accept = undefined;
    if (kind === 'power') this.host.powered = false;
    for (const endpoint of this.#endpoints) endpoint.drop(kind === 'kill');
    this.#endpoints.clear();
    this.#dirty = [];
    this.#inputs.length = 0;
    this.#isHandling = false;
    this.onCrash(kind);
    if (this.#isInTurn) throw DIED;
  }

  /** Dies when it has done so many more outputs: at any point, also between a commit and its acknowledgement. */
  crashAfter(steps: number, kind: CrashKind, died: () => void): void {
    this.#crashAfter = { steps, kind, died };
  }

  turn(action: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isInTurn) {
      action();
      return;
    }
    this.#isInTurn = true;
    try {
      action();
      this.#flush();
      this.#arm();
    } catch (error) {
      if (error !== DIED) this.#onError(error, this);
    } finally {
      this.#isInTurn = false;
    }
  }

  wakeAt(monotonicMs: number, action: () => void): void {
    const boot = this.#boot;
    this.world.at(this.clock.toVirtual(monotonicMs), () => {
      if (this.#boot === boot) this.turn(action);
    });
  }

  /** Does something later, unless the process has died by then. */
  later(delayMs: number, action: () => void): void {
    this.wakeAt(this.now().monotonicMs + delayMs, action);
  }

  markDirty(endpoint: Pump): void {
    this.#dirty.push(endpoint);
    if (!this.#isInTurn) this.turn(() => undefined);
  }

  addEndpoint(endpoint: Pump): void {
    this.#endpoints.add(endpoint);
  }

  removeEndpoint(endpoint: Pump): void {
    this.#endpoints.delete(endpoint);
  }

  /** Undefined while the process is dead. */
  protected abstract get machine(): Machine<Input, Output> | undefined;
  protected abstract onStart(): void;
  protected abstract onCrash(kind: CrashKind): void;
  protected abstract onTick(): void;
  /** Does what the machine says. */
  protected abstract apply(output: Output): void;
  /** The machine has taken an input; nothing of what it says is done yet. */
  protected onHandled(): void {}

  /** When a tick is wanted, in monotonic milliseconds. */
  protected get deadline(): number | undefined {
    return this.machine?.deadline;
  }

  /** One input at a time: what an output leads to waits until the outputs before it are done. After each the process may die. */
  protected handle(input: Input): void {
    if (this.#isHandling) {
      this.#inputs.push(input);
      return;
    }
    this.#isHandling = true;
    try {
      for (let next: Input | undefined = input; next !== undefined; next = this.#inputs.shift()) {
        const outputs = this.machine!.handle(next, this.now());
        this.onHandled();
        for (const output of outputs) {
          this.apply(output);
          this.#step();
        }
      }
    } finally {
      this.#isHandling = false;
    }
  }

  #step(): void {
    const crash = this.#crashAfter;
    if (crash === undefined || --crash.steps > 0) return;
    this.#crashAfter = undefined;
    crash.died();
    this.crash(crash.kind);
  }

  #flush(): void {
    while (this.#dirty.length > 0) {
      if (this.#dirty.length === 1) {
        this.#dirty.pop()!.flush();
        continue;
      }
      const dirty = this.#dirty;
      this.#dirty = [];
      for (const endpoint of dirty) endpoint.flush();
    }
  }

  /** One timer, set anew only when the deadline has come nearer. */
  #arm(): void {
    const { deadline } = this;
    if (deadline === undefined || deadline >= this.#tickAtMs) return;
    const atMs = Math.max(deadline, this.now().monotonicMs + 1);
    if (atMs >= this.#tickAtMs) return;
    this.#tickAtMs = atMs;
    const boot = this.#boot;
    this.world.at(this.clock.toVirtual(atMs), () => {
      if (this.#boot !== boot || this.#tickAtMs !== atMs) return;
      this.#tickAtMs = Number.POSITIVE_INFINITY;
      this.turn(() => this.onTick());
    });
  }
}
