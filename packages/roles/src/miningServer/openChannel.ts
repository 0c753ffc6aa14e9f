import type { HashBackend } from '@stratumkit/bitcoin';
import {
  type CreateJobHasher,
  chooseTarget,
  ExtendedChannel,
  type ExtranonceAllocator,
  ShareAccounting,
  type ShareIdentities,
  StandardChannel,
  type TargetPolicy,
} from '@stratumkit/channels';
import {
  OPEN_MINING_CHANNEL_ERROR_CODES,
  type OpenExtendedMiningChannel,
  type OpenStandardMiningChannel,
} from '@stratumkit/messages/mining';
import type { PayoutPolicy } from '../jobFactory/payoutPolicy.ts';
import type { Distribution } from './distribution.ts';
import type { OpenRefusal } from './events.ts';
import type { Peer, ServedChannel } from './peer.ts';

export interface ChannelOpenerOptions {
  readonly payouts: PayoutPolicy;
  readonly extranonces: ExtranonceAllocator;
  readonly targets: TargetPolicy;
  readonly identities: ShareIdentities;
  readonly shareBatchSize: number;
  readonly maxBatchDelayMs: number;
  readonly staleGraceMs: number;
  readonly maxChannels: number;
  readonly maxChannelsPerConnection: number;
  readonly hash: HashBackend;
  readonly createJobHasher: CreateJobHasher;
}

export type OpenRequest =
  | { readonly kind: 'standard'; readonly message: OpenStandardMiningChannel }
  | { readonly kind: 'extended'; readonly message: OpenExtendedMiningChannel };

const CODES = OPEN_MINING_CHANNEL_ERROR_CODES;
const MAX_CHANNEL_ID = 2 ** 32 - 1;

/** Opens channels or says why not. Nothing is allocated before everything else was checked. */
export class ChannelOpener {
  readonly #options: ChannelOpenerOptions;
  readonly #distribution: Distribution;

  constructor(options: ChannelOpenerOptions, distribution: Distribution) {
    this.#options = options;
    this.#distribution = distribution;
  }

  open(peer: Peer, { kind, message }: OpenRequest, openChannels: number): ServedChannel | OpenRefusal {
    const { payouts, extranonces, targets, identities } = this.#options;
    const { requestId, userIdentity, nominalHashRate: nominalHashrate } = message;
    if (kind === 'standard' && peer.requiresWorkSelection) return CODES.standardChannelsNotSupportedForCustomWork;
    if (kind === 'extended' && peer.requiresStandardJobs) return CODES.extendedChannelsNotSupportedForStandardJobs;
    if (peer.requestIds.has(requestId)) return 'duplicate-request-id';
    if (!this.#hasRoom(peer, openChannels)) return CODES.channelCapacityExhausted;
    const choice = chooseTarget(targets, nominalHashrate, message.maxTarget);
    if (choice.outcome === 'refused') return choice.errorCode;
    const payout = payouts.payoutOf(userIdentity);
    if (payout === undefined) return CODES.invalidUserIdentity;
    const allocation =
      kind === 'standard' ? extranonces.allocateStandard() : extranonces.allocateExtended(message.minExtranonceSize);
    if (allocation.outcome === 'refused') return allocation.errorCode;

    const { lease } = allocation;
    const payoutClass = this.#distribution.classes.join(payout);
    const { lastRound: round } = this.#distribution;
    const group = peer.groupFor(payoutClass, extranonces.totalSize, round);
    const { staleGraceMs, hash, createJobHasher, shareBatchSize: batchSize, maxBatchDelayMs } = this.#options;
    const channelId = peer.nextChannelId();
    const { extranoncePrefix, extranonceSize } = lease;
    const { jobIds } = this.#distribution;
    const common = { channelId, extranoncePrefix, target: choice.target, jobIds, hash, createJobHasher, staleGraceMs };
    const channel =
      kind === 'standard' ? new StandardChannel(common) : new ExtendedChannel({ ...common, extranonceSize });
    const served: ServedChannel = {
      peer,
      requestId,
      userIdentity,
      channel,
      accounting: new ShareAccounting({ channelId, userIdentity, identities, batchSize, maxBatchDelayMs }),
      payoutClass,
      workers: new Set(),
      lease,
      group,
      nominalHashrate,
      maxTarget: message.maxTarget.slice(),
      state: 'open',
      closeReason: '',
      round,
    };
    group?.channel.add(channel);
    peer.channels.set(channelId, served);
    peer.requestIds.add(requestId);
    return served;
  }

  #hasRoom(peer: Peer, openChannels: number): boolean {
    const { maxChannels, maxChannelsPerConnection } = this.#options;
    return (
      openChannels < maxChannels &&
      peer.channels.size < maxChannelsPerConnection &&
      // A group may take an id too.
      peer.lastChannelId < MAX_CHANNEL_ID - 1
    );
  }
}
