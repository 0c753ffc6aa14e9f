import { type HashBackend, portableHash, VERSION_ROLLING_MASK } from '@stratumkit/bitcoin';
import { type Now, UsageError } from '@stratumkit/codec';
import type { ChainTip } from '../chainTip.ts';
import { createShareTarget, type ShareTarget } from '../difficulty/shareTarget.ts';
import type { ChannelJob, ExtendedJobTemplate } from '../jobs/job.ts';
import type { JobIds } from '../jobs/jobIds.ts';
import { type JobEntry, JobStore } from '../jobs/jobStore.ts';
import { type ChannelLimits, DEFAULT_CHANNEL_LIMITS } from '../limits.ts';
import { type CreateJobHasher, createPortableJobHasher } from '../shares/jobHasher.ts';
import type { ShareResult, StandardShare } from '../shares/share.ts';
import { ShareValidator } from '../shares/shareValidator.ts';
import { TipMemories } from '../shares/tipMemory.ts';

/** What standard and extended channels have in common at their opening. */
export interface ChannelOptions {
  readonly channelId: number;
  /** As allocated. Not copied: it must not change. */
  readonly extranoncePrefix: Uint8Array;
  readonly target: Uint8Array;
  /** The connection's counter; the channel holds the ids of the jobs it remembers. */
  readonly jobIds: JobIds;
  readonly hash?: HashBackend;
  /** A faster kernel for merkle roots; by default the portable one over `hash`. */
  readonly createJobHasher?: CreateJobHasher;
  /** Header bits a share may change when its job allows rolling; by default those of BIP323 (0x1fffffe0). */
  readonly versionRollingMask?: number;
  /** Shares of jobs that a tip change ended less than this ago still count, as `late`; by default 0. */
  readonly staleGraceMs?: number;
  readonly limits?: Partial<ChannelLimits>;
}

/** Tips that must pass until the last job that used a prefix is stale: hand it to `ExtranonceAllocator.release`. */
export type TipsUntilStale = 0 | 1 | 2;

/** The upstream side of one channel: which jobs the downstream got, and what its shares are worth. */
export abstract class MiningChannel {
  abstract readonly type: 'standard' | 'extended';
  readonly channelId: number;
  /** Bytes the downstream rolls: 0 on a standard channel. */
  readonly extranonceSize: number;
  protected readonly jobs: JobStore;
  readonly #validator: ShareValidator;
  readonly #memories: TipMemories;
  #extranoncePrefix: Uint8Array;
  #target: ShareTarget;
  #chainTip: ChainTip | undefined;
  #closed = false;

  protected constructor(options: ChannelOptions, extranonceSize: number) {
    const limits = { ...DEFAULT_CHANNEL_LIMITS, ...options.limits };
    const hash = options.hash ?? portableHash;
    this.channelId = options.channelId;
    this.extranonceSize = extranonceSize;
    this.jobs = new JobStore(options.jobIds, limits);
    this.#memories = new TipMemories(limits);
    this.#extranoncePrefix = options.extranoncePrefix;
    this.#target = createShareTarget(options.target);
    this.#validator = new ShareValidator({
      hash,
      createJobHasher: options.createJobHasher ?? createPortableJobHasher(hash),
      versionRollingMask: options.versionRollingMask ?? VERSION_ROLLING_MASK,
      staleGraceMs: options.staleGraceMs ?? 0,
      extranonceSize,
      limits,
      jobs: this.jobs,
    });
  }

  /** For jobs that are sent from now on. */
  get extranoncePrefix(): Uint8Array {
    return this.#extranoncePrefix;
  }

  /** Prefix and rolled part together: the same for all members of a group (spec 5.2.3). */
  get fullExtranonceSize(): number {
    return this.#extranoncePrefix.length + this.extranonceSize;
  }

  /** For jobs that are sent or activated from now on. */
  get target(): ShareTarget {
    return this.#target;
  }

  get chainTip(): ChainTip | undefined {
    return this.#chainTip;
  }

  get activeJob(): ChannelJob | undefined {
    return this.jobs.active;
  }

  /**
   * True when the channel has a tip but no job that can be credited: its memory of shares ran full and the work was retired. It
   * needs other work: a job with another coinbase or another merkle path, or a new extranonce prefix and a job.
   */
  get needsNewWork(): boolean {
    return !this.#closed && this.#chainTip !== undefined && this.jobs.active === undefined;
  }

  job(jobId: number): ChannelJob | undefined {
    return this.jobs.get(jobId);
  }

  /**
   * Notes a job as sent on this channel, directly or through its group. A future job waits for {@link activate}; another one
   * replaces the active job at once. If its work was retired on this tip it is stale from the start. Throws UsageError
   * `no-chain-tip` for a job with `minNtime` before the first tip.
   */
  addJob(template: ExtendedJobTemplate): ChannelJob {
    const job: JobEntry = {
      jobId: template.jobId,
      template,
      state: 'future',
      extranoncePrefix: this.#extranoncePrefix,
      target: this.#target,
      chainTip: undefined,
      memory: undefined,
      supersededAtMs: undefined,
      header: undefined,
      hasher: undefined,
      work: undefined,
    };
    if (template.minNtime === undefined) {
      this.jobs.addFuture(job);
      return job;
    }
    if (this.#chainTip === undefined)
      throw new UsageError('no-chain-tip', 'a job with min_ntime needs a SetNewPrevHash before it', {
        context: { channelId: this.channelId, jobId: template.jobId },
      });
    job.chainTip = this.#chainTip;
    job.memory = this.#memories.enter(this.#chainTip);
    job.state = 'active';
    this.jobs.addActive(job);
    if (this.#validator.isRetiredWork(job)) this.jobs.retire(job);
    return job;
  }

  /**
   * SetNewPrevHash (spec 5.3.17): the named future job becomes the active one with the channel's present target, every other
   * job becomes stale. Returns false, and changes nothing, if that job was never sent here as a future job: then the message
   * must not be sent on this channel.
   */
  activate(jobId: number, tip: ChainTip, now: Now): boolean {
    const job = this.jobs.get(jobId);
    if (job?.state !== 'future') return false;
    this.#chainTip = tip;
    job.target = this.#target;
    this.jobs.activate(job, tip, this.#memories.enter(tip), now.monotonicMs);
    if (this.#validator.isRetiredWork(job)) this.jobs.retire(job);
    return true;
  }

  /**
   * SetTarget (spec 5.3.21): for jobs sent later and for future jobs, which take the target at their activation. Jobs that were
   * sent with a min_ntime, or are activated already, keep theirs.
   */
  setTarget(target: Uint8Array | ShareTarget): void {
    this.#target = target instanceof Uint8Array ? createShareTarget(target) : target;
    for (const job of this.jobs.values()) if (job.state === 'future') job.target = this.#target;
  }

  /**
   * SetExtranoncePrefix (spec 5.3.10): for jobs sent later. Returns how many chain tips the old prefix has to wait for. The full
   * extranonce size must stay what it was, unless `mayResize`: an upstream may give a prefix of another length. Otherwise
   * that is UsageError `extranonce-prefix-size`.
   */
  setExtranoncePrefix(extranoncePrefix: Uint8Array, mayResize = false): TipsUntilStale {
    if (!mayResize && extranoncePrefix.length !== this.#extranoncePrefix.length)
      throw new UsageError('extranonce-prefix-size', 'the new extranonce prefix has another length', {
        context: {
          channelId: this.channelId,
          size: extranoncePrefix.length,
          expected: this.#extranoncePrefix.length,
        },
      });
    this.#extranoncePrefix = extranoncePrefix;
    return this.#tipsUntilStale();
  }

  /**
   * No share counts any more; late blocks are still found, so the caller may keep the channel for shares in flight. Returns how
   * many chain tips its prefix has to wait for.
   */
  close(): TipsUntilStale {
    const tips = this.#tipsUntilStale();
    this.jobs.retireAll();
    this.#closed = true;
    return tips;
  }

  /** Forgets all jobs and gives their ids back to the connection. */
  dispose(): void {
    this.close();
    this.jobs.clear();
  }

  protected validate(share: StandardShare, extranonce: Uint8Array, now: Now): ShareResult {
    return this.#validator.validate(share, extranonce, now);
  }

  /** Writes the merkle root of a job into `out`; only meaningful without a rolled part. */
  protected merkleRootInto(job: JobEntry, extranonce: Uint8Array, out: Uint8Array): void {
    this.#validator.hasherOf(job).merkleRootInto(extranonce, out, 0);
  }

  /** A future job is stale only when the tip after the next one has passed it over. */
  #tipsUntilStale(): TipsUntilStale {
    if (this.jobs.has('future')) return 2;
    return this.jobs.has('active') || this.jobs.has('past') ? 1 : 0;
  }
}
