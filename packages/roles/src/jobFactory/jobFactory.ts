import { buildCoinbase, MAX_COINBASE_SCRIPT_SIZE, pushBytes } from '@stratumkit/bitcoin';
import type { ExtendedJobTemplate } from '@stratumkit/channels';
import { ConfigError, encodeText } from '@stratumkit/codec';
import { MAX_COINBASE_PREFIX_SIZE, type Template } from '../templateClient/template.ts';
import { type Payout, payoutOutputs } from './payout.ts';

/** What every coinbase of a pool has in common. */
export interface JobFactoryOptions {
  /** Shown in every coinbase between two slashes. */
  readonly poolSignature: string;
  /** Random per run: without it the same prefixes would search the same space again after a restart. */
  readonly bootId: Uint8Array;
  /** Full extranonce of every channel: prefix and rolled part. */
  readonly extranonceSize: number;
  readonly versionRollingAllowed: boolean;
}

const JOB_ID_SIZE = 4;

/**
 * Makes jobs from templates. The coinbase script is the template's prefix (the height), a push of `/signature/`, boot id and job
 * id, and a push of the extranonce. The job id in it makes every job a search space of its own, also on an unchanged template.
 */
export class JobFactory {
  readonly #options: JobFactoryOptions;
  readonly #signature: Uint8Array;

  /** Throws ConfigError `pool-signature-too-long` if the script of some template could exceed 100 bytes. */
  constructor(options: JobFactoryOptions) {
    this.#options = options;
    this.#signature = encodeText(`/${options.poolSignature}/`);
    const size = MAX_COINBASE_PREFIX_SIZE + this.#scriptTail(0).length + options.extranonceSize;
    if (size > MAX_COINBASE_SCRIPT_SIZE)
      throw new ConfigError(
        'pool-signature-too-long',
        `the pool signature is ${size - MAX_COINBASE_SCRIPT_SIZE} bytes too long for the coinbase script`,
        { context: { scriptSize: size, allowed: MAX_COINBASE_SCRIPT_SIZE } },
      );
  }

  /** `minNtime` undefined makes a future job. */
  create(template: Template, payout: Payout, jobId: number, minNtime: number | undefined): ExtendedJobTemplate {
    const { extranonceSize, versionRollingAllowed } = this.#options;
    const tail = this.#scriptTail(jobId);
    const scriptSigPrefix = new Uint8Array(template.coinbasePrefix.length + tail.length);
    scriptSigPrefix.set(template.coinbasePrefix);
    scriptSigPrefix.set(tail, template.coinbasePrefix.length);
    const { prefix, suffix } = buildCoinbase({
      version: template.coinbaseVersion,
      scriptSigPrefix,
      extranonceSize,
      sequence: template.coinbaseSequence,
      outputs: [...payoutOutputs(payout, template.valueRemaining), ...template.outputs],
      locktime: template.locktime,
    });
    return {
      jobId,
      templateId: template.templateId,
      version: template.version,
      versionRollingAllowed,
      merklePath: template.merklePath,
      coinbasePrefix: prefix,
      coinbaseSuffix: suffix,
      minNtime,
    };
  }

  /** What follows the template's prefix, up to the extranonce. */
  #scriptTail(jobId: number): Uint8Array {
    const { bootId, extranonceSize } = this.#options;
    const tag = new Uint8Array(this.#signature.length + bootId.length + JOB_ID_SIZE);
    tag.set(this.#signature);
    tag.set(bootId, this.#signature.length);
    new DataView(tag.buffer).setUint32(tag.length - JOB_ID_SIZE, jobId, true);
    const push = pushBytes(tag);
    return new Uint8Array([...push, extranonceSize]);
  }
}
