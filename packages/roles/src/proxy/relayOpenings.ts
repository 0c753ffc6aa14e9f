import type { Now } from '@stratumkit/codec';
import type { OpenStandardMiningChannel } from '@stratumkit/messages/mining';
import { trim } from '../miningClient/clientChannel.ts';
import { DueQueue } from '../miningServer/dueQueue.ts';
import type { SendOutput } from '../output.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { RelayPeer } from './relayPeer.ts';
import { TokenBucket, type TokenRate } from './tokenBucket.ts';

/** A channel that an upstream is to open, or to open again after a change of the upstream. */
export interface Opening {
  readonly peer: RelayPeer;
  readonly kind: 'standard' | 'extended';
  readonly request: OpenStandardMiningChannel;
  readonly minExtranonceSize: number;
  /** Of a channel that the downstream has already. */
  readonly channel: RelayChannel | undefined;
}

/** Requests for channels, by the ids that they have upstream. */
export class RelayOpenings {
  readonly #answerMs: number;
  readonly #maxAsked: number;
  readonly #budget: TokenBucket;
  /** When more may be asked for. */
  #nextMs: number | undefined;
  /** There was no upstream to ask. */
  readonly #waiting = new Set<Opening>();
  readonly #asked = new Map<UpstreamSession, Map<number, Opening>>();
  readonly #unanswered = new DueQueue<Opening>();

  /** `maxAsked`: requests remembered that one upstream has not answered; what it does not answer in time is refused, and may yet come. */
  constructor(answerMs: number, rate: TokenRate, maxAsked: number) {
    this.#answerMs = answerMs;
    this.#budget = new TokenBucket(rate);
    this.#maxAsked = maxAsked;
  }

  get deadline(): number | undefined {
    const answer = this.#unanswered.next;
    return this.#nextMs === undefined || answer === undefined
      ? (this.#nextMs ?? answer)
      : Math.min(this.#nextMs, answer);
  }

  add(opening: Opening): void {
    this.#waiting.add(opening);
  }

  /** Asks for what waits, as far as it may be asked for now. */
  ask(session: UpstreamSession, now: Now): SendOutput[] {
    const outputs: SendOutput[] = [];
    const asked = this.#asked.get(session) ?? new Map<number, Opening>();
    this.#asked.set(session, asked);
    this.#nextMs = undefined;
    for (const opening of this.#waiting) {
      if (!this.#budget.take(now)) {
        this.#nextMs = this.#budget.nextMs;
        break;
      }
      this.#waiting.delete(opening);
      const { kind, request, minExtranonceSize, channel } = opening;
      const { requestId, output } = session.client.open({
        kind,
        userIdentity: request.userIdentity,
        nominalHashrate: channel?.nominalHashrate ?? request.nominalHashRate,
        maxTarget: channel?.maxTarget ?? request.maxTarget,
        minExtranonceSize,
      });
      asked.set(requestId, opening);
      trim(asked, this.#maxAsked);
      this.#unanswered.set(opening, now.monotonicMs + this.#answerMs);
      outputs.push(output);
    }
    return outputs;
  }

  /** The upstream's answer is here. Undefined if nobody waits for it any more. */
  take(session: UpstreamSession, requestId: number): Opening | undefined {
    const asked = this.#asked.get(session);
    const opening = asked?.get(requestId);
    asked?.delete(requestId);
    if (opening === undefined || !this.#unanswered.has(opening)) return undefined;
    this.#unanswered.delete(opening);
    return opening;
  }

  /** Nobody waits for it any more; the upstream may answer yet. */
  drop(opening: Opening): void {
    this.#waiting.delete(opening);
    this.#unanswered.delete(opening);
  }

  /** Another upstream is asked for what this one has not answered. */
  leave(session: UpstreamSession): void {
    for (const opening of this.#asked.get(session)?.values() ?? []) {
      if (!this.#unanswered.has(opening)) continue;
      this.#unanswered.delete(opening);
      this.#waiting.add(opening);
    }
    this.#asked.delete(session);
    this.#nextMs = undefined;
  }

  /** Takes those that the upstream has not answered in time. */
  takeOverdue(now: Now): Opening[] {
    const overdue: Opening[] = [];
    for (
      let opening = this.#unanswered.takeDue(now.monotonicMs);
      opening !== undefined;
      opening = this.#unanswered.takeDue(now.monotonicMs)
    )
      overdue.push(opening);
    return overdue;
  }
}
