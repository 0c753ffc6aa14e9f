import { meetsTarget } from '@stratumkit/bitcoin';
import type { ChannelJob, ShareResult } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { type PendingCall, type RpcError, rpcError, type SubmitParams } from '@stratumkit/sv1';
import { parseJobId, rpcErrorOf, shareOf, shareVersion, upstreamExtranonce, workerOf } from '@stratumkit/translation';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import type { JobOrigin, JobSender } from './jobSender.ts';
import type { Miner } from './miner.ts';
import type { Outbox } from './outbox.ts';
import type { SourceTable } from './sourceTable.ts';
import type { ShareRefusal } from './translatorEvent.ts';

/** A submit with the job that it names. */
interface Submission {
  readonly miner: Miner;
  readonly share: SubmitParams;
  readonly job: ChannelJob;
  readonly origin: JobOrigin;
  readonly version: number;
}

/**
 * Judges shares as the pool will, answers them, sends up what the upstream wants, and finds out what became of it. A share gets
 * `true` only if no check of the pool's is left that it could fail.
 */
export class ShareDesk {
  readonly #jobs: JobSender;
  readonly #sources: SourceTable;
  readonly #outbox: Outbox;

  constructor(jobs: JobSender, sources: SourceTable, outbox: Outbox) {
    this.#jobs = jobs;
    this.#sources = sources;
    this.#outbox = outbox;
  }

  submit(miner: Miner, call: PendingCall, share: SubmitParams, now: Now): void {
    const { channel } = miner.space!;
    const jobId = parseJobId(share.jobId);
    const job = jobId === undefined ? undefined : channel.job(jobId);
    const origin = job === undefined ? undefined : this.#jobs.originOf(job.template);
    if (job === undefined || origin === undefined) {
      this.#refuse(miner, call, share, 'invalid-job-id');
      return;
    }
    const terms = {
      jobVersion: job.template.version,
      mask: job.template.versionRollingAllowed ? miner.grantedMask : 0,
    };
    const rolled = shareVersion(share.versionBits, terms);
    // With bits that it must not touch, a header may still be a block.
    const version = rolled ?? shareVersion(share.versionBits, { ...terms, mask: terms.mask | share.versionBits! })!;
    const isSendable = job.state === 'stale' || origin.source.takes(origin.work);
    const result = channel.validateShare(shareOf(share, job.jobId, version), now);
    const submission = { miner, share, job, origin, version };
    const refusal =
      (rolled === undefined ? 'invalid-version-bits' : undefined) ??
      (isSendable ? undefined : 'no-upstream') ??
      this.#fault(result, submission);
    const { solution } = result;
    const isWanted =
      result.outcome === 'accepted' && refusal === undefined && meetsTarget(result.hash, origin.work.target);
    const isSent =
      (isWanted || solution !== undefined) && this.#send(submission, solution === undefined ? 'share' : 'block', now);
    if (solution !== undefined) this.#foundBlock(submission, solution.hash, isSent);
    if (refusal !== undefined) this.#refuse(miner, call, share, refusal);
    else if (isWanted && !isSent) this.#refuse(miner, call, share, 'no-upstream');
    else if (result.outcome === 'accepted') this.#accept(submission, call, result, isSent, now);
  }

  /** The upstream's word on shares that were sent. */
  answered(output: Extract<MiningClientOutput, { type: 'accepted' | 'rejected' }>, now: Now): void {
    const { channel } = output;
    const source = this.#sources.get(channel);
    if (output.type === 'accepted') {
      const { count, difficultySum, sequenceNumbers } = output;
      // Where it counted fewer than it answers nobody knows which: the newest are taken to be the counted ones.
      const uncounted = Math.max(0, sequenceNumbers.length - count);
      for (const [index, sequenceNumber] of sequenceNumbers.entries()) {
        const sent = source?.take(sequenceNumber);
        if (sent !== undefined && index >= uncounted) sent.miner.totals.upstreamAccepted++;
      }
      source?.countAcknowledged(count, difficultySum);
      this.#outbox.event({ type: 'upstreamAccepted', shares: count, difficultySum });
      if (sequenceNumbers.length !== count)
        this.#outbox.event({ type: 'shareGap', answered: sequenceNumbers.length, counted: count });
      return;
    }
    const sent = source?.take(output.sequenceNumber);
    if (source === undefined || sent === undefined) return;
    const { errorCode } = output;
    const { miner, workerName } = sent;
    source.countRefusal(errorCode);
    miner.totals.upstreamRefused++;
    const tipAgeMs = now.monotonicMs - (channel.tip?.receivedMs ?? now.monotonicMs);
    const { connection } = miner;
    this.#outbox.event({ type: 'upstreamRefused', connection, workerName, errorCode, tipAgeMs });
  }

  /** What a check says, apart from version bits and from whether the upstream is there. */
  #fault(result: ShareResult, { share, origin }: Submission): ShareRefusal | undefined {
    if (result.outcome === 'rejected') return result.errorCode as ShareRefusal;
    // A job may begin later than its tip (spec 5.3.15).
    return share.ntime < origin.work.minNtime ? 'invalid-share' : undefined;
  }

  #accept(
    { miner, share, job, origin }: Submission,
    call: PendingCall,
    { hash, difficulty, work }: Extract<ShareResult, { outcome: 'accepted' }>,
    forwarded: boolean,
    now: Now,
  ): void {
    const { connection, totals } = miner;
    miner.space!.hasShares = true;
    totals.accepted++;
    totals.work += work;
    if (forwarded) totals.forwarded++;
    origin.source.countAccepted(hash, difficulty);
    this.#outbox.confirm(miner, call);
    const { workerName } = share;
    this.#outbox.event({ type: 'share', connection, workerName, hash, difficulty, work, forwarded });
    if (miner.difficulty.accepted(hash, job.target.target, now)) this.#jobs.retell(miner, now);
  }

  #refuse(miner: Miner, call: PendingCall, { workerName }: SubmitParams, refusal: ShareRefusal): void {
    miner.totals.refused++;
    this.#outbox.refuse(miner, call, errorOf(refusal));
    this.#outbox.event({ type: 'shareRefused', connection: miner.connection, workerName, refusal });
  }

  /** False if there is nobody to send it to. */
  #send({ miner, share, origin, version }: Submission, worth: 'share' | 'block', now: Now): boolean {
    const { source, work } = origin;
    const { session, channel } = source;
    if (!session.holds(channel)) return false;
    const { ntime, nonce, workerName, extranonce2 } = share;
    const extranonce = upstreamExtranonce(source.padding, miner.space!.lease.extranoncePrefix, extranonce2);
    const wanted = { jobId: work.job.jobId, nonce, ntime, version, extranonce, worker: workerOf(workerName) };
    const submitted = session.client.submit(channel.channelId, wanted, worth);
    if (submitted === undefined) return false;
    const { sequenceNumber, givenUp, output } = submitted;
    if (givenUp !== undefined && source.take(givenUp) !== undefined)
      this.#outbox.event({ type: 'sharesUnknown', shares: 1 });
    source.sent(sequenceNumber, { miner, workerName, sentMs: now.monotonicMs });
    const { frame, kind } = output;
    this.#outbox.push({ type: 'upstream-send', connection: session.connection, frame, kind });
    return true;
  }

  #foundBlock({ miner, share, origin }: Submission, hash: Uint8Array, sent: boolean): void {
    miner.totals.blocks++;
    origin.source.totals.blocks++;
    const { connection } = miner;
    this.#outbox.event({ type: 'block', connection, workerName: share.workerName, hash, sent });
  }
}

function errorOf(refusal: ShareRefusal): RpcError {
  switch (refusal) {
    case 'no-upstream':
      return rpcErrorOf('stale-share');
    case 'invalid-version-bits':
      return rpcErrorOf('invalid-non-rollable-version-bit');
    case 'not-authorized':
      return rpcError('unauthorized');
    case 'malformed':
      return rpcError('other');
    default:
      return rpcErrorOf(refusal);
  }
}
