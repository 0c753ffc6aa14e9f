import type { MiningClientLimits } from './limits.ts';
import { PendingShares, type PendingTotal } from './pendingShares.ts';
import type { ActiveWork, ClientJob, ClientTip } from './work.ts';

export interface ClientChannelInfo {
  readonly kind: 'standard' | 'extended';
  readonly channelId: number;
  readonly userIdentity: string;
  readonly extranonceSize: number;
}

/** The downstream side of one channel: its jobs, its tip, its target. */
export class ClientChannel {
  readonly kind: 'standard' | 'extended';
  readonly channelId: number;
  readonly userIdentity: string;
  /** Bytes to roll behind the prefix; 0 on a standard channel. */
  readonly extranonceSize: number;
  readonly pending: PendingShares;
  groupChannelId: number;
  target: Uint8Array;
  extranoncePrefix: Uint8Array;

  readonly #limits: MiningClientLimits;
  readonly #futureJobs = new Map<number, ClientJob>();
  readonly #validJobIds = new Set<number>();
  #active: ActiveWork | undefined;
  #tip: ClientTip | undefined;
  #nextSequenceNumber = 0;

  constructor(
    info: ClientChannelInfo,
    groupChannelId: number,
    target: Uint8Array,
    extranoncePrefix: Uint8Array,
    limits: MiningClientLimits,
    pendingInAll?: PendingTotal,
  ) {
    this.kind = info.kind;
    this.channelId = info.channelId;
    this.userIdentity = info.userIdentity;
    this.extranonceSize = info.extranonceSize;
    this.groupChannelId = groupChannelId;
    this.target = target;
    this.extranoncePrefix = extranoncePrefix;
    this.#limits = limits;
    this.pending = new PendingShares(limits.pendingSharesPerChannel, pendingInAll);
  }

  get work(): ActiveWork | undefined {
    return this.#active;
  }

  get futureJobCount(): number {
    return this.#futureJobs.size;
  }

  /** Oldest first. */
  get futureJobs(): readonly ClientJob[] {
    return [...this.#futureJobs.values()];
  }

  get tip(): ClientTip | undefined {
    return this.#tip;
  }

  /** Whether a share of this job can still be accepted. */
  isValidJob(jobId: number): boolean {
    return this.#validJobIds.has(jobId);
  }

  addFutureJob(job: ClientJob): void {
    this.#futureJobs.delete(job.jobId);
    this.#futureJobs.set(job.jobId, job);
    trim(this.#futureJobs, this.#limits.futureJobsPerChannel);
  }

  /** A job to be mined at once on the present tip; false if the channel knows none yet. */
  activate(job: ClientJob, minNtime: number): boolean {
    if (this.#tip === undefined) return false;
    this.#start(job, this.#tip, Math.max(minNtime, this.#tip.minNtime));
    return true;
  }

  /** The tip changed (spec 5.3.17): only the named future job stays valid. Returns false if the channel has no such job. */
  setTip(jobId: number, tip: ClientTip): boolean {
    const job = this.#futureJobs.get(jobId);
    this.#futureJobs.clear();
    this.#validJobIds.clear();
    this.#active = undefined;
    this.#tip = tip;
    if (job === undefined) return false;
    this.#start(job, tip, tip.minNtime);
    return true;
  }

  takeSequenceNumber(): number {
    const sequenceNumber = this.#nextSequenceNumber;
    this.#nextSequenceNumber = (sequenceNumber + 1) >>> 0;
    return sequenceNumber;
  }

  #start(job: ClientJob, tip: ClientTip, minNtime: number): void {
    this.#validJobIds.delete(job.jobId);
    this.#validJobIds.add(job.jobId);
    trim(this.#validJobIds, this.#limits.pastJobsPerChannel);
    this.#active = {
      channelId: this.channelId,
      job,
      tip,
      minNtime,
      target: this.target,
      extranonceSize: this.extranonceSize,
    };
  }
}

/** The oldest give way. */
export function trim(collection: Map<number, unknown> | Set<number>, limit: number): void {
  for (const oldest of collection.keys()) {
    if (collection.size <= limit) return;
    collection.delete(oldest);
  }
}
