import type { Socket } from 'node:net';
import type { Scope } from '../values/evaluate.ts';
import { corrupted, type Passing, passingOf } from './passing.ts';
import type { RuleBook } from './ruleBook.ts';
import type { Effect, Heading } from './script.ts';
import { type Intercepted, type SideCodec, writeTo } from './side.ts';

/** What both lanes of a link share. */
export interface LaneOptions {
  readonly scope: Scope;
  onMessage(message: Intercepted, to: Heading, effect: Effect | undefined): void;
  onEvent(text: string): void;
  /** A rule or a fault has it that everything ends. */
  onCrash(): void;
}

/** One direction. Messages leave in the order in which they came, unless a rule says otherwise. */
export class Lane {
  readonly #to: Heading;
  readonly #socket: Socket;
  readonly #codec: SideCodec;
  readonly #options: LaneOptions;
  readonly #book: RuleBook;
  readonly #hangUp: (how: 'fin' | 'reset') => void;
  /** Held back by `reorder`. */
  readonly #held: { readonly message: Intercepted; left: number }[] = [];
  readonly #answer: (message: Intercepted) => void;
  #queue: Promise<void>;
  #open: () => void = () => undefined;
  waiting = 0;
  isOpen = false;

  constructor(
    to: Heading,
    socket: Socket,
    codec: SideCodec,
    options: LaneOptions,
    book: RuleBook,
    hangUp: (how: 'fin' | 'reset') => void,
    answer: (message: Intercepted) => void,
  ) {
    this.#to = to;
    this.#socket = socket;
    this.#codec = codec;
    this.#options = options;
    this.#book = book;
    this.#hangUp = hangUp;
    this.#answer = answer;
    this.#queue = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** The side this leads to can be written to. */
  open(): void {
    this.isOpen = true;
    this.#open();
  }

  take(message: Intercepted): void {
    const effect = this.#book.effectOn(message, this.#to);
    this.#options.onMessage(message, this.#to, effect);
    // What a rule makes is made now, of what is known now.
    let passing: Passing;
    try {
      passing = passingOf(message, effect, this.#options.scope);
    } catch (error) {
      this.#options.onEvent((error as Error).message);
      passing = { before: [], message, after: [], back: [] };
    }
    this.#book.passed(message);
    this.waiting++;
    this.#queue = this.#queue
      .then(() => this.#apply(passing, effect))
      .catch((error: unknown) => this.#options.onEvent((error as Error).message))
      .finally(() => {
        this.waiting--;
      });
  }

  /** A message of our own, behind those that wait. */
  put(message: Intercepted): void {
    this.#queue = this.#queue
      .then(() => this.#send(message))
      .catch((error: unknown) => this.#options.onEvent((error as Error).message));
  }

  drained(): Promise<void> {
    return this.#queue;
  }

  /** Sends all that waits, held messages too. */
  async finish(): Promise<void> {
    await this.#queue;
    for (const { message } of this.#held.splice(0)) await this.#send(message);
  }

  async #apply({ before, message, after, back }: Passing, effect: Effect | undefined): Promise<void> {
    for (const made of back) this.#answer(made);
    for (const made of before) await this.#send(made);
    if (message !== undefined) await this.#carryOut(message, effect);
    for (const made of after) await this.#send(made);
  }

  async #carryOut(message: Intercepted, effect: Effect | undefined): Promise<void> {
    switch (effect?.kind) {
      case 'crash':
        this.#options.onCrash();
        return;
      case 'close':
        this.#hangUp(effect.how);
        return;
      case 'reorder':
        this.#held.push({ message, left: effect.by });
        return;
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, effect.ms));
        break;
      case 'duplicate':
        for (let copy = 0; copy < effect.times; copy++) await this.#send(message);
        break;
      case 'corrupt':
        return this.#pass(corrupted(message, effect), effect);
    }
    return this.#pass(message);
  }

  async #pass(message: Intercepted, effect?: Extract<Effect, { kind: 'corrupt' }>): Promise<void> {
    await this.#send(message, effect?.sealed === true ? effect.offsets : []);
    for (const held of this.#held) held.left--;
    while (this.#held[0] !== undefined && this.#held[0].left <= 0) {
      const next = this.#held.shift();
      if (next !== undefined) await this.#send(next.message);
    }
  }

  #send(message: Intercepted, flipped: readonly number[] = []): Promise<void> {
    const bytes = this.#codec.encode(message);
    for (const offset of flipped) if (offset < bytes.length) bytes[offset]! ^= 1;
    return writeTo(this.#socket, bytes);
  }
}
