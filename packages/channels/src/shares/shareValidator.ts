import { type HashBackend, joinCoinbase, meetsTarget, VERSION_ROLLING_MASK } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import type { JobEntry, JobStore } from '../jobs/jobStore.ts';
import type { ChannelLimits } from '../limits.ts';
import type { CreateJobHasher, JobHasher } from './jobHasher.ts';
import { isNtimeAllowed } from './ntime.ts';
import type { ShareErrorCode, ShareResult, Solution, StandardShare } from './share.ts';
import { SolutionMemory } from './solutionMemory.ts';
import { workDigest } from './workDigest.ts';

export interface ShareValidatorOptions {
  readonly hash: HashBackend;
  readonly createJobHasher: CreateJobHasher;
  readonly versionRollingMask: number;
  readonly staleGraceMs: number;
  readonly extranonceSize: number;
  readonly limits: ChannelLimits;
  readonly jobs: JobStore;
}

const VERSION_AT = 0;
const PREV_HASH_AT = 4;
const MERKLE_ROOT_AT = 36;
const NTIME_AT = 68;
const NBITS_AT = 72;
const NONCE_AT = 76;
const HEADER_SIZE = 80;

/** Judges the shares of one channel. */
export class ShareValidator {
  readonly #options: ShareValidatorOptions;
  readonly #solutions: SolutionMemory;

  constructor(options: ShareValidatorOptions) {
    this.#options = options;
    this.#solutions = new SolutionMemory(options.limits.maxRememberedSolutions);
  }

  /**
   * The reference implementation's order and codes, except that the block check comes before every defect as soon as a header
   * can be rebuilt: a block must not be lost because the share that carries it is stale, late or a duplicate.
   */
  validate(share: StandardShare, extranonce: Uint8Array, now: Now): ShareResult {
    const { jobs, extranonceSize, staleGraceMs } = this.#options;
    const job = jobs.get(share.jobId);
    if (job === undefined) return rejected(share, 'invalid-job-id', undefined);
    const { chainTip, memory } = job;
    const stale = job.state === 'stale';
    if (chainTip === undefined || memory === undefined)
      return rejected(share, stale ? 'stale-share' : 'invalid-job-id', undefined);
    if (extranonce.length !== extranonceSize)
      return rejected(share, stale ? 'stale-share' : 'bad-extranonce-size', undefined);

    const header = this.#rebuildHeader(job, share, extranonce);
    const hash = this.#options.hash.sha256d(header);
    const isBlock = meetsTarget(hash, chainTip.blockTarget) && isTemplateVersion(share.version, job.template.version);
    const solution =
      isBlock && this.#solutions.add(hash) ? createSolution(job, share, extranonce, header, hash) : undefined;

    const inGrace = job.supersededAtMs !== undefined && now.monotonicMs - job.supersededAtMs < staleGraceMs;
    if (stale && !inGrace) return rejected(share, 'stale-share', solution);
    if (!isNtimeAllowed(share.ntime, chainTip.minNtime, now.unixSeconds))
      return rejected(share, 'invalid-share', solution);
    const versionError = this.#versionError(job, share.version);
    if (versionError !== undefined) return rejected(share, versionError, solution);
    if (!isBlock && !meetsTarget(hash, job.target.target)) return rejected(share, 'difficulty-too-low', solution);
    if (memory.has(hash)) return rejected(share, 'duplicate-share', solution);

    if (memory.makeRoom()) {
      for (const other of jobs.values()) if (this.isRetiredWork(other) && other.state !== 'future') jobs.retire(other);
      if (this.isRetiredWork(job)) return rejected(share, 'stale-share', solution);
    }
    memory.add(hash, this.#workOf(job));
    return {
      outcome: 'accepted',
      sequenceNumber: share.sequenceNumber,
      jobId: share.jobId,
      templateId: job.template.templateId,
      hash,
      difficulty: job.target.difficulty,
      difficultyFixed: job.target.difficultyFixed,
      work: job.target.work,
      late: stale,
      ...(solution === undefined ? {} : { solution }),
    };
  }

  /** True if the job's work was retired on its tip: no share of it may count. */
  isRetiredWork(job: JobEntry): boolean {
    return job.memory?.hasRetiredWorks === true && job.memory.isRetired(this.#workOf(job));
  }

  hasherOf(job: JobEntry): JobHasher {
    const { template, extranoncePrefix } = job;
    const { merkleRoot } = template;
    if (merkleRoot !== undefined) return { merkleRootInto: (_, out, offset) => out.set(merkleRoot, offset) };
    job.hasher ??= this.#options.createJobHasher({
      coinbasePrefix: template.coinbasePrefix,
      extranoncePrefix,
      extranonceSize: this.#options.extranonceSize,
      coinbaseSuffix: template.coinbaseSuffix,
      merklePath: template.merklePath,
    });
    return job.hasher;
  }

  #rebuildHeader(job: JobEntry, share: StandardShare, extranonce: Uint8Array): Uint8Array {
    let header = job.header;
    if (header === undefined) {
      header = new Uint8Array(HEADER_SIZE);
      header.set(job.chainTip!.prevHash, PREV_HASH_AT);
      writeU32(header, NBITS_AT, job.chainTip!.nbits);
      job.header = header;
      if (extranonce.length === 0) this.hasherOf(job).merkleRootInto(extranonce, header, MERKLE_ROOT_AT);
    }
    if (extranonce.length > 0) this.hasherOf(job).merkleRootInto(extranonce, header, MERKLE_ROOT_AT);
    writeU32(header, VERSION_AT, share.version);
    writeU32(header, NTIME_AT, share.ntime);
    writeU32(header, NONCE_AT, share.nonce);
    return header;
  }

  #versionError(job: JobEntry, version: number): ShareErrorCode | undefined {
    const changed = version ^ job.template.version;
    if (changed === 0) return undefined;
    if (!job.template.versionRollingAllowed) return 'version-rolling-not-allowed';
    return (changed & ~this.#options.versionRollingMask) === 0 ? undefined : 'invalid-non-rollable-version-bit';
  }

  #workOf(job: JobEntry): string {
    job.work ??= workDigest(job.template, job.extranoncePrefix, this.#options.hash);
    return job.work;
  }
}

/** Bits outside BIP323 must be the template's, or the solution would not be the template's block (spec 7.7). */
function isTemplateVersion(version: number, templateVersion: number): boolean {
  return ((version ^ templateVersion) & ~VERSION_ROLLING_MASK) === 0;
}

function rejected(share: StandardShare, errorCode: ShareErrorCode, solution: Solution | undefined): ShareResult {
  const { sequenceNumber, jobId } = share;
  return solution === undefined
    ? { outcome: 'rejected', sequenceNumber, jobId, errorCode }
    : { outcome: 'rejected', sequenceNumber, jobId, errorCode, solution };
}

function createSolution(
  job: JobEntry,
  share: StandardShare,
  extranonce: Uint8Array,
  header: Uint8Array,
  hash: Uint8Array,
): Solution {
  const { template, extranoncePrefix } = job;
  return {
    templateId: template.templateId,
    jobId: job.jobId,
    version: share.version,
    ntime: share.ntime,
    nonce: share.nonce,
    coinbase: joinCoinbase(template.coinbasePrefix, extranoncePrefix, extranonce, template.coinbaseSuffix),
    header: header.slice(),
    prevHash: job.chainTip!.prevHash.slice(),
    hash,
  };
}

function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
}
