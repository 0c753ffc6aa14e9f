import { meetsTarget } from '@stratumkit/bitcoin';
import type { AcceptedShare, ShareErrorCode, Solution } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import type { PassedShare, SolutionOrigin } from '../miningServer/types.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import { type ForwardedShare, ForwardedShares, mapShareError } from './forwardedShares.ts';
import type { ProxyEvent, ProxyOutput } from './proxyTypes.ts';
import { ShareCounters } from './shareCounters.ts';
import type { UpstreamJob } from './upstreamJobs.ts';

/** What became of a share that the mining server holds. */
export interface Verdict {
  readonly ticket: number;
  readonly outcome: 'accepted' | 'unknown' | ShareErrorCode;
}

type Step = Verdict | ProxyOutput<never>;

/** Sends shares up the trunk channel and finds out what became of them. */
export class ShareForwarder {
  readonly counters = new ShareCounters();
  readonly #jobOf: (templateId: bigint) => UpstreamJob | undefined;
  readonly #alarmMs: number;
  readonly #forwarded = new ForwardedShares();
  #alarmedAtMs: number | undefined;

  constructor(jobOf: (templateId: bigint) => UpstreamJob | undefined, alarmMs: number) {
    this.#jobOf = jobOf;
    this.#alarmMs = alarmMs;
  }

  get unanswered(): number {
    return this.#forwarded.size;
  }

  /** When the oldest unanswered share becomes an alarm; each one is raised once. */
  get deadline(): number | undefined {
    const oldest = this.#forwarded.oldestSentAtMs;
    if (oldest === undefined) return undefined;
    return Math.max(oldest, this.#alarmedAtMs ?? 0) + this.#alarmMs;
  }

  /** Whether a share is worth something to the upstream. A block is, whatever the upstream's target. */
  isWanted(share: AcceptedShare): boolean {
    const target = this.#jobOf(share.templateId)?.target;
    return share.solution !== undefined || (target !== undefined && meetsTarget(share.hash, target));
  }

  forward(ticket: number, share: PassedShare, now: Now): Step[] {
    const job = this.#jobOf(share.templateId);
    const steps = job === undefined ? undefined : this.#submit(job, ticket, share, 'share', now);
    return steps ?? [{ ticket, outcome: 'stale-share' }];
  }

  /** A block in a share that was refused here still goes up (it may only be late). */
  rescue(solution: Solution, { connection, channelId, userIdentity, worker }: SolutionOrigin, now: Now): Step[] {
    const job = this.#jobOf(solution.templateId);
    if (job === undefined) return [];
    const { hash, version, ntime, nonce, templateId } = solution;
    const extranonce = job.extranonceOf(solution.coinbase);
    const origin = { connection, channelId, userIdentity, worker, sequenceNumber: 0 };
    const share = { ...origin, hash, version, ntime, nonce, templateId, extranonce };
    return this.#submit(job, undefined, share, 'block', now) ?? [];
  }

  answered(session: UpstreamSession, output: MiningClientOutput): Step[] {
    if (output.type === 'rejected') return this.#rejected(session, output.sequenceNumber, output.errorCode);
    if (output.type !== 'accepted') return [];
    const { count, sequenceNumbers, difficultySum } = output;
    const steps: Step[] = [event({ type: 'upstreamAcknowledged', shares: count, difficultySum })];
    this.counters.sharesAcknowledged += count;
    if (count !== sequenceNumbers.length)
      steps.push(event({ type: 'shareGap', answered: sequenceNumbers.length, counted: count }));
    // Where it counted fewer than it answers nobody knows which: the newest are taken to be the counted ones.
    const uncounted = Math.max(0, sequenceNumbers.length - count);
    for (const [index, sequenceNumber] of sequenceNumbers.entries()) {
      const ticket = this.#forwarded.take(session, sequenceNumber)?.ticket;
      if (index < uncounted) this.counters.sharesUnknown++;
      if (ticket !== undefined) steps.push({ ticket, outcome: index < uncounted ? 'unknown' : 'accepted' });
    }
    return steps;
  }

  /** What the session did not answer it never will. */
  ended(session: UpstreamSession): Step[] {
    return this.#giveUp(this.#forwarded.takeAll(session));
  }

  tick(now: Now): Step[] {
    const { deadline } = this;
    if (deadline === undefined || now.monotonicMs < deadline) return [];
    this.#alarmedAtMs = now.monotonicMs;
    return [event({ type: 'answersOverdue', unanswered: this.#forwarded.size })];
  }

  /** Undefined if the upstream could not take it any more. */
  #submit(
    upstreamJob: UpstreamJob,
    ticket: number | undefined,
    share: PassedShare,
    worth: 'share' | 'block',
    now: Now,
  ): Step[] | undefined {
    const { session, job, padding } = upstreamJob;
    const { trunk } = session;
    if (session.stage === 'ended' || trunk === undefined || !session.client.channels.has(trunk.channelId))
      return undefined;
    const { version, ntime, nonce, hash, connection, channelId, userIdentity, sequenceNumber } = share;
    const extranonce = new Uint8Array(padding + share.extranonce.length);
    extranonce.set(share.extranonce, padding);
    const worker = share.worker ?? userIdentity;
    const wanted = { jobId: job.jobId, version, ntime, nonce, extranonce, worker };
    const sent = session.client.submit(trunk.channelId, wanted, worth);
    if (sent === undefined) return undefined;
    this.#forwarded.add(session, sent.sequenceNumber, { ticket, share, sentAtMs: now.monotonicMs });
    this.counters.sharesForwarded++;
    const { frame } = sent.output;
    const steps: Step[] = [
      { type: 'upstream-send', connection: session.connection, frame, kind: 'control' },
      event({
        type: 'shareForwarded',
        connection,
        channelId,
        userIdentity,
        worker: share.worker,
        sequenceNumber,
        hash,
      }),
    ];
    if (upstreamJob.isBlock(hash)) steps.push(event({ type: 'block', hash, userIdentity, worker: share.worker }));
    const givenUp = sent.givenUp === undefined ? undefined : this.#forwarded.take(session, sent.givenUp);
    return givenUp === undefined ? steps : [...steps, ...this.#giveUp([givenUp])];
  }

  #rejected(session: UpstreamSession, sequenceNumber: number, errorCode: string): Step[] {
    const forwarded = this.#forwarded.take(session, sequenceNumber);
    this.counters.sharesRejectedUpstream++;
    if (forwarded === undefined) return [];
    const { ticket, share } = forwarded;
    const mapped = mapShareError(errorCode);
    const { connection, channelId, userIdentity, worker, sequenceNumber: own } = share;
    const origin = { connection, channelId, userIdentity, worker, sequenceNumber: own };
    const rejected = event({ type: 'forwardedShareRejected', ...origin, errorCode: mapped.event });
    return ticket === undefined ? [rejected] : [rejected, { ticket, outcome: mapped.wire }];
  }

  #giveUp(shares: readonly ForwardedShare[]): Step[] {
    if (shares.length === 0) return [];
    this.counters.sharesUnknown += shares.length;
    const steps: Step[] = [event({ type: 'sharesUnknown', shares: shares.length })];
    for (const { ticket } of shares) if (ticket !== undefined) steps.push({ ticket, outcome: 'unknown' });
    return steps;
  }
}

function event(value: ProxyEvent): ProxyOutput<never> {
  return { type: 'event', event: value };
}
