import { UsageError } from '@stratumkit/codec';
import type { ChainTip } from '../chainTip.ts';
import type { ShareTarget } from '../difficulty/shareTarget.ts';
import type { ChannelLimits } from '../limits.ts';
import type { JobHasher } from '../shares/jobHasher.ts';
import type { TipMemory } from '../shares/tipMemory.ts';
import type { ChannelJob, JobState } from './job.ts';
import type { JobIds } from './jobIds.ts';

/** A {@link ChannelJob} with what only its channel may change. */
export interface JobEntry extends ChannelJob {
  state: JobState;
  target: ShareTarget;
  chainTip: ChainTip | undefined;
  memory: TipMemory | undefined;
  /** When a tip change ended its life as an active or past job. */
  supersededAtMs: number | undefined;
  /** The 80 header bytes, made at the first share; version, root, time and nonce are overwritten. */
  header: Uint8Array | undefined;
  hasher: JobHasher | undefined;
  /** Digest of what the work consists of, made when first needed. */
  work: string | undefined;
}

/** The jobs of one channel by id, in the order they were sent. */
export class JobStore {
  readonly #jobs = new Map<number, JobEntry>();
  readonly #jobIds: JobIds;
  readonly #limits: ChannelLimits;
  #active: JobEntry | undefined;

  constructor(jobIds: JobIds, limits: ChannelLimits) {
    this.#jobIds = jobIds;
    this.#limits = limits;
  }

  get active(): JobEntry | undefined {
    return this.#active;
  }

  get(jobId: number): JobEntry | undefined {
    return this.#jobs.get(jobId);
  }

  values(): IterableIterator<JobEntry> {
    return this.#jobs.values();
  }

  has(state: JobState): boolean {
    for (const job of this.#jobs.values()) if (job.state === state) return true;
    return false;
  }

  addFuture(job: JobEntry): void {
    this.#insert(job);
    this.#retireOldest((other) => other.state === 'future', this.#limits.maxFutureJobs);
  }

  addActive(job: JobEntry): void {
    if (this.#active !== undefined) this.#active.state = 'past';
    this.#insert(job);
    this.#active = job;
    this.#retireOldest((other) => other.state === 'active' || other.state === 'past', this.#limits.maxLiveJobs);
  }

  /** SetNewPrevHash: only `job` stays valid (spec 5.3.17). Future jobs that were passed over could be mined on the new tip. */
  activate(job: JobEntry, tip: ChainTip, memory: TipMemory, nowMs: number): void {
    for (const other of this.#jobs.values()) {
      if (other === job || other.state === 'stale') continue;
      if (other.state === 'future') {
        other.chainTip = tip;
        other.memory = memory;
      } else other.supersededAtMs = nowMs;
      other.state = 'stale';
    }
    job.state = 'active';
    job.chainTip = tip;
    job.memory = memory;
    this.#active = job;
    this.#forgetOldestStale();
  }

  retire(job: JobEntry): void {
    job.state = 'stale';
    job.supersededAtMs = undefined;
    if (this.#active === job) this.#active = undefined;
    this.#forgetOldestStale();
  }

  retireAll(): void {
    for (const job of this.#jobs.values()) {
      job.state = 'stale';
      job.supersededAtMs = undefined;
    }
    this.#active = undefined;
  }

  clear(): void {
    for (const jobId of this.#jobs.keys()) this.#jobIds.release(jobId);
    this.#jobs.clear();
    this.#active = undefined;
  }

  #insert(job: JobEntry): void {
    if (this.#jobs.has(job.jobId))
      throw new UsageError('job-id-in-use', 'the channel still remembers a job with this id', {
        context: { jobId: job.jobId },
      });
    this.#jobs.set(job.jobId, job);
    this.#jobIds.hold(job.jobId);
  }

  #retireOldest(belongs: (job: JobEntry) => boolean, limit: number): void {
    const jobs = [...this.#jobs.values()].filter(belongs);
    for (const job of jobs.slice(0, Math.max(0, jobs.length - limit))) this.retire(job);
  }

  #forgetOldestStale(): void {
    let stale = 0;
    for (const job of this.#jobs.values()) if (job.state === 'stale') stale++;
    for (const job of this.#jobs.values()) {
      if (stale <= this.#limits.maxStaleJobs) return;
      if (job.state !== 'stale') continue;
      this.#jobs.delete(job.jobId);
      this.#jobIds.release(job.jobId);
      stale--;
    }
  }
}
