import { compareTargets } from '@stratumkit/bitcoin';
import type { ChainTip, ExtendedJobTemplate } from '@stratumkit/channels';
import {
  localJob,
  type PayoutPromise,
  payoutPromise,
  paysPromise,
  type UpstreamJobParts,
} from '@stratumkit/translation';
import { blockTargetOf } from '../miningClient/blockTarget.ts';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { ActiveWork, ClientJob, ClientTip } from '../miningClient/work.ts';
import type { UpstreamSession } from '../upstreamList/index.ts';
import type { Miner } from './miner.ts';

/** A share that was sent up and is not answered. */
export interface SentShare {
  readonly miner: Miner;
  readonly workerName: string;
  readonly sentMs: number;
}

/** Shares of one upstream channel. */
export interface SourceTotals {
  sent: number;
  accepted: number;
  refused: number;
  readonly refusals: Map<string, number>;
  /** As the upstream counts it. */
  difficultySum: bigint;
  /** Sum of the difficulties of the shares that were accepted here. */
  validatedWork: number;
  /** Lowest hash, wire order. */
  bestHash: Uint8Array | undefined;
  blocks: number;
}

/** Version bits that mining hardware is known to roll (BIP320). */
const HARDWARE_VERSION_MASK = 0x1fffe000;
/** Words of an upstream that are counted one by one. */
const MAX_REFUSAL_CODES = 32;

/** One channel of the upstream and the miners that get its work. */
export class WorkSource {
  readonly session: UpstreamSession;
  readonly channel: ClientChannel;
  readonly miners = new Set<Miner>();
  /** Zero bytes of the rolled part that nobody rolls: the upstream gave more than was asked for. */
  readonly padding: number;
  readonly totals: SourceTotals = {
    sent: 0,
    accepted: 0,
    refused: 0,
    refusals: new Map(),
    difficultySum: 0n,
    validatedWork: 0,
    bestHash: undefined,
    blocks: 0,
  };
  needsUpdate = false;
  updatedMs = Number.NEGATIVE_INFINITY;
  readonly #versionMask: number;
  readonly #promise: PayoutPromise | undefined;
  readonly #sent = new Map<number, SentShare>();
  #tip: { readonly client: ClientTip; readonly chain: ChainTip } | undefined;

  /** `localSize`: bytes that translator and miners use. `versionMask`: what miners may be granted at most. */
  constructor(
    session: UpstreamSession,
    channel: ClientChannel,
    localSize: number,
    versionMask = HARDWARE_VERSION_MASK,
  ) {
    this.session = session;
    this.channel = channel;
    this.#versionMask = versionMask;
    this.padding = channel.extranonceSize - localSize;
    this.#promise = payoutPromise(channel.userIdentity);
  }

  get work(): ActiveWork | undefined {
    return this.channel.work;
  }

  /** Version bits that the present job leaves to miners; undefined while there is none. */
  get allowedMask(): number | undefined {
    const { work } = this;
    if (work === undefined) return undefined;
    return work.job.versionRollingAllowed ? this.#versionMask : 0;
  }

  /** Whether a share of this job can still be sent. */
  takes(work: ActiveWork): boolean {
    const { stage } = this.session;
    return (
      (stage === 'serving' || stage === 'draining') &&
      this.session.client.channels.get(this.channel.channelId) === this.channel &&
      this.channel.isValidJob(work.job.jobId)
    );
  }

  /** Shares sent and not answered. */
  get unanswered(): number {
    return this.#sent.size;
  }

  sent(sequenceNumber: number, share: SentShare): void {
    this.totals.sent++;
    this.#sent.set(sequenceNumber, share);
  }

  /** The share that is answered, which is not waited for any more. */
  take(sequenceNumber: number): SentShare | undefined {
    const share = this.#sent.get(sequenceNumber);
    this.#sent.delete(sequenceNumber);
    return share;
  }

  /** Waits for no answer any more; returns how many were missing. */
  giveUp(): number {
    const { size } = this.#sent;
    this.#sent.clear();
    return size;
  }

  countAcknowledged(count: number, difficultySum: bigint): void {
    this.totals.accepted += count;
    this.totals.difficultySum += difficultySum;
  }

  countAccepted(hash: Uint8Array, difficulty: number): void {
    const { totals } = this;
    totals.validatedWork += difficulty;
    if (totals.bestHash === undefined || compareTargets(hash, totals.bestHash) < 0) totals.bestHash = hash;
  }

  countRefusal(errorCode: string): void {
    const { refusals } = this.totals;
    this.totals.refused++;
    const code = refusals.has(errorCode) || refusals.size < MAX_REFUSAL_CODES ? errorCode : 'other';
    refusals.set(code, (refusals.get(code) ?? 0) + 1);
  }

  chainTip({ tip }: ActiveWork): ChainTip {
    if (this.#tip?.client !== tip) {
      const { prevHash, nbits, minNtime } = tip;
      this.#tip = { client: tip, chain: { prevHash, nbits, minNtime, blockTarget: blockTargetOf(nbits) } };
    }
    return this.#tip.chain;
  }

  createJob({ job }: ActiveWork, jobId: number): ExtendedJobTemplate {
    return localJob(partsOf(job), this.padding, jobId);
  }

  /** Whether the job pays what the channel's identity says; true if it says nothing. */
  pays({ job, extranonceSize }: ActiveWork): boolean {
    return this.#promise === undefined || paysPromise(partsOf(job), extranonceSize, this.#promise);
  }
}

function partsOf({ version, versionRollingAllowed, source, extranoncePrefix }: ClientJob): UpstreamJobParts {
  if (source.type !== 'coinbase') throw new TypeError('an extended channel gets extended jobs');
  const { merklePath, coinbasePrefix, coinbaseSuffix } = source;
  return { version, versionRollingAllowed, merklePath, coinbasePrefix, coinbaseSuffix, extranoncePrefix };
}
