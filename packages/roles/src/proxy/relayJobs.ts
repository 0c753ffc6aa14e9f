import { type ExtendedJobTemplate, JobIds } from '@stratumkit/channels';
import type { ClientJob, MerkleSource } from '../miningClient/work.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';

/** Where a job came from. */
export interface JobOrigin {
  readonly session: UpstreamSession;
  /** As the upstream calls it. */
  readonly jobId: number;
}

const NO_COINBASE = { merklePath: [], coinbasePrefix: new Uint8Array(0), coinbaseSuffix: new Uint8Array(0) };

/**
 * Jobs of upstreams under ids of our own: the next upstream may use the same ones, while devices still work on those of the last.
 * All channels that a message addressed share one template.
 */
export class RelayJobs {
  readonly ids = new JobIds();
  readonly #templates = new WeakMap<MerkleSource, ExtendedJobTemplate>();
  readonly #origins = new WeakMap<ExtendedJobTemplate, JobOrigin>();
  #lastTemplateId = 0n;

  /** `minNtime` as the message of the job had it. */
  templateOf(session: UpstreamSession, job: ClientJob, minNtime: number | undefined): ExtendedJobTemplate {
    const known = this.#templates.get(job.source);
    if (known !== undefined) return known;
    const { version, versionRollingAllowed, source } = job;
    const common = {
      jobId: this.ids.next(),
      templateId: ++this.#lastTemplateId,
      version,
      versionRollingAllowed,
      minNtime,
    };
    const template: ExtendedJobTemplate =
      source.type === 'root'
        ? { ...common, ...NO_COINBASE, merkleRoot: source.merkleRoot }
        : {
            ...common,
            merklePath: source.merklePath,
            coinbasePrefix: source.coinbasePrefix,
            coinbaseSuffix: source.coinbaseSuffix,
          };
    this.#templates.set(source, template);
    this.#origins.set(template, { session, jobId: job.jobId });
    return template;
  }

  originOf(template: ExtendedJobTemplate): JobOrigin {
    return this.#origins.get(template)!;
  }
}
