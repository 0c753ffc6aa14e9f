import { meetsTarget } from '@stratumkit/bitcoin';
import type { AcceptedShare, Solution } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { MiningServer } from '../miningServer/miningServer.ts';
import type { PassedShare, SolutionOrigin } from '../miningServer/types.ts';
import type { ProxyOutput } from './proxyTypes.ts';
import { type SentShare, SentShares, type Step } from './sentShares.ts';
import type { UpstreamJob } from './upstreamJobs.ts';

/** Numbers are those of one server: another one, after a change of the extranonce space, begins anew. */
export interface Ticket {
  readonly server: MiningServer;
  readonly number: number;
}

/** A share on the trunk channel. */
export interface TrunkShare extends SentShare {
  /** Undefined for a late block, which was answered here already. */
  readonly ticket: Ticket | undefined;
}

/** Sends shares up the trunk channel. */
export class ShareForwarder {
  readonly sent: SentShares<TrunkShare>;
  readonly #jobOf: (templateId: bigint) => UpstreamJob | undefined;

  constructor(jobOf: (templateId: bigint) => UpstreamJob | undefined, alarmMs: number, maxUnanswered: number) {
    this.#jobOf = jobOf;
    this.sent = new SentShares(alarmMs, maxUnanswered);
  }

  /** Whether a share is worth something to the upstream. A block is, whatever the upstream's target. */
  isWanted(share: AcceptedShare): boolean {
    const target = this.#jobOf(share.templateId)?.target;
    return share.solution !== undefined || (target !== undefined && meetsTarget(share.hash, target));
  }

  /** Undefined if the upstream cannot take it any more. */
  forward(ticket: Ticket, share: PassedShare, now: Now): Step<TrunkShare>[] | undefined {
    const job = this.#jobOf(share.templateId);
    return job === undefined ? undefined : this.#submit(job, ticket, share, 'share', now);
  }

  /** A block in a share that was refused here still goes up (it may only be late). */
  rescue(
    solution: Solution,
    { connection, channelId, userIdentity, worker }: SolutionOrigin,
    now: Now,
  ): Step<TrunkShare>[] {
    const job = this.#jobOf(solution.templateId);
    if (job === undefined) return [];
    const { hash, version, ntime, nonce, templateId } = solution;
    const extranonce = job.extranonceOf(solution.coinbase);
    const origin = { connection, channelId, userIdentity, worker, sequenceNumber: 0 };
    const share = { ...origin, hash, version, ntime, nonce, templateId, extranonce };
    return this.#submit(job, undefined, share, 'block', now) ?? [];
  }

  #submit(
    upstreamJob: UpstreamJob,
    ticket: Ticket | undefined,
    share: PassedShare,
    worth: 'share' | 'block',
    now: Now,
  ): Step<TrunkShare>[] | undefined {
    const { session, job, padding } = upstreamJob;
    const { trunk } = session;
    if (trunk === undefined || !session.holds(trunk)) return undefined;
    const { version, ntime, nonce, hash, connection, channelId, userIdentity, worker, sequenceNumber } = share;
    const extranonce = new Uint8Array(padding + share.extranonce.length);
    extranonce.set(share.extranonce, padding);
    const wanted = { jobId: job.jobId, version, ntime, nonce, extranonce, worker: worker ?? userIdentity };
    const submitted = session.client.submit(trunk.channelId, wanted, worth);
    if (submitted === undefined) return undefined;
    const origin = { connection, channelId, userIdentity, worker, sequenceNumber };
    const isBlock = upstreamJob.isBlock(hash);
    return [
      ...sentUp(session.connection, submitted.output.frame, { ...origin, hash }, isBlock),
      ...this.sent.sent(trunk, submitted, { ...origin, ticket }, now),
    ];
  }
}

/** The frame of a share, and the events. */
export function sentUp(
  upstream: number,
  frame: Uint8Array,
  share: SentShare & { readonly hash: Uint8Array },
  isBlock: boolean,
): ProxyOutput<never>[] {
  const { hash, userIdentity, worker } = share;
  const outputs: ProxyOutput<never>[] = [
    { type: 'upstream-send', connection: upstream, frame, kind: 'control' },
    { type: 'event', event: { type: 'shareForwarded', ...share } },
  ];
  if (isBlock) outputs.push({ type: 'event', event: { type: 'block', hash, userIdentity, worker } });
  return outputs;
}
