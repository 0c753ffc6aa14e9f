import { type HashBackend, portableHash } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import {
  type CoinbaseOutputConstraints,
  REQUEST_TRANSACTION_DATA_ERROR_CODES,
  RequestTransactionDataError,
  RequestTransactionDataSuccess,
  type SubmitSolution,
} from '@stratumkit/messages/template-distribution';
import type { ConnectionId } from '../output.ts';
import type { BlockTemplate } from './blockTemplate.ts';
import { type ClientLimits, Clients } from './clients.ts';
import { fitTemplate } from './fitTemplate.ts';
import { type SolutionRefusal, solveBlock } from './solution.ts';
import type { TemplateServerEvent, TemplateServerInput, TemplateServerOutput } from './types.ts';
import type { View } from './view.ts';
import { createWork, newTemplateFrame, setNewPrevHashFrame, type Work } from './work.ts';

/** What clients may ask for, what is kept for them, and how often they get a new template. */
export interface TemplateServerLimits extends ClientLimits {
  /** Satoshis by which the fees must rise before clients get a new template on the same tip. */
  readonly feeThreshold: bigint;
  /** Least time between two templates on the same tip. */
  readonly minimumTemplateIntervalMs: number;
  /** How long clients keep their work when the source of templates is lost; then they are disconnected. */
  readonly sourceLostGraceMs: number;
  /** Block hashes remembered, so that a solution is submitted once. */
  readonly maximumSolutions: number;
}

/** Limits of a {@link TemplateServer} where its options do not say. */
export const DEFAULT_TEMPLATE_SERVER_LIMITS: TemplateServerLimits = {
  feeThreshold: 1_000n,
  minimumTemplateIntervalMs: 5_000,
  sourceLostGraceMs: 120_000,
  staleTemplateSeconds: 600,
  maximumTemplates: 64,
  maximumAbandonedViews: 64,
  maximumViews: 32,
  requestsPerMinute: 120,
  maximumSolutions: 4_096,
};

/** Limits and what a {@link TemplateServer} counts from. */
export interface TemplateServerOptions extends Partial<TemplateServerLimits> {
  /** Must exceed every id of earlier runs. By default the start in microseconds, which takes a second between two runs. */
  readonly firstTemplateId?: bigint;
  readonly hash?: HashBackend;
}

/** Header times are U32. */
const LAST_NTIME = 0xffff_ffff;

/** The protocol has no channels (spec 7); with one number for all, a newer template supersedes one that still waits. */
const NO_CHANNEL = 0;

/**
 * Template Distribution, server side (spec 7): the best template of one source for many clients, each within its own
 * coinbase constraints. Owns no socket, clock or node.
 */
export class TemplateServer {
  readonly #limits: TemplateServerLimits;
  readonly #hash: HashBackend;
  readonly #clients: Clients;
  readonly #solutions = new Set<string>();
  #nextTemplateId: bigint;
  #template: BlockTemplate | undefined;
  #receivedAt: Now;
  #sourceLostAtMs: number | undefined;

  constructor(options: TemplateServerOptions, now: Now) {
    const { firstTemplateId, hash, ...limits } = options;
    this.#limits = { ...DEFAULT_TEMPLATE_SERVER_LIMITS, ...limits };
    this.#hash = hash ?? portableHash;
    this.#clients = new Clients(this.#limits);
    this.#nextTemplateId = firstTemplateId ?? BigInt(Math.floor(now.unixSeconds)) * 1_000_000n;
    this.#receivedAt = now;
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    const candidates = [this.#clients.deadline];
    if (this.#sourceLostAtMs !== undefined && this.#clients.size > 0)
      candidates.push(this.#sourceLostAtMs + this.#limits.sourceLostGraceMs);
    for (const view of this.#clients.activeViews()) if (this.#isMaterial(view)) candidates.push(this.#dueAt(view));
    const known = candidates.filter((candidate) => candidate !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }

  handle(input: TemplateServerInput, now: Now): readonly TemplateServerOutput[] {
    switch (input.type) {
      case 'connected':
        this.#clients.add(input.connection, now.monotonicMs);
        return [];
      case 'disconnected':
        this.#clients.remove(input.connection);
        return [];
      case 'message':
        return this.#receive(input, now);
      case 'template':
        return this.#replaceTemplate(input.template, now);
      case 'source-lost':
        this.#sourceLostAtMs ??= now.monotonicMs;
        return [];
      case 'tick':
        return this.#tick(now);
    }
  }

  #receive(
    { connection, message }: Extract<TemplateServerInput, { type: 'message' }>,
    now: Now,
  ): readonly TemplateServerOutput[] {
    if (!this.#clients.has(connection)) return [];
    switch (message.name) {
      case 'CoinbaseOutputConstraints':
      case 'RequestTransactionData':
      case 'SubmitSolution':
        break;
      default:
        return this.#close(connection, 'unexpected-message');
    }
    if (message.name === 'SubmitSolution') return this.#solve(connection, message.value);
    if (!this.#clients.admitRequest(connection, now.monotonicMs)) return this.#close(connection, 'too-many-requests');
    return message.name === 'CoinbaseOutputConstraints'
      ? this.#constrain(connection, message.value, now)
      : this.#sendTransactionData(connection, message.value.templateId);
  }

  /** The answer is the current template at once (spec 7); without a template it follows with the first. */
  #constrain(connection: ConnectionId, message: CoinbaseOutputConstraints, now: Now): readonly TemplateServerOutput[] {
    const constraints = {
      maxAdditionalSize: message.coinbaseOutputMaxAdditionalSize,
      maxAdditionalSigops: message.coinbaseOutputMaxAdditionalSigops,
    };
    const isFirst = this.#clients.viewOf(connection) === undefined;
    const view = this.#clients.constrain(connection, constraints);
    if (typeof view === 'string') return this.#close(connection, view);
    const outputs: TemplateServerOutput[] = [event({ type: 'constraints', connection, constraints })];
    const template = this.#template;
    if (template === undefined) return outputs;
    const isAlone = view.clients.size === 1;
    const reusable = isFirst && !isAlone ? view.current : undefined;
    const work = reusable ?? this.#createWork(view, template);
    // Where others share the view, what they have stays the measure of the next material change.
    if (isAlone) view.give(work, now.monotonicMs);
    else view.store.add(work);
    return [...outputs, ...this.#send(work, template, [connection], isFirst, now)];
  }

  #sendTransactionData(connection: ConnectionId, templateId: bigint): readonly TemplateServerOutput[] {
    const found = this.#clients.findWork(templateId);
    if (found === undefined || found.stale) {
      const { templateIdNotFound, staleTemplateId } = REQUEST_TRANSACTION_DATA_ERROR_CODES;
      const errorCode = found === undefined ? templateIdNotFound : staleTemplateId;
      return [
        reply(connection, encodeFrame(RequestTransactionDataError, { templateId, errorCode })),
        event({ type: 'transaction-data-refused', connection, templateId, reason: errorCode }),
      ];
    }
    const { witness, transactions } = found.work;
    const frame = encodeFrame(RequestTransactionDataSuccess, {
      templateId,
      // The witness reserved value, which the commitment of NewTemplate assumes to be zero.
      excessData: new Uint8Array(witness ? 32 : 0),
      transactionList: transactions.map(({ data }) => data),
    });
    return [reply(connection, frame)];
  }

  #solve(connection: ConnectionId, solution: SubmitSolution): readonly TemplateServerOutput[] {
    const { templateId } = solution;
    const found = this.#clients.findWork(templateId);
    if (found === undefined) return this.#refuse(connection, templateId, 'template-id-not-found');
    const block = solveBlock(found.work, solution, this.#hash);
    if (typeof block === 'string') return this.#refuse(connection, templateId, block);
    if (!this.#isNewSolution(block.hash)) return this.#refuse(connection, templateId, 'duplicate-solution');
    const { bytes, hash } = block;
    const { stale, work } = found;
    const { height } = work;
    return [
      { type: 'submit-block', bytes, hash, height, templateId, connection },
      event({ type: 'solution', connection, templateId, height, hash, stale }),
    ];
  }

  #isNewSolution(hash: Uint8Array): boolean {
    const key = hash.join();
    if (this.#solutions.has(key)) return false;
    this.#solutions.add(key);
    if (this.#solutions.size > this.#limits.maximumSolutions) {
      const [oldest] = this.#solutions;
      this.#solutions.delete(oldest!);
    }
    return true;
  }

  #replaceTemplate(template: BlockTemplate, now: Now): readonly TemplateServerOutput[] {
    const before = this.#template;
    this.#template = template;
    this.#receivedAt = now;
    this.#sourceLostAtMs = undefined;
    if (before !== undefined && isSameTip(before, template)) return this.#sendMaterial(now);
    this.#clients.markStale(now.monotonicMs);
    const { prevHash, height, nbits } = template;
    const outputs: TemplateServerOutput[] = [];
    for (const view of this.#clients.activeViews()) outputs.push(...this.#give(view, template, true, now));
    if (before === undefined || !isEqual(before.prevHash, prevHash))
      outputs.push(event({ type: 'tip', prevHash, height, nbits }));
    return outputs;
  }

  #give(view: View, template: BlockTemplate, future: boolean, now: Now): readonly TemplateServerOutput[] {
    const work = this.#createWork(view, template);
    view.give(work, now.monotonicMs);
    return this.#send(work, template, [...view.clients], future, now);
  }

  #createWork(view: View, template: BlockTemplate): Work {
    return createWork(this.#nextTemplateId++, template, fitTemplate(template, view.constraints), this.#hash);
  }

  /** On a new tip, and to a client that has none, the template comes as a future one and SetNewPrevHash starts it. */
  #send(
    work: Work,
    template: BlockTemplate,
    to: readonly ConnectionId[],
    future: boolean,
    now: Now,
  ): readonly TemplateServerOutput[] {
    const outputs: TemplateServerOutput[] = [
      {
        type: 'send',
        to,
        frame: newTemplateFrame(work, future, this.#hash),
        kind: future ? 'futureJob' : 'job',
        channelId: NO_CHANNEL,
      },
    ];
    if (future) {
      const elapsed = Math.max(0, Math.floor(now.unixSeconds - this.#receivedAt.unixSeconds));
      const frame = setNewPrevHashFrame(work, Math.min(LAST_NTIME, template.time + elapsed));
      outputs.push({ type: 'send', to, frame, kind: 'prevHash', channelId: NO_CHANNEL });
    }
    const { id: templateId, height, coinbaseValue } = work;
    const transactions = work.transactions.length;
    const dropped = template.transactions.length - transactions;
    const clients = to.length;
    outputs.push(
      event({ type: 'template', templateId, height, future, transactions, dropped, coinbaseValue, clients }),
    );
    return outputs;
  }

  #tick(now: Now): readonly TemplateServerOutput[] {
    this.#clients.expire(now.monotonicMs);
    const lostAt = this.#sourceLostAtMs;
    if (lostAt !== undefined && now.monotonicMs >= lostAt + this.#limits.sourceLostGraceMs) {
      this.#template = undefined;
      return this.#clients.ids().flatMap((connection) => this.#close(connection, 'template-source-lost'));
    }
    return this.#sendMaterial(now);
  }

  #sendMaterial(now: Now): readonly TemplateServerOutput[] {
    const template = this.#template;
    if (template === undefined) return [];
    const outputs: TemplateServerOutput[] = [];
    for (const view of this.#clients.activeViews())
      if (this.#isMaterial(view) && now.monotonicMs >= this.#dueAt(view))
        outputs.push(...this.#give(view, template, false, now));
    return outputs;
  }

  #isMaterial(view: View): boolean {
    const template = this.#template;
    const { current } = view;
    if (template === undefined || current === undefined) return false;
    if (template.version !== current.version) return true;
    // What was dropped for the clients' coinbase does not count; the whole template's fees bound what can be gained.
    if (template.coinbaseValue - current.coinbaseValue < this.#limits.feeThreshold) return false;
    const gain = fitTemplate(template, view.constraints).coinbaseValue - current.coinbaseValue;
    return gain >= this.#limits.feeThreshold;
  }

  #dueAt(view: View): number {
    return view.sentAtMs + this.#limits.minimumTemplateIntervalMs;
  }

  /**
   * The protocol knows no answer to a refused solution. It does not count against the client either: pools that judge by
   * nbits instead of the announced target send many.
   */
  #refuse(connection: ConnectionId, templateId: bigint, reason: SolutionRefusal): readonly TemplateServerOutput[] {
    return [event({ type: 'solution-refused', connection, templateId, reason })];
  }

  #close(connection: ConnectionId, reason: string): readonly TemplateServerOutput[] {
    this.#clients.remove(connection);
    return [{ type: 'close', to: connection, reason }];
  }
}

/** A new target or nbits can only be told with SetNewPrevHash, so they count as a new tip. */
function isSameTip(left: BlockTemplate, right: BlockTemplate): boolean {
  return left.nbits === right.nbits && isEqual(left.prevHash, right.prevHash) && isEqual(left.target, right.target);
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.every((byte, index) => byte === right[index]);
}

function event(value: TemplateServerEvent): TemplateServerOutput {
  return { type: 'event', event: value };
}

function reply(connection: ConnectionId, frame: Uint8Array): TemplateServerOutput {
  return { type: 'send', to: [connection], frame, kind: 'reply' };
}
