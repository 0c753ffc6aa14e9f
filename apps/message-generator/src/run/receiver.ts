import { formatJson, type MessageDefinition } from '@stratumkit/codec';
import type { ActionStep, ResultPlan, Sv1Expectation, TestPlan, Timeouts } from '../format/model.ts';
import type { Scope } from '../values/evaluate.ts';
import { type DecodedFrame, frameTitle, hexByte } from '../wire/decode.ts';
import type { AnyPeer, DecodedLine } from '../wire/peer.ts';
import type { ChainWatch } from './chainWatch.ts';
import { detailOf, save } from './checks.ts';
import { CheckFailure } from './failure.ts';
import type { TranscriptEntry } from './report.ts';
import { show } from './show.ts';
import { savePointers } from './sv1Checks.ts';

export type Received = DecodedFrame | DecodedLine;

export interface ReceiverOptions {
  readonly plan: TestPlan;
  readonly timeouts: Timeouts;
  readonly scope: Scope;
  readonly signal: AbortSignal;
  readonly chain: ChainWatch;
  record(entry: Omit<TranscriptEntry, 'atMs'>): void;
}

/** Takes messages for results: passes over those of skip lists, and lets watches see every one. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #noted = new WeakSet<Received>();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** When a result that starts to wait now has waited long enough; undefined: never. */
  deadlineOf(result: ResultPlan): number | undefined {
    const limit = this.#limitOf(result);
    return limit === undefined ? undefined : performance.now() + limit;
  }

  /** The next message that counts for the result; undefined if the connection closes and the result allows that. Throws CheckFailure. */
  async next(
    peer: AnyPeer,
    result: ResultPlan,
    action: ActionStep,
    deadline = this.deadlineOf(result),
  ): Promise<Received | undefined> {
    const expected = describeExpectation(result);
    for (;;) {
      const left = deadline === undefined ? undefined : Math.max(deadline - performance.now(), 0);
      const taken = await peer.inbox.take(left, this.#options.signal);
      if (taken.kind === 'closed') {
        if ('orClosed' in result && result.orClosed) return undefined;
        throw new CheckFailure(`closed while a message was due: ${taken.reason}`, { expected, received: taken.reason });
      }
      if (taken.kind === 'timeout') {
        throw new CheckFailure(`nothing came within ${this.#limitOf(result)} ms`, { expected, received: 'nothing' });
      }
      this.#see(taken.item, action);
      if (!this.#isSkipped(taken.item, action, result)) return taken.item;
    }
  }

  /** Passes if nothing that counts comes for this long. */
  async expectNothing(
    result: Extract<ResultPlan, { readonly kind: 'nothing' }>,
    peer: AnyPeer,
    action: ActionStep,
  ): Promise<void> {
    const deadline = performance.now() + result.forMs;
    for (;;) {
      const left = Math.max(deadline - performance.now(), 0);
      const taken = await peer.inbox.take(left, this.#options.signal);
      if (taken.kind !== 'item') return;
      const title = this.#see(taken.item, action);
      if (this.#isSkipped(taken.item, action, result)) continue;
      const detail = 'frame' in taken.item ? ` ${detailOf(taken.item)}` : '';
      throw new CheckFailure('a message came although none was expected', {
        expected: 'nothing',
        received: `${title}${detail}`,
      });
    }
  }

  #limitOf(result: ResultPlan): number | undefined {
    const own = 'timeoutMs' in result ? result.timeoutMs : undefined;
    return own ?? this.#options.timeouts.receiveMs;
  }

  /** Puts a message into the transcript, once. */
  note(item: Received, connection: string): void {
    if (this.#noted.has(item)) return;
    this.#noted.add(item);
    this.#options.chain.see(item);
    const title = 'frame' in item ? frameTitle(item) : 'line';
    const detail = 'frame' in item ? detailOf(item) : show(item.json ?? item.text);
    this.#options.record({ connection, direction: 'received', title, detail });
  }

  #see(item: Received, { connection }: ActionStep): string {
    this.note(item, connection);
    this.#watch(item, connection);
    return 'frame' in item ? frameTitle(item) : item.text;
  }

  #watch(item: Received, connection: string): void {
    const { scope, plan } = this.#options;
    for (const watch of plan.watch) {
      if (watch.connection !== undefined && watch.connection !== connection) continue;
      if ('frame' in item) {
        if (item.json !== undefined && 'definition' in watch && watch.definition === item.definition) {
          save(watch.saves, item.json, item, scope);
        }
      } else if (item.json !== undefined && 'method' in watch && methodOf(item) === watch.method) {
        savePointers(watch.saves, item.json, scope);
      }
    }
  }

  /** What an expectation names is never passed over by a list of the action or the test. */
  #isSkipped(item: Received, action: ActionStep, result: ResultPlan): boolean {
    const general = action.skip ?? this.#options.plan.skip;
    const own = 'skip' in result ? result.skip : [];
    const names = isNamed(item, result) ? own : [...general, ...own];
    if (names.length === 0) return false;
    if ('frame' in item) {
      const { name = '' } = item.definition ?? {};
      return names.some((entry) => [name, name.replaceAll('.', ''), hexByte(item.frame.messageType)].includes(entry));
    }
    const method = methodOf(item);
    return method !== undefined && names.includes(method);
  }
}

/** What a result waits for, in words. */
export function describeExpectation(result: ResultPlan): string {
  switch (result.kind) {
    case 'messageType':
      return `message type ${hexByte(result.messageType)}`;
    case 'matchFields':
      return result.typeName;
    case 'expect': {
      const all = result.of.map((alternatives) => namesOf(alternatives.flatMap(({ definitions }) => definitions)));
      return all.join(' and ') + (result.orClosed ? ' or the end of the connection' : '');
    }
    case 'sv1Id':
      return `a response to ${formatJson(result.id)}`;
    case 'sv1Expect':
      return result.of.map((alternatives) => alternatives.map(describeLine).join(' or ')).join(' and ');
    default:
      return 'a message';
  }
}

function namesOf(definitions: readonly MessageDefinition[]): string {
  return [...new Set(definitions.map(({ name }) => name))].join(' or ') || 'a message';
}

function describeLine({ method, fields }: Sv1Expectation): string {
  const id = fields.find(({ field }) => field === '/id');
  if (method !== undefined) return `a call of ${show(method)}`;
  return id === undefined ? 'a line' : `a response to ${show(id.expected)}`;
}

function isNamed(item: Received, result: ResultPlan): boolean {
  if (result.kind === 'expect') {
    if (!('frame' in item) || item.definition === undefined) return false;
    const { definition } = item;
    return result.of.flat().some(({ definitions }) => definitions.includes(definition));
  }
  if (result.kind !== 'sv1Expect' || 'frame' in item) return false;
  const method = methodOf(item);
  return method !== undefined && result.of.flat().some((expectation) => expectation.method === method);
}

function methodOf({ json }: DecodedLine): string | undefined {
  const method = typeof json === 'object' && json !== null && 'method' in json ? json.method : undefined;
  return typeof method === 'string' ? method : undefined;
}
