import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { CommandPlan, OutputCondition } from '../format/model.ts';
import { CheckFailure } from './failure.ts';
import { forgetGroup, guardGroup } from './guard.ts';

export interface CommandOptions {
  readonly compat: boolean;
  readonly readyMs: number | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly workingDirectory: string;
  interpolate(text: string): string;
  /** A hard failure that comes up while the test does something else. */
  onFailure(failure: CheckFailure): void;
  onLine(line: string, command: string): void;
}

/** How long a child may take to end after SIGTERM, outside of compat. */
const TERMINATE_MS = 2_000;
const TAIL_LINES = 20;

/** The processes of one test. Whatever it started is gone after `stop`; nothing else is touched. */
export class Commands {
  readonly #options: CommandOptions;
  readonly #children: Child[] = [];
  /** What `kill N` counts: the processes of the setup. */
  readonly #setup: Child[] = [];

  constructor(options: CommandOptions) {
    this.#options = options;
  }

  async runSetup(plans: readonly CommandPlan[], signal: AbortSignal): Promise<void> {
    for (const plan of plans) {
      if (plan.command === 'sleep') await pause(Number(plan.args[0] ?? 0), signal);
      else if (plan.command === 'kill') await this.#kill(Number(plan.args[0] ?? 0));
      else this.#setup.push(await this.#start(plan, signal));
    }
  }

  async runExecution(plans: readonly CommandPlan[], signal: AbortSignal): Promise<void> {
    for (const plan of plans) await this.#start(plan, signal);
  }

  /** Each is waited for until it exits. */
  async runCleanup(plans: readonly CommandPlan[], signal: AbortSignal): Promise<void> {
    for (const plan of plans) {
      const child = await this.#start(plan, signal);
      await within(child.exited, this.#options.readyMs, signal, `${plan.command} did not end`);
    }
  }

  /** Ends every child that is still there, with all that it started in its process group. */
  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop(this.#options.compat ? 0 : TERMINATE_MS)));
  }

  async #start(plan: CommandPlan, signal: AbortSignal): Promise<Child> {
    try {
      return await this.#startAndWait(plan, signal);
    } catch (error) {
      throw error instanceof CheckFailure ? error.at(plan) : error;
    }
  }

  async #startAndWait(plan: CommandPlan, signal: AbortSignal): Promise<Child> {
    signal.throwIfAborted();
    const child = new Child(plan, this.#options);
    this.#children.push(child);
    await child.started;
    if (plan.conditions !== undefined) {
      const { readyMs, compat } = this.#options;
      const limit = compat
        ? undefined
        : Math.min(plan.conditions.timerMs || Number.POSITIVE_INFINITY, readyMs ?? Number.POSITIVE_INFINITY);
      const what = `${plan.command} ${plan.args.join(' ')}: no output that the test waits for`;
      await within(
        child.ready,
        limit === Number.POSITIVE_INFINITY ? undefined : limit,
        signal,
        () => `${what}${child.tail()}`,
      );
    }
    return child;
  }

  async #kill(index: number): Promise<void> {
    const child = this.#setup[index];
    if (child === undefined) throw new CheckFailure(`kill ${index}: no such setup command`, { hard: true });
    await child.stop(0);
  }
}

/** One process in a group of its own. */
class Child {
  readonly started: Promise<void>;
  readonly ready: Promise<void>;
  readonly exited: Promise<void>;
  readonly #process: ChildProcess;
  readonly #plan: CommandPlan;
  readonly #options: CommandOptions;
  readonly #lines: string[] = [];
  #phase: 'starting' | 'ready' | 'over' = 'starting';
  #becomeReady: () => void = () => undefined;
  #fail: (failure: CheckFailure) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #gone = false;
  #groupLeft = true;

  constructor(plan: CommandPlan, options: CommandOptions) {
    this.#plan = plan;
    this.#options = options;
    const args = plan.args.map((argument) => options.interpolate(argument));
    this.#process = spawn(plan.command, args, {
      cwd: options.workingDirectory,
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it starts ends with it and Ctrl-C is ours to handle.
      detached: true,
    });
    const child = this.#process;
    this.started = new Promise((resolve, reject) => {
      child.once('spawn', () => {
        if (child.pid !== undefined) guardGroup(child.pid);
        resolve();
      });
      child.once('error', (error: NodeJS.ErrnoException) =>
        reject(new CheckFailure(`${plan.command} cannot be started (${error.code ?? error.message})`, { hard: true })),
      );
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        this.#gone = true;
        // An empty group is forgotten at once: its number may be somebody else's later.
        if (child.pid !== undefined && !isGroupAlive(child.pid)) this.#groupLeft = false;
        if (child.pid !== undefined && !this.#groupLeft) forgetGroup(child.pid);
        resolve();
      });
      child.once('error', () => resolve());
    });
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve;
      this.#fail = reject;
    });
    this.ready.catch(() => undefined);
    this.#watch(child.stdout, 'stdout');
    this.#watch(child.stderr, 'stderr');
    child.once('close', (code: number | null) => this.#closed(code));
  }

  tail(): string {
    return this.#lines.length === 0 ? '' : `; its last output:\n    ${this.#lines.join('\n    ')}`;
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    const { pid } = this.#process;
    if (pid === undefined || !this.#groupLeft) return;
    if (!this.#gone && graceMs > 0) {
      signalGroup(pid, 'SIGTERM');
      const timer = createTimer(graceMs);
      await Promise.race([this.exited, timer.promise]);
      timer.clear();
    }
    // The group may outlive its leader.
    if (this.#groupLeft) signalGroup(pid, 'SIGKILL');
    await this.exited;
    forgetGroup(pid);
  }

  #watch(stream: Readable | null, name: 'stdout' | 'stderr'): void {
    if (stream === null) return;
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#line(line, name);
    });
    stream.on('end', () => {
      if (rest !== '') this.#line(rest, name);
      // The original takes the end of either stream for readiness: a mock that runs to its end relies on it.
      if (this.#options.compat) this.#streamEnded();
    });
  }

  #line(line: string, stream: 'stdout' | 'stderr'): void {
    this.#lines.push(line);
    if (this.#lines.length > TAIL_LINES) this.#lines.shift();
    this.#options.onLine(line, this.#plan.command);
    const { conditions } = this.#plan;
    if (conditions === undefined || this.#phase === 'over') return;
    const late = this.#phase === 'ready';
    const fits = (condition: OutputCondition) =>
      condition.late === late &&
      condition.stream === stream &&
      line.includes(this.#options.interpolate(condition.text));
    const hit = conditions.conditions.find(fits);
    if (hit === undefined) return;
    if (hit.wanted) {
      if (late) this.#over();
      else this.#nowReady();
    } else this.#failed(`${this.#plan.command} printed what it must not: ${line}`);
  }

  #nowReady(): void {
    if (this.#phase !== 'starting') return;
    this.#phase = 'ready';
    this.#becomeReady();
    const { conditions } = this.#plan;
    if (conditions === undefined || this.#stopping) return;
    const awaitsMore = conditions.conditions.some((condition) => condition.late && condition.wanted);
    // In the original `timer_secs` limits the rest of the test, whether it waits for anything or not.
    if (!awaitsMore && !this.#options.compat) return;
    this.#timer = setTimeout(() => {
      if (conditions.warnNoPanic) this.#over();
      else this.#failed(`${this.#plan.command}: ${conditions.timerMs / 1000} s passed since it was ready`);
    }, conditions.timerMs);
  }

  #over(): void {
    this.#phase = 'over';
    clearTimeout(this.#timer);
  }

  #streamEnded(): void {
    if (this.#phase === 'starting') this.#nowReady();
    this.#over();
  }

  /** Outside of compat, ending in order is readiness only for a command that has nothing to wait for. */
  #closed(code: number | null): void {
    const { conditions, command } = this.#plan;
    if (this.#phase === 'starting' && conditions !== undefined && !this.#options.compat) {
      const awaits = conditions.conditions.some((condition) => !condition.late && condition.wanted);
      if (awaits || code !== 0)
        this.#failed(`${command} ended (${code ?? 'by a signal'}) before it was ready${this.tail()}`);
      else this.#nowReady();
    }
    this.#over();
  }

  #failed(message: string): void {
    const wasStarting = this.#phase === 'starting';
    this.#over();
    if (this.#stopping) return;
    const failure = new CheckFailure(message, { hard: true }).at(this.#plan);
    if (wasStarting) this.#fail(failure);
    else this.#options.onFailure(failure);
  }
}

function isGroupAlive(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Gone already, which is what is wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH' && (error as NodeJS.ErrnoException).code !== 'EPERM')
      throw error;
  }
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const timer = createTimer(ms);
  const aborted = onAbort(signal);
  try {
    await Promise.race([timer.promise, aborted.promise]);
  } finally {
    timer.clear();
    aborted.clear();
  }
}

/** The promise, unless the time is over or the test is aborted. */
export async function within<T>(
  promise: Promise<T>,
  limitMs: number | undefined,
  signal: AbortSignal,
  message: string | (() => string),
): Promise<T> {
  const timer = createTimer(limitMs);
  const aborted = onAbort(signal);
  const late = timer.promise.then(() => {
    throw new CheckFailure(`${typeof message === 'string' ? message : message()} (waited ${limitMs} ms)`, {
      hard: true,
    });
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late, aborted.promise]);
  } finally {
    timer.clear();
    aborted.clear();
  }
}

function createTimer(ms: number | undefined): { promise: Promise<void>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<void>((resolve) => {
    if (ms !== undefined) timer = setTimeout(resolve, ms);
  });
  return { promise, clear: () => clearTimeout(timer) };
}

function onAbort(signal: AbortSignal): { promise: Promise<never>; clear(): void } {
  let listener: () => void = () => undefined;
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(signal.reason);
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
  });
  promise.catch(() => undefined);
  return { promise, clear: () => signal.removeEventListener('abort', listener) };
}
