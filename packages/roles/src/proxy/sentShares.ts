import type { ShareErrorCode } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { SUBMIT_SHARES_ERROR_CODES } from '@stratumkit/messages/mining';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { SubmittedShare } from '../miningClient/miningClient.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { DueQueue } from '../miningServer/dueQueue.ts';
import type { ConnectionId } from '../output.ts';
import type { ProxyEvent, ProxyOutput } from './proxyTypes.ts';
import { ShareCounters } from './shareCounters.ts';

/** A share that was sent up, by the names of the downstream that it came from. */
export interface SentShare {
  readonly connection: ConnectionId;
  readonly channelId: number;
  readonly userIdentity: string;
  readonly worker: string | undefined;
  readonly sequenceNumber: number;
}

/** What became of a share that was sent up. */
export interface Verdict<Share> {
  readonly share: Share;
  readonly outcome: 'accepted' | 'unknown' | ShareErrorCode;
}

type UnknownReason = Extract<ProxyEvent, { type: 'sharesUnknown' }>['reason'];

export type Step<Share> = Verdict<Share> | ProxyOutput<never>;

/** Shares sent to upstreams and not answered yet, what is known of the others in sums, and the alarms. */
export class SentShares<Share extends SentShare> {
  readonly counters = new ShareCounters();
  readonly #alarmMs: number;
  readonly #max: number;
  /** By upstream channel and its sequence numbers, oldest first. */
  readonly #byChannel = new Map<ClientChannel, Map<number, Share>>();
  /** By the time they were sent. */
  readonly #unanswered = new DueQueue<Share>();
  readonly #sentAs = new Map<Share, { readonly channel: ClientChannel; readonly sequenceNumber: number }>();
  #alarmedAtMs: number | undefined;

  /** `max`: shares on all channels that are waited for; the oldest are given up. */
  constructor(alarmMs: number, max: number) {
    this.#alarmMs = alarmMs;
    this.#max = max;
  }

  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** When the oldest unanswered share becomes an alarm; each one is raised once. */
  get deadline(): number | undefined {
    const oldest = this.#unanswered.next;
    return oldest === undefined ? undefined : Math.max(oldest, this.#alarmedAtMs ?? 0) + this.#alarmMs;
  }

  tick(now: Now): ProxyOutput<never>[] {
    const { deadline } = this;
    if (deadline === undefined || now.monotonicMs < deadline) return [];
    this.#alarmedAtMs = now.monotonicMs;
    return [event({ type: 'answersOverdue', unanswered: this.#unanswered.size })];
  }

  sent(channel: ClientChannel, { sequenceNumber, givenUp }: SubmittedShare, share: Share, now: Now): Step<Share>[] {
    let shares = this.#byChannel.get(channel);
    if (shares === undefined) {
      shares = new Map();
      this.#byChannel.set(channel, shares);
    }
    shares.set(sequenceNumber, share);
    this.#unanswered.set(share, now.monotonicMs);
    this.counters.sharesForwarded++;
    this.#sentAs.set(share, { channel, sequenceNumber });
    const forgotten = [givenUp === undefined ? undefined : this.#take(channel, givenUp), this.#takeSurplus()];
    return this.#giveUp(
      forgotten.filter((each) => each !== undefined),
      'too-many',
    );
  }

  answered(output: MiningClientOutput): Step<Share>[] {
    if (output.type === 'rejected') return this.#rejected(output.channel, output.sequenceNumber, output.errorCode);
    if (output.type !== 'accepted') return [];
    const { channel, count, sequenceNumbers, difficultySum } = output;
    const steps: Step<Share>[] = [event({ type: 'upstreamAcknowledged', shares: count, difficultySum })];
    this.counters.sharesAcknowledged += count;
    if (count !== sequenceNumbers.length)
      steps.push(event({ type: 'shareGap', answered: sequenceNumbers.length, counted: count }));
    // Where it counted fewer than it answers nobody knows which: the newest are taken to be the counted ones.
    const uncounted = Math.max(0, sequenceNumbers.length - count);
    for (const [index, sequenceNumber] of sequenceNumbers.entries()) {
      const share = this.#take(channel, sequenceNumber);
      if (index < uncounted) this.counters.sharesUnknown++;
      if (share !== undefined) steps.push({ share, outcome: index < uncounted ? 'unknown' : 'accepted' });
    }
    return steps;
  }

  /** What the upstream did not answer on this channel it never will, or nobody is there to be told. */
  ended(channel: ClientChannel | undefined, reason: UnknownReason = 'upstream-gone'): Step<Share>[] {
    const shares = channel === undefined ? undefined : this.#byChannel.get(channel);
    if (channel === undefined || shares === undefined) return [];
    this.#byChannel.delete(channel);
    for (const share of shares.values()) {
      this.#unanswered.delete(share);
      this.#sentAs.delete(share);
    }
    return this.#giveUp([...shares.values()], reason);
  }

  #rejected(channel: ClientChannel, upstreamSequenceNumber: number, errorCode: string): Step<Share>[] {
    const share = this.#take(channel, upstreamSequenceNumber);
    this.counters.sharesRejectedUpstream++;
    if (share === undefined) return [];
    const mapped = mapShareError(errorCode);
    const { connection, channelId, userIdentity, worker, sequenceNumber } = share;
    const origin = { connection, channelId, userIdentity, worker, sequenceNumber };
    return [
      event({ type: 'forwardedShareRejected', ...origin, errorCode: mapped.event }),
      { share, outcome: mapped.wire },
    ];
  }

  #take(channel: ClientChannel, sequenceNumber: number): Share | undefined {
    const shares = this.#byChannel.get(channel);
    const share = shares?.get(sequenceNumber);
    if (shares === undefined || share === undefined) return undefined;
    shares.delete(sequenceNumber);
    if (shares.size === 0) this.#byChannel.delete(channel);
    this.#unanswered.delete(share);
    this.#sentAs.delete(share);
    return share;
  }

  #takeSurplus(): Share | undefined {
    const oldest = this.#unanswered.size > this.#max ? this.#unanswered.takeDue(Number.POSITIVE_INFINITY) : undefined;
    const sentAs = oldest === undefined ? undefined : this.#sentAs.get(oldest);
    return sentAs === undefined ? undefined : this.#take(sentAs.channel, sentAs.sequenceNumber);
  }

  #giveUp(shares: readonly Share[], reason: UnknownReason): Step<Share>[] {
    if (shares.length === 0) return [];
    this.counters.sharesUnknown += shares.length;
    const verdicts = shares.map((share): Step<Share> => ({ share, outcome: 'unknown' }));
    return [event({ type: 'sharesUnknown', shares: shares.length, reason }), ...verdicts];
  }
}

const { invalidChannelId, ...CODES } = SUBMIT_SHARES_ERROR_CODES;
const KNOWN_CODES: ReadonlySet<string> = new Set<string>(Object.values(CODES));

/** Our channel being unknown upstream is no fault of the device: its share came too late. */
function mapShareError(errorCode: string): {
  readonly wire: ShareErrorCode;
  readonly event: ShareErrorCode | 'other';
} {
  if (KNOWN_CODES.has(errorCode)) return { wire: errorCode as ShareErrorCode, event: errorCode as ShareErrorCode };
  if (errorCode === invalidChannelId) return { wire: 'stale-share', event: 'other' };
  return { wire: 'invalid-share', event: 'other' };
}

function event(value: ProxyEvent): ProxyOutput<never> {
  return { type: 'event', event: value };
}
