import { type JsonValue, UsageError } from '@stratumkit/codec';
import type {
  ActionStep,
  CheckStep,
  LoopStep,
  Place,
  ResultPlan,
  Send,
  Step,
  Sv1Template,
  TestPlan,
  Timeouts,
} from '../format/model.ts';
import { evaluate, expressionError, type Scope } from '../values/evaluate.ts';
import { matches } from '../values/match.ts';
import { type DecodedFrame, decodeFrame, frameTitle, hexByte } from '../wire/decode.ts';
import { type AnyPeer, type DecodedLine, Sv1Peer, Sv2Peer } from '../wire/peer.ts';
import type { ChainWatch } from './chainWatch.ts';
import { type CheckContext, checkFrame, detailOf, showExpected } from './checks.ts';
import { pause } from './commands.ts';
import type { Connections } from './connections.ts';
import { Expecting } from './expecting.ts';
import { CheckFailure, type Failure, SkipTest } from './failure.ts';
import { mine } from './mine.ts';
import { type Received, Receiver } from './receiver.ts';
import type { TranscriptEntry } from './report.ts';
import { alterPayload, buildFrame, buildLine, bytesOf } from './sending.ts';
import { show, showBytes } from './show.ts';
import { checkLine } from './sv1Checks.ts';

export interface StepRunnerOptions {
  readonly plan: TestPlan;
  readonly timeouts: Timeouts;
  readonly scope: Scope;
  readonly connections: Connections;
  readonly signal: AbortSignal;
  readonly maxHashes: number;
  readonly chain: ChainWatch;
  /** Has a block found, where the run knows how. */
  readonly newBlock: (() => Promise<void>) | undefined;
  log(line: string): void;
  record(entry: Omit<TranscriptEntry, 'atMs'>): void;
  onFailure(failure: Failure): void;
}

/** Plays the steps of a test one after the other. */
export class StepRunner {
  readonly #options: StepRunnerOptions;
  readonly #checks: CheckContext;
  readonly #receiver: Receiver;
  /** Where a failure that surfaces now belongs. */
  #action: ActionStep | undefined;
  #result: { readonly plan: ResultPlan; readonly number: number } | undefined;
  #place: Place | undefined;

  constructor(options: StepRunnerOptions) {
    this.#options = options;
    const { scope, plan, log } = options;
    this.#checks = { scope, compat: plan.compat, log };
    this.#receiver = new Receiver(options);
  }

  /** Puts a message into the transcript, once. */
  note(item: Received, connection: string): void {
    this.#receiver.note(item, connection);
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#options.signal.throwIfAborted();
      this.#place = step;
      await this.#step(step);
      this.#place = undefined;
    }
  }

  /** The failure as a report has it. */
  locate(error: Error, otherwise: Place): Failure {
    const details = error instanceof CheckFailure ? error.details : { hard: true };
    const own = error instanceof CheckFailure ? error.details.place : undefined;
    const place = own ?? this.#result?.plan ?? this.#place ?? otherwise;
    return {
      file: place.file,
      line: place.line,
      action: this.#action?.number,
      actionDoc: this.#action?.doc ?? '',
      result: this.#result?.number,
      resultType: this.#result?.plan.type,
      message: error.message,
      expected: details.expected,
      received: details.received,
      comparison: details.comparison ?? [],
      hard: details.hard ?? false,
    };
  }

  async #step(step: Step): Promise<void> {
    const { scope, connections, plan, signal } = this.#options;
    switch (step.kind) {
      case 'action':
        return this.#runAction(step);
      case 'loop':
        return this.#runLoop(step);
      case 'set':
        for (const [name, value] of Object.entries(step.values)) scope.variables.set(name, evaluate(value, scope));
        return;
      case 'open': {
        const connection = plan.connections.find(({ name }) => name === step.connection);
        if (connection !== undefined) await connections.open(connection);
        return;
      }
      case 'close':
        (await connections.use(step.connection)).close(step.how);
        return;
      case 'sleep':
        return pause(step.ms, signal);
      case 'check':
        return this.#checkValue(step);
      case 'mine':
        scope.variables.set(step.save, await mine(step, scope, this.#options.maxHashes, signal));
        return;
      case 'newBlock':
        if (this.#options.newBlock === undefined) throw new SkipTest('needs a new block: --on-new-block');
        // That the user's command fails says nothing about the role.
        await this.#options.newBlock().catch((error: Error) => {
          throw new SkipTest(`no new block: ${error.message}`);
        });
    }
  }

  #checkValue(step: CheckStep): void {
    const { scope } = this.#options;
    const value = evaluate(step.value, scope);
    if (matches(step.is, value, scope)) return;
    const expected = showExpected(step.is, scope);
    throw new CheckFailure(step.doc || 'a value is not as expected', {
      hard: true,
      expected,
      received: show(value),
      comparison: [{ field: step.doc || 'value', expected, received: show(value), differs: true }],
    });
  }

  async #runLoop(step: LoopStep): Promise<void> {
    const { scope } = this.#options;
    const rounds = step.values === undefined ? range(evaluate(step.times ?? 0, scope)) : evaluate(step.values, scope);
    if (!Array.isArray(rounds)) throw expressionError('"in" needs a list');
    for (const value of rounds as readonly JsonValue[]) {
      if (step.as !== undefined) scope.variables.set(step.as, value);
      await this.run(step.steps);
    }
  }

  /** Sends everything, then checks one result after the other. A soft failure skips the rest of the action. */
  async #runAction(action: ActionStep): Promise<void> {
    this.#action = action;
    if (action.doc !== '') this.#options.log(action.doc);
    const peer = await this.#options.connections.use(action.connection);
    for (const send of action.sends) {
      this.#place = send;
      await this.send(send, peer, action.connection);
    }
    for (const [index, plan] of action.results.entries()) {
      this.#result = { plan, number: index + 1 };
      try {
        await this.#check(plan, peer, action);
      } catch (error) {
        if (!(error instanceof CheckFailure)) throw error;
        if (plan.orSkip !== undefined) throw new SkipTest(plan.orSkip);
        if (error.details.hard === true) throw error;
        this.#options.onFailure(this.locate(error, action));
        break;
      }
      this.#result = undefined;
    }
    this.#result = undefined;
    this.#action = undefined;
  }

  async send(send: Send, peer: AnyPeer, connection: string): Promise<void> {
    const { scope, plan, record } = this.#options;
    const { what } = send;
    const note = (title: string, detail: string) => record({ connection, direction: 'sent', title, detail });
    const needSv2 = (): Sv2Peer => {
      if (peer instanceof Sv2Peer) return peer;
      throw new UsageError('protocol', `connection "${connection}" speaks SV1`);
    };
    switch (what.kind) {
      case 'message':
      case 'inline': {
        const template = what.kind === 'inline' ? what.template : plan.messages.get(what.id);
        const line = what.kind === 'message' && peer instanceof Sv1Peer ? plan.sv1Messages.get(what.id) : undefined;
        if (line !== undefined) return this.#sendLine(line, peer, send, note);
        if (template === undefined) throw new UsageError('message', 'no such message');
        const frame = alterPayload(buildFrame(template, scope, plan.compat), send, scope);
        const decoded = decodeFrame(frame);
        note(frameTitle(decoded), detailOf(decoded));
        return needSv2().sendFrame(frame, undefined, send);
      }
      case 'inlineSv1':
        return this.#sendLine(what.template, peer, send, note);
      case 'frame': {
        const payload = bytesOf(what.payload, scope);
        note(`frame ${hexByte(what.header.messageType)}`, `payload ${showBytes(payload)}`);
        const { messageType, extensionType, channelMessage } = what.header;
        const frame = { messageType, extensionType: extensionType & 0x7fff, channelMessage, payload };
        return needSv2().sendFrame(frame, what.length, send);
      }
      case 'raw': {
        const bytes = bytesOf(what.bytes, scope);
        note('bytes', showBytes(bytes));
        return peer.write(bytes, send);
      }
    }
  }

  async #sendLine(
    template: Sv1Template,
    peer: AnyPeer,
    send: Send,
    note: (title: string, detail: string) => void,
  ): Promise<void> {
    const { plan, log, scope } = this.#options;
    if (plan.compat && template.replace.length > 0) {
      log(`${template.id} has replace_fields and is not sent`);
      return;
    }
    const line = buildLine(template, scope);
    note('line', new TextDecoder().decode(line).trim());
    await peer.write(line, send);
  }

  async #check(result: ResultPlan, peer: AnyPeer, action: ActionStep): Promise<void> {
    const { timeouts, signal } = this.#options;
    switch (result.kind) {
      case 'closed':
        if (!(await peer.inbox.waitClosed(result.forMs ?? timeouts.watchMs, signal))) {
          throw new CheckFailure('the connection is still open', {
            expected: 'a closed connection',
            received: 'an open one',
          });
        }
        return;
      case 'open':
        if (await peer.inbox.waitClosed(result.forMs ?? timeouts.watchMs, signal)) {
          throw new CheckFailure(`the connection was closed: ${peer.inbox.closed}`, {
            expected: 'an open connection',
            received: peer.inbox.closed ?? '',
          });
        }
        return;
      case 'unfinished':
        throw new CheckFailure('"none" never passes', { hard: true });
      case 'nothing':
        return this.#receiver.expectNothing(result, peer, action);
      case 'expect':
      case 'sv1Expect':
        return this.#expect(result, peer, action);
      case 'sv1Id':
      case 'sv1Fields':
      case 'sv1Any':
        for (;;) {
          const line = (await this.#receiver.next(peer, result, action)) as DecodedLine;
          if (checkLine(result, line, this.#checks)) return;
        }
      default:
        checkFrame(result, (await this.#receiver.next(peer, result, action)) as DecodedFrame, this.#checks);
    }
  }

  async #expect(
    result: Extract<ResultPlan, { readonly kind: 'expect' | 'sv1Expect' }>,
    peer: AnyPeer,
    action: ActionStep,
  ): Promise<void> {
    const expecting = new Expecting(result, this.#checks);
    const deadline = this.#receiver.deadlineOf(result);
    for (;;) {
      let received: Received | undefined;
      try {
        received = await this.#receiver.next(peer, result, action, deadline);
      } catch (error) {
        throw error instanceof CheckFailure ? expecting.explain(error) : error;
      }
      if (received === undefined || expecting.take(received)) return;
    }
  }
}

function range(times: JsonValue): readonly number[] {
  if (typeof times !== 'number' || !Number.isInteger(times) || times < 0)
    throw expressionError('"repeat" needs a number');
  return Array.from({ length: times }, (_, index) => index);
}
