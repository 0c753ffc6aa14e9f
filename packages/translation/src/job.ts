import type { ExtendedJobTemplate } from '@stratumkit/channels';
import type { NotifyParams } from '@stratumkit/sv1';

/** An extended job of the upstream, with the prefix that was in force when it came. */
export interface UpstreamJobParts {
  readonly version: number;
  readonly versionRollingAllowed: boolean;
  /** Deepest first. */
  readonly merklePath: readonly Uint8Array[];
  /** Without BIP141 fields, up to the extranonce prefix. */
  readonly coinbasePrefix: Uint8Array;
  /** The rest behind the extranonce. */
  readonly coinbaseSuffix: Uint8Array;
  readonly extranoncePrefix: Uint8Array;
}

/** What a job is mined on. */
export interface JobTip {
  readonly prevHash: Uint8Array;
  readonly nbits: number;
}

/**
 * The upstream's job as miners get it: the upstream's extranonce prefix, and what it left to roll beyond the local bytes and
 * extranonce2, end the coinbase prefix. So extranonce1 is local only, and neither another prefix nor another upstream changes it.
 */
export function localJob(parts: UpstreamJobParts, padding: number, jobId: number): ExtendedJobTemplate {
  const {
    coinbasePrefix: prefix,
    extranoncePrefix,
    coinbaseSuffix,
    version,
    versionRollingAllowed,
    merklePath,
  } = parts;
  const coinbasePrefix = new Uint8Array(prefix.length + extranoncePrefix.length + padding);
  coinbasePrefix.set(prefix);
  coinbasePrefix.set(extranoncePrefix, prefix.length);
  return {
    jobId,
    templateId: 0n,
    version,
    versionRollingAllowed,
    merklePath,
    coinbasePrefix,
    coinbaseSuffix,
    minNtime: undefined,
  };
}

/** `mining.notify` for a job of {@link localJob}. */
export function notifyOf(job: ExtendedJobTemplate, tip: JobTip, ntime: number, cleanJobs: boolean): NotifyParams {
  return {
    jobId: formatJobId(job.jobId),
    prevHash: tip.prevHash,
    coinbase1: job.coinbasePrefix,
    coinbase2: job.coinbaseSuffix,
    merklePath: job.merklePath,
    version: job.version,
    nbits: tip.nbits,
    ntime,
    cleanJobs,
  };
}

/** Length of the whole coinbase transaction that a miner hashes. */
export function coinbaseSize(job: ExtendedJobTemplate, extranonce1Size: number, extranonce2Size: number): number {
  return job.coinbasePrefix.length + extranonce1Size + extranonce2Size + job.coinbaseSuffix.length;
}

/** A job id as SV1 has it; `parseJobId` reads it. */
export function formatJobId(jobId: number): string {
  return jobId.toString(16);
}

/** Undefined for a text that {@link formatJobId} never gives. */
export function parseJobId(text: string): number | undefined {
  return /^(0|[1-9a-f][0-9a-f]{0,7})$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
