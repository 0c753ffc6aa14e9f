import type { Now } from '@stratumkit/codec';
import { TickTimer } from './tickTimer.ts';

/** A sans-IO machine, as its edge sees it. */
export interface Machine<Input, Output> {
  /** When it wants a tick, in monotonic milliseconds. */
  readonly deadline: number | undefined;
  handle(input: Input, now: Now): Iterable<Output>;
}

/** What a machine is run with: time, and somebody who does what its outputs say. */
export interface MachineEdge<Input, Output> {
  readonly clock: () => Now;
  readonly apply: (output: Output) => void;
  /** Inputs that come of outputs just applied; asked after each input. */
  readonly followUps?: () => Iterable<Input>;
  /** When else a tick is due. */
  readonly deadline?: () => number | undefined;
}

/** Runs a machine: one input at a time, its outputs in order, and a tick when its deadline comes. */
export class MachineLoop<Input extends { readonly type: string }, Output> {
  readonly #machine: Machine<Input | { readonly type: 'tick' }, Output>;
  readonly #edge: MachineEdge<Input, Output>;
  readonly #inputs: (Input | { readonly type: 'tick' })[] = [];
  readonly #timer: TickTimer;
  #isHandling = false;
  #isClosed = false;

  constructor(machine: Machine<Input | { readonly type: 'tick' }, Output>, edge: MachineEdge<Input, Output>) {
    this.#machine = machine;
    this.#edge = edge;
    this.#timer = new TickTimer(edge.clock, () => this.handle({ type: 'tick' }));
  }

  /** What an output leads to waits until the outputs before it are done. */
  handle(input: Input | { readonly type: 'tick' }): void {
    if (this.#isClosed) return;
    this.#inputs.push(input);
    if (this.#isHandling) return;
    this.#isHandling = true;
    const { clock, apply, followUps, deadline } = this.#edge;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
        for (const output of this.#machine.handle(next, clock())) apply(output);
        for (const input of followUps?.() ?? []) this.#inputs.push(input);
      }
    } finally {
      this.#isHandling = false;
    }
    this.#timer.schedule(this.#machine.deadline);
    this.#timer.schedule(deadline?.());
  }

  /** Nothing is handled any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer.close();
  }
}
