import { meetsTarget } from '@stratumkit/bitcoin';
import type { AcceptedShare, ShareResult } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { encodeFrame, type TlvField } from '@stratumkit/framing';
import {
  type SubmitSharesErrorCode,
  type SubmitSharesExtended,
  type SubmitSharesStandard,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { refuseShare } from '../miningServer/refuseShare.ts';
import { workerNameOf } from '../miningServer/workerName.ts';
import type { Outputs } from './proxyMode.ts';
import type { ProxyOutput } from './proxyTypes.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { RelayJobs } from './relayJobs.ts';
import type { RelayPeer } from './relayPeer.ts';
import { type SentShare, SentShares, type Step } from './sentShares.ts';
import { sentUp } from './shareForwarder.ts';

type Submission = SubmitSharesStandard | SubmitSharesExtended;

interface RelayedShare extends SentShare {
  readonly channel: RelayChannel;
  readonly jobId: number;
  /** In which it was sent up. */
  readonly order: number;
  /** Undefined for a block in a share that was refused here already. */
  readonly accepted: AcceptedShare | undefined;
}

/** Judges shares, sends up those that stand, and gives the upstream's answers to who sent them, in the upstream's batches. */
export class RelayShares {
  readonly sent: SentShares<RelayedShare>;
  readonly #jobs: RelayJobs;
  readonly #maxWorkers: number;
  #lastOrder = 0;

  constructor(jobs: RelayJobs, alarmMs: number, maxUnanswered: number, maxWorkers: number) {
    this.#jobs = jobs;
    this.#maxWorkers = maxWorkers;
    this.sent = new SentShares(alarmMs, maxUnanswered);
  }

  submit(peer: RelayPeer, share: Submission, tlvs: readonly TlvField[], now: Now): Outputs {
    this.sent.counters.sharesIn++;
    const channel = peer.leaving === undefined ? peer.channels.get(share.channelId) : undefined;
    if (channel === undefined) {
      const { channelId, sequenceNumber, jobId } = share;
      const { connection } = peer;
      const origin = { connection, channelId, userIdentity: undefined, worker: undefined, sequenceNumber, jobId };
      return refuseShare(origin, 'invalid-channel-id');
    }
    const { worker, isNew } = workerNameOf(tlvs, channel.workers, this.#maxWorkers);
    const outputs: ProxyOutput<never>[] = [];
    if (worker !== undefined && isNew) {
      const { connection, channelId, userIdentity } = originOf(channel);
      outputs.push({ type: 'event', event: { type: 'workerSeen', connection, channelId, userIdentity, worker } });
    }
    const result = channel.validate(share, now);
    if (result.outcome === 'rejected') {
      channel.accounting.reject(result);
      if (result.solution !== undefined) outputs.push(...(this.#submit(channel, share, worker, result, now) ?? []));
      return [...outputs, ...refuse(channel, share, worker, result.errorCode)];
    }
    const sent = this.#submit(channel, share, worker, result, now);
    if (sent !== undefined) return [...outputs, ...sent];
    const { sequenceNumber, jobId } = share;
    channel.accounting.reject({ outcome: 'rejected', sequenceNumber, jobId, errorCode: 'stale-share' });
    return [...outputs, ...refuse(channel, share, worker, 'stale-share')];
  }

  answered(output: MiningClientOutput, now: Now): Outputs {
    return this.settle(this.sent.answered(output), now);
  }

  settle(steps: readonly Step<RelayedShare>[], now: Now): Outputs {
    const outputs: ProxyOutput<never>[] = [];
    const credited = new Set<RelayChannel>();
    for (const step of steps) {
      if ('type' in step) {
        outputs.push(step);
        continue;
      }
      const { channel, accepted, sequenceNumber, jobId, order, worker } = step.share;
      channel.unanswered--;
      const isGone = channel.peer.channels.get(channel.channelId) !== channel;
      if (accepted === undefined || isGone || step.outcome === 'unknown') continue;
      if (step.outcome === 'accepted') {
        // A former upstream answers late: what was told since has covered the share already, as one of those nobody knows about.
        if (order < channel.creditedOrder) continue;
        channel.creditedOrder = order;
        channel.accounting.accept(accepted, now, worker);
        credited.add(channel);
        outputs.push(shareEvent(channel, accepted, worker));
      } else {
        const { outcome: errorCode } = step;
        channel.accounting.reject({ outcome: 'rejected', sequenceNumber, jobId, errorCode });
        outputs.push(...refuse(channel, { sequenceNumber, jobId }, worker, errorCode));
      }
    }
    return [...outputs, ...[...credited].flatMap(acknowledge)];
  }

  /** Undefined if the upstream cannot take it any more. */
  #submit(
    channel: RelayChannel,
    share: Submission,
    worker: string | undefined,
    result: ShareResult,
    now: Now,
  ): ProxyOutput<never>[] | undefined {
    const { upstream, judge, padding } = channel;
    const job = judge.job(share.jobId);
    if (upstream === undefined || job?.chainTip === undefined) return undefined;
    const { session, channel: client } = upstream;
    const { version, ntime, nonce, jobId, sequenceNumber } = share;
    const origin = this.#jobs.originOf(job.template);
    if (origin.session !== session) return undefined;
    const rolled = 'extranonce' in share && channel.kind === 'extended' ? padded(share.extranonce, padding) : undefined;
    const isLateBlock = result.outcome === 'rejected';
    const submitted = session.client.submit(
      client.channelId,
      {
        jobId: origin.jobId,
        version,
        ntime,
        nonce,
        ...(rolled === undefined ? {} : { extranonce: rolled }),
        ...(worker === undefined ? {} : { worker }),
      },
      isLateBlock ? 'block' : 'share',
    );
    if (submitted === undefined) return undefined;
    channel.unanswered++;
    const names = { ...originOf(channel), worker, sequenceNumber };
    const accepted = isLateBlock ? undefined : result;
    const hash = isLateBlock ? result.solution!.hash : result.hash;
    const isBlock = meetsTarget(hash, job.chainTip.blockTarget);
    const steps = this.sent.sent(
      client,
      submitted,
      { ...names, channel, jobId, order: ++this.#lastOrder, accepted },
      now,
    );
    return [
      ...sentUp(session.connection, submitted.output.frame, { ...names, hash }, isBlock),
      ...this.settle(steps, now),
    ];
  }
}

function originOf({ peer: { connection }, channelId, userIdentity }: RelayChannel) {
  return { connection, channelId, userIdentity };
}

function refuse(
  channel: RelayChannel,
  { sequenceNumber, jobId }: Pick<Submission, 'sequenceNumber' | 'jobId'>,
  worker: string | undefined,
  errorCode: SubmitSharesErrorCode,
): Outputs {
  return refuseShare({ ...originOf(channel), worker, sequenceNumber, jobId }, errorCode);
}

/** The upstream has counted them, so they need no ledger here. */
function acknowledge(channel: RelayChannel): readonly ProxyOutput<never>[] {
  const { accounting, peer, channelId } = channel;
  const { connection } = peer;
  const batch = accounting.flush();
  if (batch === undefined) return [];
  return accounting.committed(batch.batchId).flatMap((acknowledgement): ProxyOutput<never>[] => {
    const { newSubmitsAcceptedCount: shares, newSharesSum: difficultySum } = acknowledgement;
    const frame = encodeFrame(SubmitSharesSuccess, acknowledgement);
    return [
      { type: 'send', to: [connection], frame, kind: 'acknowledgement', channelId },
      { type: 'event', event: { type: 'acknowledged', connection, channelId, shares, difficultySum } },
    ];
  });
}

function shareEvent(channel: RelayChannel, share: AcceptedShare, worker: string | undefined): ProxyOutput<never> {
  const { sequenceNumber, jobId, templateId, hash, difficulty, work, late } = share;
  const names = { ...originOf(channel), worker, sequenceNumber, jobId, templateId };
  return { type: 'event', event: { type: 'share', ...names, hash, difficulty, work, late } };
}

function padded(extranonce: Uint8Array, padding: number): Uint8Array {
  const out = new Uint8Array(padding + extranonce.length);
  out.set(extranonce, padding);
  return out;
}
