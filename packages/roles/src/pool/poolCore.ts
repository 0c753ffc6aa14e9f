import {
  addWitness,
  coinbaseHeight,
  decodeTransaction,
  findWitnessCommitment,
  type HashBackend,
} from '@stratumkit/bitcoin';
import {
  type CreateJobHasher,
  ExtranonceAllocator,
  type ShareBatch,
  ShareIdentities,
  type Solution,
  type TargetPolicy,
} from '@stratumkit/channels';
import { type Now, type RemoteError, toHex } from '@stratumkit/codec';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import { JobFactory } from '../jobFactory/jobFactory.ts';
import type { PayoutPolicy } from '../jobFactory/payoutPolicy.ts';
import { MiningServer } from '../miningServer/miningServer.ts';
import type {
  MiningServerInput,
  MiningServerLimits,
  MiningServerOutput,
  RetargetingOptions,
  SolutionOrigin,
  Work,
} from '../miningServer/types.ts';
import { type CloseOutput, type ConnectionId, joined, NO_OUTPUTS, type SendOutput } from '../output.ts';
import type { BlockSolution } from '../templateClient/keptSolutions.ts';
import type { Template } from '../templateClient/template.ts';
import {
  TemplateClient,
  type TemplateClientLimits,
  type TemplateClientState,
} from '../templateClient/templateClient.ts';
import type { TemplateErrorCode } from '../templateClient/templateError.ts';
import type { TemplateClientOutput } from '../templateClient/types.ts';
import type { PoolEvent } from './poolEvent.ts';

/** Who is paid, how hard shares are, and what the coinbase says. */
export interface PoolCoreOptions {
  readonly payouts: PayoutPolicy;
  readonly targets: TargetPolicy;
  /** Between slashes in every coinbase. */
  readonly poolSignature: string;
  /** First byte of every extranonce, 0 to 255: keeps the search spaces of several servers apart. */
  readonly serverId: number;
  /** Source of the boot id; called once. */
  readonly random: (length: number) => Uint8Array;
  readonly versionRollingAllowed?: boolean;
  /** Channels keep the target of their opening or update if absent. */
  readonly retargeting?: RetargetingOptions;
  readonly shareBatchSize?: number;
  readonly maxBatchDelayMs?: number;
  readonly staleGraceMs?: number;
  readonly hash?: HashBackend;
  readonly createJobHasher?: CreateJobHasher;
  readonly limits?: Partial<MiningServerLimits>;
  readonly templateLimits?: Partial<TemplateClientLimits>;
}

/** What a pool is told: by miners and by its ledger as a mining server, and by the connection to its template provider. */
export type PoolInput =
  | Exclude<MiningServerInput, { type: 'futureWork' | 'work' | 'tip' | 'futureWorkLost' | 'workExpired' | 'verdict' }>
  | { readonly type: 'template-connected' }
  | { readonly type: 'template-message'; readonly message: TemplateDistributionMessage }
  | { readonly type: 'template-lost' };

/**
 * One thing to do for a pool; things are done in the order in which they come. `commit` is answered with `committed` or
 * `abandoned`.
 */
export type PoolOutput =
  | SendOutput
  | CloseOutput
  | { readonly type: 'template-send'; readonly frame: Uint8Array }
  /** The template provider broke the protocol or is silent: close the connection to it and make a new one. */
  | { readonly type: 'template-close'; readonly error: RemoteError<TemplateErrorCode> }
  | { readonly type: 'commit'; readonly batch: ShareBatch }
  | { readonly type: 'channels'; readonly connection: ConnectionId; readonly open: number }
  | { readonly type: 'event'; readonly event: PoolEvent };

const BOOT_ID_SIZE = 8;

/** A pool: templates to jobs, shares to credit, blocks to the template provider. Deterministic; owns no socket and no clock. */
export class PoolCore {
  readonly #templates: TemplateClient;
  readonly #server: MiningServer;
  readonly #jobs: JobFactory;
  readonly #works = new WeakMap<Template, Work>();

  /** Throws ConfigError if no valid coinbase can be made from the options. */
  constructor(options: PoolCoreOptions, now: Now) {
    const { payouts, serverId, poolSignature, versionRollingAllowed = true, random, templateLimits } = options;
    const bootId = random(BOOT_ID_SIZE);
    const extranonces = new ExtranonceAllocator({ localPrefix: Uint8Array.of(serverId) });
    const extranonceSize = extranonces.totalSize;
    this.#jobs = new JobFactory({ poolSignature, bootId, extranonceSize, versionRollingAllowed });
    this.#templates = new TemplateClient(
      {
        constraints: {
          coinbaseOutputMaxAdditionalSize: payouts.bound.size,
          coinbaseOutputMaxAdditionalSigops: payouts.bound.sigops,
        },
        ...(templateLimits === undefined ? {} : { limits: templateLimits }),
      },
      now,
    );
    this.#server = new MiningServer({
      ...options,
      extranonces,
      identities: new ShareIdentities(serverId, toHex(bootId)),
    });
  }

  get templateState(): TemplateClientState {
    return this.#templates.state;
  }

  /** Height of the block being mined, where known. */
  get height(): number | undefined {
    return this.#templates.work?.template.height;
  }

  /** The tip being mined on; undefined while there is no work. */
  get prevHash(): Uint8Array | undefined {
    return this.#templates.work?.tip.prevHash;
  }

  /** Solutions that wait for the template provider. */
  get waitingSolutions(): number {
    return this.#templates.waitingSolutions;
  }

  get connections(): number {
    return this.#server.connections;
  }

  get openChannels(): number {
    return this.#server.openChannels;
  }

  /** Batches of shares that the ledger has not confirmed. */
  get uncommittedBatches(): number {
    return this.#server.uncommittedBatches;
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    const templates = this.#templates.deadline;
    const server = this.#server.deadline;
    if (templates === undefined || server === undefined) return templates ?? server;
    return Math.min(templates, server);
  }

  handle(input: PoolInput, now: Now): readonly PoolOutput[] {
    switch (input.type) {
      case 'template-connected':
        return this.#meetTemplates(now);
      case 'template-message':
        return this.#handleTemplate({ type: 'message', message: input.message }, now);
      case 'template-lost':
        return this.#templates.state === 'away' ? [] : this.#loseTemplates(now);
      case 'tick':
        return joined(this.#handleTemplate(input, now), this.#serve(input, now));
      default:
        return this.#serve(input, now);
    }
  }

  #handleTemplate(input: Parameters<TemplateClient['handle']>[0], now: Now): readonly PoolOutput[] {
    const before = this.#templates.state;
    const reports = this.#templates.handle(input, now);
    const outputs = reports.length === 0 ? NO_OUTPUTS : reports.flatMap((report) => this.#react(report, now));
    if (before === 'awaitingTip' && this.#templates.state === 'serving')
      return [event({ type: 'templateProvider', state: 'serving' }), ...outputs];
    return outputs;
  }

  #react(output: TemplateClientOutput, now: Now): readonly PoolOutput[] {
    switch (output.type) {
      case 'template-send':
        return [output];
      case 'template-close':
        return [
          output,
          event({ type: 'templateProviderFailed', errorCode: output.error.code, message: output.error.message }),
          ...this.#serve({ type: 'futureWorkLost' }, now),
          event({ type: 'templateProvider', state: 'lost' }),
        ];
      case 'future-template':
        return this.#serve({ type: 'futureWork', work: this.#workOf(output.template) }, now);
      case 'template':
        return this.#serve({ type: 'work', work: this.#workOf(output.template) }, now);
      case 'tip': {
        const { tip, template } = output;
        const { prevHash, nbits, blockTarget } = tip;
        return [
          ...this.#serve({ type: 'tip', tip, work: this.#workOf(template) }, now),
          event({ type: 'tip', prevHash, height: template.height, nbits, blockTarget }),
        ];
      }
      case 'work-expired':
        return [event({ type: 'workExpired' }), ...this.#serve({ type: 'workExpired' }, now)];
    }
  }

  #meetTemplates(now: Now): readonly PoolOutput[] {
    const { waitingSolutions: count } = this.#templates;
    return [
      ...this.#handleTemplate({ type: 'connected' }, now),
      event({ type: 'templateProvider', state: 'connected' }),
      ...(count === 0 ? [] : [event({ type: 'keptBlocksSent', count })]),
    ];
  }

  #loseTemplates(now: Now): readonly PoolOutput[] {
    return [
      ...this.#handleTemplate({ type: 'lost' }, now),
      ...this.#serve({ type: 'futureWorkLost' }, now),
      event({ type: 'templateProvider', state: 'lost' }),
    ];
  }

  #serve(input: MiningServerInput, now: Now): readonly PoolOutput[] {
    // A pool holds no share back.
    const outputs = this.#server.handle(input, now) as readonly Exclude<MiningServerOutput, { type: 'held' }>[];
    // Nearly always there is none, and shares are the hot path.
    if (!outputs.some(isSolution)) return outputs as readonly PoolOutput[];
    return outputs.flatMap((output) =>
      output.type === 'solution' ? this.#submit(output.solution, output.foundBy, now) : [output],
    );
  }

  #submit(solution: Solution, foundBy: SolutionOrigin, now: Now): readonly PoolOutput[] {
    const { templateId, hash } = solution;
    const { coinbase, height } = completeCoinbase(solution.coinbase);
    const block: BlockSolution = {
      hash,
      message: {
        templateId,
        version: solution.version,
        headerTimestamp: solution.ntime,
        headerNonce: solution.nonce,
        coinbaseTx: coinbase,
      },
    };
    const submission = this.#templates.state === 'away' ? 'kept' : 'sent';
    return [
      ...this.#handleTemplate({ type: 'solution', solution: block }, now),
      event({ type: 'block', hash, height, templateId, foundBy, submission }),
    ];
  }

  /** One object per template: the mining server tells works apart by identity. */
  #workOf(template: Template): Work {
    const known = this.#works.get(template);
    if (known !== undefined) return known;
    const work: Work = {
      templateId: template.templateId,
      height: template.height,
      createJob: (payout, jobId, minNtime) => this.#jobs.create(template, payout, jobId, minNtime),
    };
    this.#works.set(template, work);
    return work;
  }
}

/** Jobs carry the coinbase without BIP141 fields; where it commits to witnesses, the block needs them back (spec 3.7). */
function completeCoinbase(stripped: Uint8Array): { coinbase: Uint8Array; height: number | undefined } {
  const { inputs, outputs } = decodeTransaction(stripped);
  const coinbase = findWitnessCommitment(outputs) === -1 ? stripped : addWitness(stripped);
  try {
    return { coinbase, height: coinbaseHeight(inputs[0]!.scriptSig) };
  } catch {
    return { coinbase, height: undefined };
  }
}

function isSolution({ type }: MiningServerOutput): boolean {
  return type === 'solution';
}

function event(value: PoolEvent): PoolOutput {
  return { type: 'event', event: value };
}
