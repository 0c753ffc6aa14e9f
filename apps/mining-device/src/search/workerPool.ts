import { Worker } from 'node:worker_threads';
import type { SearchDone, SearchTask } from './searchTask.ts';

/** Threads that search. One task at a time each. */
export interface SearchWorkers {
  readonly size: number;
  /** Number of workers without a task. */
  readonly idle: number;
  /** Runs on an idle worker; undefined if the worker was lost with the task. */
  run(task: SearchTask): Promise<SearchDone | undefined>;
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  readonly size: number;
  /** A worker died and was replaced. */
  readonly onFailure?: (error: Error) => void;
}

/** A worker that dies again and again is not replaced for ever. */
const MAX_REPLACEMENTS = 100;

interface Slot {
  worker: Worker;
  settle: ((done: SearchDone | undefined) => void) | undefined;
}

export function createWorkerPool(options: WorkerPoolOptions): SearchWorkers {
  return new WorkerPool(options);
}

class WorkerPool implements SearchWorkers {
  readonly #slots: Slot[] = [];
  readonly #onFailure: (error: Error) => void;
  #replacements = 0;
  #closed = false;

  constructor(options: WorkerPoolOptions) {
    this.#onFailure = options.onFailure ?? (() => {});
    for (let i = 0; i < options.size; i++) this.#slots.push(this.#start());
  }

  get size(): number {
    return this.#slots.length;
  }

  get idle(): number {
    return this.#slots.filter((slot) => slot.settle === undefined).length;
  }

  run(task: SearchTask): Promise<SearchDone | undefined> {
    const slot = this.#slots.find((each) => each.settle === undefined);
    if (slot === undefined || this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      slot.settle = resolve;
      slot.worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const slots = this.#slots.splice(0);
    for (const slot of slots) finish(slot, undefined);
    await Promise.all(slots.map((slot) => slot.worker.terminate()));
  }

  #start(): Slot {
    const slot: Slot = { worker: startWorker(), settle: undefined };
    this.#watch(slot);
    return slot;
  }

  #watch(slot: Slot): void {
    slot.worker.on('message', (done: SearchDone) => finish(slot, done));
    slot.worker.once('error', (error) => this.#replace(slot, error as Error));
  }

  #replace(slot: Slot, error: Error): void {
    if (this.#closed) return;
    this.#replacements++;
    if (this.#replacements <= MAX_REPLACEMENTS) {
      slot.worker = startWorker();
      this.#watch(slot);
    } else {
      this.#slots.splice(this.#slots.indexOf(slot), 1);
    }
    finish(slot, undefined);
    this.#onFailure(error);
  }
}

function finish(slot: Slot, done: SearchDone | undefined): void {
  const settle = slot.settle;
  slot.settle = undefined;
  settle?.(done);
}

/** The worker lies beside this file, as TypeScript in a checkout and as JavaScript when built. */
function startWorker(): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const url = new URL(isSource ? './search.worker.ts' : './search.worker.js', import.meta.url);
  return new Worker(url, isSource ? { execArgv: ['--conditions=@stratumkit/source'] } : {});
}
