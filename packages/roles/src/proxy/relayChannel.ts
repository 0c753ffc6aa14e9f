import type { HashBackend } from '@stratumkit/bitcoin';
import {
  type CreateJobHasher,
  ExtendedChannel,
  type JobIds,
  ShareAccounting,
  type ShareIdentities,
  type ShareResult,
  StandardChannel,
} from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { SubmitSharesExtended, SubmitSharesStandard } from '@stratumkit/messages/mining';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { MiningClientLimits } from '../miningClient/limits.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { Opening } from './relayOpenings.ts';
import type { RelayGroup, RelayPeer } from './relayPeer.ts';

export interface RelayChannelOptions {
  readonly jobIds: JobIds;
  readonly identities: ShareIdentities;
  /** The judge of shares remembers the same jobs as the client upstream. */
  readonly clientLimits: MiningClientLimits;
  readonly hash?: HashBackend;
  readonly createJobHasher?: CreateJobHasher;
}

export interface Attachment {
  readonly session: UpstreamSession;
  readonly channel: ClientChannel;
}

const NO_EXTRANONCE = new Uint8Array(0);

/** Upstreams in a row whose jobs are still known to be stale; a share is on its way for seconds. */
const MAX_FORMER_JUDGES = 4;

/** A downstream channel with a channel of its own upstream, which is another one after a change of the upstream. */
export class RelayChannel {
  readonly peer: RelayPeer;
  /** For the downstream; the same as long as the connection lives (spec 10.4.2). */
  readonly channelId: number;
  readonly requestId: number;
  readonly kind: 'standard' | 'extended';
  readonly userIdentity: string;
  /** Bytes the downstream rolls, as granted at the opening. */
  readonly extranonceSize: number;
  readonly accounting: ShareAccounting;
  readonly workers = new Set<string>();
  nominalHashrate: number;
  maxTarget: Uint8Array;
  group: RelayGroup | undefined;
  /** Shares sent up and not answered. */
  unanswered = 0;
  /** Whether messages of extensions that nobody here knows went through it (spec 3.6.4). */
  isUsedByExtensions = false;
  readonly #options: RelayChannelOptions;
  #upstream: Attachment;
  #isDetached = false;
  /** Judges shares before they go up. */
  #judge: StandardChannel | ExtendedChannel;
  /** Of the upstream before, for shares that come late. */
  readonly #formerJudges: (StandardChannel | ExtendedChannel)[] = [];

  constructor(options: RelayChannelOptions, { peer, kind, request }: Opening, channelId: number, upstream: Attachment) {
    this.#options = options;
    this.peer = peer;
    this.channelId = channelId;
    this.requestId = request.requestId;
    this.kind = kind;
    this.userIdentity = request.userIdentity;
    this.extranonceSize = upstream.channel.extranonceSize;
    this.nominalHashrate = request.nominalHashRate;
    this.maxTarget = request.maxTarget;
    const { identities } = options;
    const { userIdentity } = request;
    // Answers come in the upstream's batches.
    const batchSize = Number.POSITIVE_INFINITY;
    this.accounting = new ShareAccounting({ channelId, userIdentity, identities, batchSize });
    this.#upstream = upstream;
    this.#judge = this.#createJudge();
  }

  /** Number of the newest share that the downstream was told to be counted. */
  creditedOrder = 0;

  /** Undefined while no upstream knows the channel. */
  get upstream(): Attachment | undefined {
    const { session, channel } = this.#upstream;
    return !this.#isDetached && session.holds(channel) ? this.#upstream : undefined;
  }

  get judge(): StandardChannel | ExtendedChannel {
    return this.#judge;
  }

  /** Zero bytes between the upstream's prefix and what the downstream rolls: another upstream may grant more than was asked for. */
  get padding(): number {
    return this.#upstream.channel.extranonceSize - this.extranonceSize;
  }

  attach(upstream: Attachment): void {
    this.#upstream = upstream;
    this.#isDetached = false;
    this.#replaceJudge();
  }

  /** The downstream closed the channel. */
  detach(): void {
    this.#isDetached = true;
    this.#judge.dispose();
    for (const judge of this.#formerJudges) judge.dispose();
  }

  /** The upstream gave the channel another prefix, for later jobs. Returns it as the downstream has to know it. */
  prefixChanged(): Uint8Array {
    const prefix = this.#prefix();
    this.#judge.setExtranoncePrefix(prefix, true);
    return prefix;
  }

  validate(share: SubmitSharesStandard | SubmitSharesExtended, now: Now): ShareResult {
    const { jobId, sequenceNumber } = share;
    const isLate =
      this.#judge.job(jobId) === undefined && this.#formerJudges.some((judge) => judge.job(jobId) !== undefined);
    if (isLate || this.upstream === undefined)
      return { outcome: 'rejected', sequenceNumber, jobId, errorCode: 'stale-share' };
    if (this.#judge.type === 'standard') return this.#judge.validateShare(share, now);
    return this.#judge.validateShare('extranonce' in share ? share : { ...share, extranonce: NO_EXTRANONCE }, now);
  }

  #replaceJudge(): void {
    if (this.#formerJudges.length >= MAX_FORMER_JUDGES) this.#formerJudges.shift()?.dispose();
    this.#judge.close();
    this.#formerJudges.push(this.#judge);
    this.#judge = this.#createJudge();
  }

  #prefix(): Uint8Array {
    const { extranoncePrefix } = this.#upstream.channel;
    const prefix = new Uint8Array(extranoncePrefix.length + this.padding);
    prefix.set(extranoncePrefix);
    return prefix;
  }

  #createJudge(): StandardChannel | ExtendedChannel {
    const { jobIds, hash, createJobHasher, clientLimits } = this.#options;
    const options = {
      channelId: this.channelId,
      extranoncePrefix: this.#prefix(),
      target: this.#upstream.channel.target,
      jobIds,
      limits: { maxFutureJobs: clientLimits.futureJobsPerChannel, maxLiveJobs: clientLimits.pastJobsPerChannel },
      ...(hash === undefined ? {} : { hash }),
      ...(createJobHasher === undefined ? {} : { createJobHasher }),
    };
    if (this.kind === 'standard') return new StandardChannel(options);
    return new ExtendedChannel({ ...options, extranonceSize: this.extranonceSize });
  }
}
