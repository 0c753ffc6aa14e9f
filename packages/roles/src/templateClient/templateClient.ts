import { compareTargets, equalBytes, targetFromNbits } from '@stratumkit/bitcoin';
import { type Now, RemoteError } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import {
  CoinbaseOutputConstraints,
  RequestTransactionData,
  type SetNewPrevHash,
  SubmitSolution,
} from '@stratumkit/messages/template-distribution';
import { joined, NO_OUTPUTS } from '../output.ts';
import { type BlockSolution, KeptSolutions } from './keptSolutions.ts';
import { ProviderPulse, type PulseLimits } from './providerPulse.ts';
import { createTemplate, type Template } from './template.ts';
import type { TemplateErrorCode } from './templateError.ts';
import type { TemplateClientInput, TemplateClientOutput, TemplateTip } from './types.ts';

/** How long a provider is waited for, and what is remembered of it. */
export interface TemplateClientLimits extends PulseLimits {
  /** Future templates kept; the oldest one is forgotten when another comes. */
  readonly maxFutureTemplates: number;
  /** How long the last work may be mined while the provider is away; also the patience at the start. */
  readonly maxAbsenceMs: number;
  /** Solutions kept for a provider that is away. */
  readonly maxKeptSolutions: number;
}

/** Limits of a {@link TemplateClient} where its options do not say. */
export const DEFAULT_TEMPLATE_CLIENT_LIMITS: TemplateClientLimits = {
  maxFutureTemplates: 8,
  maxAbsenceMs: 120_000,
  maxKeptSolutions: 32,
  silenceMs: 60_000,
  answerMs: 30_000,
  askIntervalMs: 1_000,
};

/** Of the part of a coinbase behind its extranonce, which a job carries in 65,535 bytes: sequence, number of outputs, lock time. */
const SUFFIX_OVERHEAD = 4 + 3 + 4;
const MAX_SUFFIX_SIZE = 0xffff;

/** Providers count up, and none lives long enough to come here. */
const NO_TEMPLATE_ID = 2n ** 64n - 1n;

/** What the client adds to a coinbase (spec 7.1), and its limits. */
export interface TemplateClientOptions {
  readonly constraints: CoinbaseOutputConstraints;
  readonly limits?: Partial<TemplateClientLimits>;
}

/** `awaitingTip`: connected, nothing to mine from this connection yet. */
export type TemplateClientState = 'away' | 'awaitingTip' | 'serving';

interface Work {
  readonly tip: TemplateTip;
  readonly template: Template;
}

/**
 * Template Distribution, client side (spec 7). Templates of a new connection are held back until its first SetNewPrevHash
 * tells whether the tip is still the one being mined on: if it is, they are an update; if not, a new tip. Nothing that an
 * earlier connection sent is handed out after that.
 */
export class TemplateClient {
  readonly #constraints: CoinbaseOutputConstraints;
  readonly #limits: TemplateClientLimits;
  readonly #solutions: KeptSolutions;
  readonly #pulse: ProviderPulse;
  /** Of this connection, waiting for their SetNewPrevHash. */
  #futures = new Map<bigint, Template>();
  #state: TemplateClientState = 'away';
  #work: Work | undefined;
  #lastTemplateId: bigint | undefined;
  #expiresAtMs: number | undefined;

  constructor(options: TemplateClientOptions, now: Now) {
    this.#constraints = options.constraints;
    this.#limits = { ...DEFAULT_TEMPLATE_CLIENT_LIMITS, ...options.limits };
    this.#solutions = new KeptSolutions(this.#limits.maxKeptSolutions);
    this.#pulse = new ProviderPulse(this.#limits);
    this.#expiresAtMs = now.monotonicMs + this.#limits.maxAbsenceMs;
  }

  /** Of a template's own coinbase outputs: they have to fit into a job beside ours. */
  get #maxOutputsSize(): number {
    return MAX_SUFFIX_SIZE - SUFFIX_OVERHEAD - this.#constraints.coinbaseOutputMaxAdditionalSize;
  }

  get state(): TemplateClientState {
    return this.#state;
  }

  /** What is being mined; undefined before the first tip and after the work expired. */
  get work(): { readonly tip: TemplateTip; readonly template: Template } | undefined {
    return this.#work;
  }

  /** Solutions that wait for the provider. */
  get waitingSolutions(): number {
    return this.#solutions.waiting;
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    if (this.#state === 'away') return this.#expiresAtMs;
    const pulseMs = this.#pulse.dueMs(this.#solutions.wantProof);
    const deadline = Math.min(this.#expiresAtMs ?? Number.POSITIVE_INFINITY, pulseMs);
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
  }

  handle(input: TemplateClientInput, now: Now): readonly TemplateClientOutput[] {
    switch (input.type) {
      case 'connected':
        return this.#connected(now);
      case 'message':
        return this.#state === 'away' ? NO_OUTPUTS : this.#receive(input.message, now);
      case 'lost':
        this.#lose(now);
        return NO_OUTPUTS;
      case 'solution':
        return this.#submit(input.solution, now);
      case 'tick':
        return joined(this.#checkPulse(now), this.#expire(now));
    }
  }

  #connected(now: Now): readonly TemplateClientOutput[] {
    if (this.#state !== 'away') this.#lose(now);
    this.#state = 'awaitingTip';
    this.#pulse.connected(now.monotonicMs);
    this.#lastTemplateId = undefined;
    return [
      { type: 'template-send', frame: encodeFrame(CoinbaseOutputConstraints, this.#constraints) },
      ...this.#solutions.takeWaiting().map(solutionOutput),
      ...this.#ask(now),
    ];
  }

  #receive(message: TemplateDistributionMessage, now: Now): readonly TemplateClientOutput[] {
    this.#pulse.heard(now.monotonicMs);
    try {
      if (this.#isAnswer(message)) {
        this.#solutions.answered();
        return this.#ask(now);
      }
      if (message.name === 'NewTemplate') return this.#addTemplate(createTemplate(message.value, this.#maxOutputsSize));
      if (message.name === 'SetNewPrevHash') return this.#setTip(message.value, now);
      return fail('unexpected-message', `a template provider does not send ${message.name}`, { name: message.name });
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      return this.#giveUp(error as RemoteError<TemplateErrorCode>, now);
    }
  }

  #isAnswer(message: TemplateDistributionMessage): boolean {
    const isOfRequest =
      message.name === 'RequestTransactionData.Error' || message.name === 'RequestTransactionData.Success';
    return isOfRequest && message.value.templateId === NO_TEMPLATE_ID && this.#pulse.answered();
  }

  #addTemplate(template: Template): readonly TemplateClientOutput[] {
    const { templateId } = template;
    if (this.#lastTemplateId !== undefined && templateId <= this.#lastTemplateId)
      fail('template-id-not-increasing', 'the template provider went back in its template ids', {
        templateId,
        last: this.#lastTemplateId,
      });
    this.#lastTemplateId = templateId;
    if (template.future) {
      this.#futures.set(templateId, template);
      if (this.#futures.size > this.#limits.maxFutureTemplates) {
        const [oldest] = this.#futures.keys();
        this.#futures.delete(oldest!);
      }
      return this.#state === 'serving' ? [{ type: 'future-template', template }] : NO_OUTPUTS;
    }
    if (this.#state !== 'serving' || this.#work === undefined)
      fail('template-without-tip', 'the template provider sent a template for a tip it has not announced', {
        templateId,
      });
    const { tip, template: current } = this.#work!;
    // Seen in the wild: a new tip told to one client of several. Mined on the old tip such a template makes blocks of no worth.
    if (template.height !== undefined && current.height !== undefined && template.height !== current.height)
      fail('template-without-tip', 'the template provider sent a template for a tip it has not announced', {
        templateId,
        height: template.height,
        announced: current.height,
      });
    this.#work = { tip, template };
    return [{ type: 'template', template }];
  }

  #setTip(message: SetNewPrevHash, now: Now): readonly TemplateClientOutput[] {
    const { templateId, nbits, target } = message;
    // A repeated announcement of the template in use is harmless: it may carry another target.
    const current = this.#state === 'serving' ? this.#work : undefined;
    const template =
      this.#futures.get(templateId) ??
      (current?.template.templateId === templateId && equalBytes(current.tip.prevHash, message.prevHash)
        ? current.template
        : undefined);
    if (template === undefined)
      return fail('unknown-template', 'SetNewPrevHash names a template that was not sent as a future one', {
        templateId,
      });
    const easiest = targetFromNbits(nbits);
    if (target.every((byte) => byte === 0) || compareTargets(target, easiest) > 0)
      fail('invalid-target', 'the block target is zero or easier than nbits', { templateId, nbits });

    const tip: TemplateTip = {
      prevHash: message.prevHash.slice(),
      nbits,
      headerTimestamp: message.headerTimestamp,
      receivedAtMs: now.monotonicMs,
      blockTarget: target.slice(),
    };
    const isSame = this.#state === 'awaitingTip' && this.#work !== undefined && isSameTip(this.#work.tip, tip);
    if (template === current?.template && isSameTip(current.tip, tip)) return NO_OUTPUTS;
    this.#state = 'serving';
    this.#futures = new Map();
    this.#expiresAtMs = undefined;
    this.#solutions.confirm(tip.prevHash);
    if (isSame) {
      this.#work = { tip: this.#work!.tip, template };
      return [{ type: 'template', template }];
    }
    this.#work = { tip, template };
    return [{ type: 'tip', tip, template }];
  }

  #submit(solution: BlockSolution, now: Now): readonly TemplateClientOutput[] {
    const isAway = this.#state === 'away';
    this.#solutions.add(solution, isAway ? 'waiting' : 'sent');
    return isAway ? NO_OUTPUTS : [solutionOutput(solution), ...this.#ask(now)];
  }

  /** Asks if it is time to. */
  #ask(now: Now): readonly TemplateClientOutput[] {
    if (!this.#pulse.mayAsk(now.monotonicMs, this.#solutions.wantProof)) return NO_OUTPUTS;
    this.#pulse.asked(now.monotonicMs);
    this.#solutions.asked();
    return [{ type: 'template-send', frame: encodeFrame(RequestTransactionData, { templateId: NO_TEMPLATE_ID }) }];
  }

  #checkPulse(now: Now): readonly TemplateClientOutput[] {
    if (this.#state === 'away') return NO_OUTPUTS;
    if (!this.#pulse.isSilent(now.monotonicMs)) return this.#ask(now);
    const { silenceMs, answerMs } = this.#limits;
    const context = { silentMs: silenceMs + answerMs };
    const error = new RemoteError<TemplateErrorCode>('silent', 'the template provider does not answer', { context });
    return this.#giveUp(error, now);
  }

  #giveUp(error: RemoteError<TemplateErrorCode>, now: Now): readonly TemplateClientOutput[] {
    this.#lose(now);
    return [{ type: 'template-close', error }];
  }

  #lose(now: Now): void {
    if (this.#state === 'away') return;
    this.#state = 'away';
    this.#futures = new Map();
    this.#solutions.connectionLost();
    // A provider that comes and goes without ever giving a tip does not prolong the time.
    this.#expiresAtMs ??= now.monotonicMs + this.#limits.maxAbsenceMs;
  }

  #expire(now: Now): readonly TemplateClientOutput[] {
    if (this.#expiresAtMs === undefined || now.monotonicMs < this.#expiresAtMs) return NO_OUTPUTS;
    this.#expiresAtMs = undefined;
    this.#work = undefined;
    return [{ type: 'work-expired' }];
  }
}

function fail(code: TemplateErrorCode, text: string, context: Record<string, unknown>): never {
  throw new RemoteError(code, text, { context });
}

function solutionOutput(solution: BlockSolution): TemplateClientOutput {
  return { type: 'template-send', frame: encodeFrame(SubmitSolution, solution.message) };
}

function isSameTip(left: TemplateTip, right: TemplateTip): boolean {
  return (
    left.nbits === right.nbits &&
    equalBytes(left.prevHash, right.prevHash) &&
    equalBytes(left.blockTarget, right.blockTarget)
  );
}
