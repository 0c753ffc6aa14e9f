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
  /** Those that are not stale, in the same order: a tip should not have to look at all that is remembered. */
  readonly #live = new Set<JobEntry>();
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

  has(state: Exclude<JobState, 'stale'>): boolean {
    for (const job of this.#live) if (job.state === state) return true;
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
    for (const other of this.#live) {
      if (other === job) continue;
      if (other.state === 'future') {
        other.chainTip = tip;
        other.memory = memory;
      } else other.supersededAtMs = nowMs;
      other.state = 'stale';
      this.#live.delete(other);
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
    this.#live.delete(job);
    if (this.#active === job) this.#active = undefined;
    this.#forgetOldestStale();
  }

  retireAll(): void {
    for (const job of this.#jobs.values()) {
      job.state = 'stale';
      job.supersededAtMs = undefined;
    }
    this.#live.clear();
    this.#active = undefined;
  }

  clear(): void {
    for (const jobId of this.#jobs.keys()) this.#jobIds.release(jobId);
    this.#jobs.clear();
    this.#live.clear();
    this.#active = undefined;
  }

  #insert(job: JobEntry): void {
    if (this.#jobs.has(job.jobId))
      throw new UsageError('job-id-in-use', 'the channel still remembers a job with this id', {
        context: { jobId: job.jobId },
      });
    this.#jobs.set(job.jobId, job);
    this.#live.add(job);
    this.#jobIds.hold(job.jobId);
  }

  #retireOldest(belongs: (job: JobEntry) => boolean, limit: number): void {
    let surplus = -limit;
    for (const job of this.#live) if (belongs(job)) surplus++;
    for (const job of this.#live) {
      if (surplus <= 0) return;
      if (!belongs(job)) continue;
      this.retire(job);
      surplus--;
    }
  }

  #forgetOldestStale(): void {
    let surplus = this.#jobs.size - this.#live.size - this.#limits.maxStaleJobs;
    if (surplus <= 0) return;
    for (const job of this.#jobs.values()) {
      if (surplus <= 0) return;
      if (job.state !== 'stale') continue;
      this.#jobs.delete(job.jobId);
      this.#jobIds.release(job.jobId);
      surplus--;
    }
  }
}
