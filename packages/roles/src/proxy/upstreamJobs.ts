import { meetsTarget } from '@stratumkit/bitcoin';
import type { ExtendedJobTemplate } from '@stratumkit/channels';
import { UsageError } from '@stratumkit/codec';
import { blockTargetOf } from '../miningClient/blockTarget.ts';
import type { ActiveWork, ClientJob, ClientTip, MerkleSource } from '../miningClient/work.ts';
import type { Work, WorkTip } from '../miningServer/types.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';

/** A job of the upstream channel, as work for all downstream channels. */
export class UpstreamJob {
  readonly session: UpstreamSession;
  readonly job: ClientJob;
  readonly work: Work;
  /** Zero bytes between the upstream's prefix and the local extranonce space. */
  readonly padding: number;
  readonly #localSize: number;
  readonly #prefixSize: number;
  #target: Uint8Array | undefined;
  #blockTarget: Uint8Array | undefined;

  constructor(session: UpstreamSession, job: ClientJob, templateId: bigint, localSize: number) {
    this.session = session;
    this.job = job;
    this.padding = session.trunk!.extranonceSize - localSize;
    const coinbasePrefix = localPrefixOf(job, this.padding);
    this.work = createWork(job, templateId, coinbasePrefix);
    this.#localSize = localSize;
    this.#prefixSize = coinbasePrefix.length;
  }

  /** What the upstream judges its shares by; undefined while it is a future job. */
  get target(): Uint8Array | undefined {
    return this.#target;
  }

  activated({ target, tip }: ActiveWork): void {
    this.#target = target;
    this.#blockTarget = blockTargetOf(tip.nbits);
  }

  isBlock(hash: Uint8Array): boolean {
    return this.#blockTarget !== undefined && meetsTarget(hash, this.#blockTarget);
  }

  /** The local part of the extranonce in a coinbase of this job. */
  extranonceOf(coinbase: Uint8Array): Uint8Array {
    return coinbase.slice(this.#prefixSize, this.#prefixSize + this.#localSize);
  }
}

/** Jobs remembered to find the one that a share belongs to; channels remember fewer. */
const MAX_JOBS = 128;

/** The upstream's jobs by the template id that downstream shares carry. */
export class UpstreamJobs {
  readonly #localSize: number;
  readonly #byTemplateId = new Map<bigint, UpstreamJob>();
  readonly #byJob = new WeakMap<ClientJob, UpstreamJob>();
  #lastTemplateId = 0n;

  /** `localSize`: bytes of the extranonce that this proxy and its downstreams share out. */
  constructor(localSize: number) {
    this.#localSize = localSize;
  }

  get(templateId: bigint): UpstreamJob | undefined {
    return this.#byTemplateId.get(templateId);
  }

  of(session: UpstreamSession, job: ClientJob): UpstreamJob {
    const known = this.#byJob.get(job);
    if (known !== undefined) return known;
    const entry = new UpstreamJob(session, job, ++this.#lastTemplateId, this.#localSize);
    this.#byJob.set(job, entry);
    this.#byTemplateId.set(entry.work.templateId, entry);
    if (this.#byTemplateId.size > MAX_JOBS) {
      const [oldest] = this.#byTemplateId.keys();
      this.#byTemplateId.delete(oldest!);
    }
    return entry;
  }
}

/**
 * The upstream's extranonce prefix becomes the end of the coinbase prefix: downstreams share out local bytes only, and neither
 * another prefix nor another upstream changes anything for them but the next job.
 */
function localPrefixOf({ source, extranoncePrefix }: ClientJob, padding: number): Uint8Array {
  const { coinbasePrefix } = coinbaseOf(source);
  const prefix = new Uint8Array(coinbasePrefix.length + extranoncePrefix.length + padding);
  prefix.set(coinbasePrefix);
  prefix.set(extranoncePrefix, coinbasePrefix.length);
  return prefix;
}

function createWork(job: ClientJob, templateId: bigint, coinbasePrefix: Uint8Array): Work {
  const { coinbaseSuffix, merklePath } = coinbaseOf(job.source);
  const { version, versionRollingAllowed } = job;
  const common = { templateId, version, versionRollingAllowed, merklePath, coinbasePrefix, coinbaseSuffix };
  return {
    templateId,
    height: undefined,
    createJob: (_, jobId, minNtime): ExtendedJobTemplate => ({ ...common, jobId, minNtime }),
  };
}

function coinbaseOf(source: MerkleSource): Extract<MerkleSource, { type: 'coinbase' }> {
  if (source.type === 'coinbase') return source;
  throw new UsageError('wrong-job', 'an extended channel has extended jobs only');
}

export function workTipOf({ prevHash, nbits, minNtime, receivedMs }: ClientTip): WorkTip {
  return { prevHash, nbits, headerTimestamp: minNtime, receivedAtMs: receivedMs, blockTarget: blockTargetOf(nbits) };
}
