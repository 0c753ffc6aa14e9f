import {
  type AcceptedShare,
  type ShareBatch,
  type ShareErrorCode,
  type ShareResult,
  StandardChannel,
} from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { sanitizeErrorCode } from '@stratumkit/connection';
import { encodeFrame, type TlvField } from '@stratumkit/framing';
import {
  CloseChannel,
  type SubmitSharesErrorCode,
  type SubmitSharesExtended,
  type SubmitSharesStandard,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import { type ConnectionId, NO_OUTPUTS } from '../output.ts';
import { DueQueue } from './dueQueue.ts';
import { HeldShares } from './heldShares.ts';
import type { Peer, ServedChannel } from './peer.ts';
import { refuseShare } from './refuseShare.ts';
import type { MiningServerOutput, PassedShare } from './types.ts';
import { workerNameOf } from './workerName.ts';

export interface ShareDeskOptions {
  readonly maxBatchDelayMs: number;
  readonly maxWorkersPerChannel: number;
  readonly maxHeldShares: number;
  readonly maxHeldSharesInAll: number;
  readonly maxUncommittedBatches: number;
  readonly holdsShare: (share: AcceptedShare) => boolean;
}

const NO_EXTRANONCE = new Uint8Array(0);

/** Takes shares, credits them in batches, and acknowledges what the ledger has confirmed. */
export class ShareDesk {
  readonly #options: ShareDeskOptions;
  /** Channels with a batch that is not full yet, by the time it has to go; the first is always the next. */
  readonly #openBatches = new DueQueue<ServedChannel>();
  readonly #committing = new Map<number, ServedChannel>();
  readonly #held = new HeldShares();
  /** How many of the oldest batches go at once, whatever their time. */
  #overdue = 0;

  constructor(options: ShareDeskOptions) {
    this.#options = options;
  }

  get deadline(): number | undefined {
    return this.#openBatches.next;
  }

  /** Batches that the ledger has not confirmed. */
  get committing(): number {
    return this.#committing.size;
  }

  submit(
    peer: Peer,
    share: SubmitSharesStandard | SubmitSharesExtended,
    tlvs: readonly TlvField[],
    now: Now,
  ): MiningServerOutput[] {
    const open = peer.channels.get(share.channelId);
    const served = open ?? peer.closed.get(share.channelId);
    if (served === undefined) return [...refuse(peer.connection, share, 'invalid-channel-id', undefined, undefined)];
    const outputs: MiningServerOutput[] = [];
    const worker = this.#workerOf(served, tlvs, outputs);
    const result = validate(served, share, now);
    if (result.solution !== undefined) {
      const { userIdentity } = served;
      const accepted = open !== undefined && result.outcome === 'accepted';
      const foundBy = { connection: peer.connection, channelId: share.channelId, userIdentity, worker, accepted };
      outputs.push({ type: 'solution', solution: result.solution, foundBy });
    }
    if (open === undefined) {
      // Nothing counts on a closed channel; it was looked at for a block only.
      outputs.push(...refuse(peer.connection, share, 'invalid-channel-id', served, worker));
    } else if (result.outcome === 'rejected') {
      served.accounting.reject(result);
      outputs.push(...refuse(peer.connection, share, result.errorCode, served, worker));
    } else if (served.accounting.isFull || this.#committing.size >= this.#options.maxUncommittedBatches) {
      outputs.push({ type: 'close', to: peer.connection, reason: 'ledger-behind' });
    } else if (this.#isHoldingTooMany(served, result)) {
      outputs.push({ type: 'close', to: peer.connection, reason: 'upstream-behind' });
    } else if (this.#options.holdsShare(result)) {
      const ticket = this.#held.hold(served, result, worker);
      outputs.push({ type: 'held', ticket, share: passedShare(served, share, result, worker) });
    } else if (this.#held.of(served) > 0) {
      this.#held.queueBehind(served, result, worker);
    } else {
      this.#accept(served, result, worker, outputs, now);
    }
    return outputs;
  }

  #isHoldingTooMany(served: ServedChannel, share: AcceptedShare): boolean {
    const { maxHeldShares, maxHeldSharesInAll, holdsShare } = this.#options;
    const own = this.#held.of(served);
    if (own >= maxHeldShares) return true;
    return this.#held.size >= maxHeldSharesInAll && (own > 0 || holdsShare(share));
  }

  /** The upstream's answer to a held share; `served` is undefined if none waits for one. */
  judge(
    ticket: number,
    outcome: 'accepted' | 'unknown' | ShareErrorCode,
    now: Now,
  ): { outputs: MiningServerOutput[]; served: ServedChannel | undefined } {
    const isRefusal = outcome !== 'accepted' && outcome !== 'unknown';
    const settled = this.#held.settle(ticket, isRefusal ? 'refused' : outcome);
    if (settled === undefined) return { outputs: [], served: undefined };
    const { served, share, worker } = settled.held;
    const outputs: MiningServerOutput[] = [];
    if (served.state === 'closed') return { outputs, served };
    if (isRefusal) {
      const { sequenceNumber, jobId } = share;
      served.accounting.reject({ outcome: 'rejected', sequenceNumber, jobId, errorCode: outcome });
      const { channelId } = served.channel;
      outputs.push(...refuse(served.peer.connection, { channelId, sequenceNumber, jobId }, outcome, served, worker));
    }
    for (const each of settled.released) {
      // A Success that counts fewer shares than it covers is taken to mean the newest ones: what lies before the gap goes first.
      if (each.state === 'unknown') outputs.push(...this.flush(served));
      else this.#accept(served, each.share, each.worker, outputs, now);
    }
    if (served.state === 'acknowledging') outputs.push(...this.flush(served), ...this.finishClosing(served));
    return { outputs, served };
  }

  /** Whether a share of the channel was credited, or may yet be by somebody else. */
  hasShares(served: ServedChannel): boolean {
    return served.accounting.totals.accepted > 0 || this.#held.of(served) > 0;
  }

  /** Commits what has collected on a channel. */
  flush(served: ServedChannel): readonly MiningServerOutput[] {
    this.#openBatches.delete(served);
    const batch = served.accounting.flush();
    return batch === undefined ? NO_OUTPUTS : [this.#commit(served, batch)];
  }

  /** Batches to be committed by {@link flushOverdue}. */
  get isOverdue(): boolean {
    return this.#overdue > 0;
  }

  /** All open batches are to go. */
  expireAll(): void {
    this.#overdue = this.#openBatches.size;
  }

  /** Commits at most `max` batches of those that {@link expireAll} found. */
  flushOverdue(max: number): readonly MiningServerOutput[] {
    if (!this.isOverdue) return NO_OUTPUTS;
    const outputs: MiningServerOutput[] = [];
    for (let count = 0; count < max && this.#overdue > 0; count++) {
      this.#overdue--;
      const served = this.#openBatches.takeDue(Number.POSITIVE_INFINITY);
      if (served === undefined) this.#overdue = 0;
      else outputs.push(...this.flush(served));
    }
    return outputs;
  }

  /** Commits at most `max` of the batches that are due: the deadline stays where it is while there are more. */
  tick(now: Now, max: number): readonly MiningServerOutput[] {
    let outputs: MiningServerOutput[] | undefined;
    for (let count = 0; count < max; count++) {
      const served = this.#openBatches.takeDue(now.monotonicMs);
      if (served === undefined) break;
      outputs ??= [];
      outputs.push(...this.flush(served));
    }
    return outputs ?? NO_OUTPUTS;
  }

  /** The ledger's answer to a batch; `served` is undefined if no such batch waits. */
  settle(
    batchId: number,
    outcome: 'committed' | 'abandoned',
  ): { outputs: MiningServerOutput[]; served: ServedChannel | undefined } {
    const served = this.#committing.get(batchId);
    if (served === undefined) return { outputs: [], served };
    this.#committing.delete(batchId);
    const { connection } = served.peer;
    const outputs: MiningServerOutput[] = [];
    const acknowledgements = served.accounting[outcome](batchId);
    // After a client's CloseChannel nothing may be sent for the channel (spec 5.3.9).
    if (served.state === 'closed' || !served.peer.isConnected) return { outputs, served };
    for (const acknowledgement of acknowledgements) {
      const { channelId, newSubmitsAcceptedCount: shares, newSharesSum: difficultySum } = acknowledgement;
      const frame = encodeFrame(SubmitSharesSuccess, acknowledgement);
      outputs.push({ type: 'send', to: [connection], frame, kind: 'acknowledgement', channelId });
      outputs.push({ type: 'event', event: { type: 'acknowledged', connection, channelId, shares, difficultySum } });
    }
    outputs.push(...this.finishClosing(served));
    return { outputs, served };
  }

  /** Sends the CloseChannel of a channel that this side has closed, once all of its shares are acknowledged. */
  finishClosing(served: ServedChannel): readonly MiningServerOutput[] {
    if (served.state !== 'acknowledging' || !served.peer.isConnected) return NO_OUTPUTS;
    const { accepted, acknowledged, lost } = served.accounting.totals;
    if (accepted > acknowledged + lost || this.#held.of(served) > 0) return NO_OUTPUTS;
    served.state = 'closed';
    served.peer.acknowledging--;
    const { channelId } = served.channel;
    const frame = encodeFrame(CloseChannel, { channelId, reasonCode: sanitizeErrorCode(served.closeReason) });
    return [{ type: 'send', to: [served.peer.connection], frame, kind: 'control', channelId }];
  }

  #accept(
    served: ServedChannel,
    share: AcceptedShare,
    worker: string | undefined,
    outputs: MiningServerOutput[],
    now: Now,
  ): void {
    const batch = served.accounting.accept(share, now, worker);
    const { sequenceNumber, jobId, templateId, hash, difficulty, work, late } = share;
    outputs.push({
      type: 'event',
      event: {
        type: 'share',
        connection: served.peer.connection,
        channelId: served.channel.channelId,
        userIdentity: served.userIdentity,
        worker,
        sequenceNumber,
        jobId,
        templateId,
        hash,
        difficulty,
        work,
        late,
      },
    });
    if (batch !== undefined) {
      this.#openBatches.delete(served);
      outputs.push(this.#commit(served, batch));
    } else if (!this.#openBatches.has(served)) {
      this.#openBatches.set(served, now.monotonicMs + this.#options.maxBatchDelayMs);
    }
  }

  #commit(served: ServedChannel, batch: ShareBatch): MiningServerOutput {
    this.#committing.set(batch.batchId, served);
    return { type: 'commit', batch };
  }

  #workerOf(served: ServedChannel, tlvs: readonly TlvField[], outputs: MiningServerOutput[]): string | undefined {
    const { worker, isNew } = workerNameOf(tlvs, served.workers, this.#options.maxWorkersPerChannel);
    if (worker === undefined || !isNew) return worker;
    const { userIdentity, peer, channel } = served;
    const { channelId } = channel;
    outputs.push({
      type: 'event',
      event: { type: 'workerSeen', connection: peer.connection, channelId, userIdentity, worker },
    });
    return worker;
  }
}

/**
 * Either message is taken on either kind of channel: without an extranonce where one is due the share is refused by its size, and a
 * standard channel has no use for one.
 */
function validate(
  { channel }: ServedChannel,
  share: SubmitSharesStandard | SubmitSharesExtended,
  now: Now,
): ShareResult {
  if (channel instanceof StandardChannel) return channel.validateShare(share, now);
  return channel.validateShare('extranonce' in share ? share : { ...share, extranonce: NO_EXTRANONCE }, now);
}

function passedShare(
  { peer, channel, userIdentity }: ServedChannel,
  share: SubmitSharesStandard | SubmitSharesExtended,
  { templateId, hash }: AcceptedShare,
  worker: string | undefined,
): PassedShare {
  const { channelId, sequenceNumber, jobId, version, ntime, nonce } = share;
  const { extranoncePrefix } = channel.job(jobId)!;
  const rolled = channel.type === 'extended' && 'extranonce' in share ? share.extranonce : NO_EXTRANONCE;
  const extranonce = new Uint8Array(extranoncePrefix.length + rolled.length);
  extranonce.set(extranoncePrefix);
  extranonce.set(rolled, extranoncePrefix.length);
  const { connection } = peer;
  const origin = { connection, channelId, userIdentity, worker, sequenceNumber };
  return { ...origin, templateId, hash, version, ntime, nonce, extranonce };
}

function refuse(
  connection: ConnectionId,
  { channelId, sequenceNumber, jobId }: Pick<SubmitSharesStandard, 'channelId' | 'sequenceNumber' | 'jobId'>,
  errorCode: SubmitSharesErrorCode,
  served: ServedChannel | undefined,
  worker: string | undefined,
): readonly MiningServerOutput[] {
  const userIdentity = served?.userIdentity;
  return refuseShare({ connection, channelId, userIdentity, worker, sequenceNumber, jobId }, errorCode);
}
