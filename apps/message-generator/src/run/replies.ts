import type { ReplyPlan, Send } from '../format/model.ts';
import type { Scope } from '../values/evaluate.ts';
import { matches } from '../values/match.ts';
import type { DecodedFrame } from '../wire/decode.ts';
import type { AnyPeer, DecodedLine } from '../wire/peer.ts';
import { save } from './checks.ts';
import { atPointer, savePointers } from './sv1Checks.ts';

export interface RepliesOptions {
  readonly plans: readonly ReplyPlan[];
  readonly scope: Scope;
  send(send: Send, peer: AnyPeer, connection: string): Promise<void>;
  /** Shows a message that is answered. */
  note(item: DecodedFrame | DecodedLine, connection: string): void;
  /** What went wrong with an answer, other than that the peer is gone. */
  onError(error: Error): void;
}

/** Answers as soon as a message comes: how a test is an upstream in the background. */
export class Replies {
  readonly #options: RepliesOptions;
  readonly #left: Map<ReplyPlan, number>;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: RepliesOptions) {
    this.#options = options;
    this.#left = new Map(options.plans.map((plan) => [plan, plan.times ?? Number.POSITIVE_INFINITY]));
  }

  attach(connection: string, peer: AnyPeer): void {
    const plans = this.#options.plans.filter((plan) => plan.connection === connection);
    if (plans.length === 0) return;
    for (const plan of plans) if (plan.onOpen) this.#greet(plan, peer);
    peer.inbox.onItem = (item: DecodedFrame | DecodedLine) => {
      const plan = plans.find((candidate) => this.#isMeant(candidate, item));
      if (plan === undefined) return;
      this.#left.set(plan, (this.#left.get(plan) ?? 0) - 1);
      this.#options.note(item, connection);
      this.#queue = this.#queue.then(() => this.#answer(plan, item, peer)).catch(this.#failed);
    };
  }

  readonly #failed = (error: unknown): void => {
    const gone =
      error instanceof Error && ('code' in error ? /^E[A-Z]+$/.test(String(error.code)) : error.constructor === Error);
    if (!gone) this.#options.onError(error as Error);
  };

  /** Waits for nothing but the handshake, so that nothing here waits for it. */
  #greet(plan: ReplyPlan, peer: AnyPeer): void {
    void peer.ready.then(() => this.#send(plan, peer)).catch(this.#failed);
  }

  async #send({ sends, connection }: ReplyPlan, peer: AnyPeer): Promise<void> {
    for (const one of sends) await this.#options.send(one, peer, connection);
  }

  async #answer(plan: ReplyPlan, item: DecodedFrame | DecodedLine, peer: AnyPeer): Promise<void> {
    const { scope } = this.#options;
    if ('frame' in item) save(plan.saves, item.json ?? {}, item, scope);
    else savePointers(plan.saves, item.json ?? null, scope);
    await this.#send(plan, peer);
  }

  #isMeant(plan: ReplyPlan, item: DecodedFrame | DecodedLine): boolean {
    if (plan.onOpen || (this.#left.get(plan) ?? 0) <= 0) return false;
    const { scope } = this.#options;
    if ('frame' in item) {
      const { definition, json } = item;
      if (definition === undefined || json === undefined || !plan.definitions.includes(definition)) return false;
      return plan.fields.every(({ field, expected }) => matches(expected, json[field] ?? null, scope));
    }
    const { json = null } = item;
    if (atPointer(json, '/method') !== plan.method || plan.method === undefined) return false;
    return plan.fields.every(({ field, expected }) => matches(expected, atPointer(json, field) ?? null, scope));
  }
}
