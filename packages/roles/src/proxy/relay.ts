import { ShareIdentities } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { sanitizeErrorCode } from '@stratumkit/connection';
import type { Frame, TlvField } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import type { SubmitSharesExtended, SubmitSharesStandard } from '@stratumkit/messages/mining';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import { DEFAULT_MINING_CLIENT_LIMITS } from '../miningClient/limits.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { refuseCustomJob } from '../miningServer/refuseCustomJob.ts';
import { DEFAULT_MINING_SERVER_LIMITS, type MiningServerLimits } from '../miningServer/types.ts';
import type { ConnectionId } from '../output.ts';
import type { UpstreamChannel } from '../statistics/monitoringRoutes.ts';
import type { TrunkRequest } from '../upstreamList/index.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import { MAX_TARGET } from './channelSums.ts';
import type { Outputs, ProxyMode } from './proxyMode.ts';
import {
  DEFAULT_PROXY_LIMITS,
  type DownstreamInput,
  type ProxyCoreOptions,
  type ProxyLimits,
  type ProxyOutput,
  type ProxyTotals,
} from './proxyTypes.ts';
import { RelayChannel, type RelayChannelOptions } from './relayChannel.ts';
import { RelayDistribution } from './relayDistribution.ts';
import { foreignDown, foreignUp } from './relayForeign.ts';
import { RelayKeeper } from './relayKeeper.ts';
import { closeUp, endpointChanged, sendUp, targetEvent, updateUp } from './relayMessages.ts';
import { refuseOpening, requestOf, successOf } from './relayOpen.ts';
import { type Opening, RelayOpenings } from './relayOpenings.ts';
import { RelayPeer } from './relayPeer.ts';
import { RelayShares } from './relayShares.ts';
import { RelayUpdates, updateRefused } from './relayUpdates.ts';
import { inheritedFlags, isUnfit } from './setupPolicy.ts';
import { TokenBucket } from './tokenBucket.ts';

type Message = Extract<DownstreamInput, { type: 'message' }>;

/**
 * Every downstream channel has one upstream, all of them on one connection (spec 10.4.2). The upstream groups them, so that one
 * job serves all; who needs standard jobs gets them derived here.
 */
export class Relay implements ProxyMode {
  readonly #limits: ProxyLimits;
  readonly #serverLimits: MiningServerLimits;
  readonly #channelOptions: RelayChannelOptions;
  readonly #openings: RelayOpenings;
  readonly #distribution: RelayDistribution;
  readonly #shares: RelayShares;
  readonly #updates: RelayUpdates;
  readonly #keeper: RelayKeeper;
  readonly #foreignBudget: TokenBucket;
  #active: UpstreamSession | undefined;
  #turningAway: string | undefined;

  constructor(options: ProxyCoreOptions) {
    this.#limits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
    this.#serverLimits = { ...DEFAULT_MINING_SERVER_LIMITS, ...options.serverLimits };
    const { hash, createJobHasher } = options;
    const { maxReceiversPerTurn, maxWorkersPerChannel } = this.#serverLimits;
    this.#distribution = new RelayDistribution((upstream) => this.#keeper.channelOf(upstream), maxReceiversPerTurn);
    const { jobs } = this.#distribution;
    this.#channelOptions = {
      jobIds: jobs.ids,
      identities: new ShareIdentities(0, ''),
      clientLimits: { ...DEFAULT_MINING_CLIENT_LIMITS, ...options.clientLimits },
      ...(hash === undefined ? {} : { hash }),
      ...(createJobHasher === undefined ? {} : { createJobHasher }),
    };
    const { answerAlarmMs, channelRequests, foreignMessages, maxUnansweredShares, openAnswerMs, updateMs } =
      this.#limits;
    const { unansweredRequests } = this.#channelOptions.clientLimits;
    this.#openings = new RelayOpenings(openAnswerMs, channelRequests, unansweredRequests);
    this.#shares = new RelayShares(jobs, answerAlarmMs, maxUnansweredShares, maxWorkersPerChannel);
    this.#updates = new RelayUpdates(updateMs);
    this.#keeper = new RelayKeeper(this.#openings, this.#shares, this.#updates);
    this.#foreignBudget = new TokenBucket(foreignMessages);
  }

  get connections(): number {
    return this.#keeper.peers.size;
  }

  get openChannels(): number {
    return this.#keeper.openChannels;
  }

  get totals(): ProxyTotals {
    return { ...this.#shares.sent.counters };
  }

  get unansweredShares(): number {
    return this.#shares.sent.unanswered;
  }

  get deadline(): number | undefined {
    const { sent } = this.#shares;
    const machines = [this.#distribution, this.#openings, this.#updates, sent, this.#keeper];
    const times = machines.map(({ deadline }) => deadline);
    const earliest = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
  }

  upstreamChannels(session: UpstreamSession): readonly UpstreamChannel[] {
    const channels: UpstreamChannel[] = [];
    for (const { upstream, kind, userIdentity, nominalHashrate } of this.#keeper.channels) {
      if (upstream?.session !== session) continue;
      const { channelId, target, extranoncePrefix, extranonceSize } = upstream.channel;
      channels.push({ channelId, kind, userIdentity, nominalHashrate, target, extranoncePrefix, extranonceSize });
    }
    return channels;
  }

  /** Nobody mines on it: it only shows whether the upstream has work. */
  trunk(): TrunkRequest {
    return { nominalHashrate: 0, maxTarget: MAX_TARGET, extranonceSizes: [0] };
  }

  downstream(input: DownstreamInput, now: Now): Outputs {
    switch (input.type) {
      case 'connected':
        return this.#connected(input, now);
      case 'disconnected':
        return this.#keeper.disconnected(input.connection);
      case 'extensions':
        return [];
      case 'foreign':
        return this.#foreignUp(input.connection, input.frame, now);
      case 'message':
        return this.#receive(input, now);
    }
  }

  active(session: UpstreamSession | undefined, now: Now): Outputs {
    if (this.#active !== undefined && this.#active !== session) this.#openings.leave(this.#active);
    this.#active = session;
    if (session === undefined) return [];
    this.#turningAway = this.#turningAway === 'shutting-down' ? 'shutting-down' : undefined;
    const outputs: ProxyOutput<never>[] = [];
    for (const peer of [...this.#keeper.peers.values()]) {
      if (isUnfit(peer.flags, peer.granted, inheritedFlags(session.flags, false))) {
        outputs.push(...this.#keeper.dismiss(peer, 'upstream-flags', now));
        continue;
      }
      for (const channel of peer.channels.values()) this.#reopen(channel);
    }
    return [...outputs, ...this.#ask(session, now)];
  }

  received(
    session: UpstreamSession,
    message: MiningMessage,
    clientOutputs: readonly MiningClientOutput[],
    now: Now,
  ): Outputs {
    switch (message.name) {
      case 'SubmitShares.Success':
      case 'SubmitShares.Error':
        return this.#followAll(session, clientOutputs, now);
      case 'NewMiningJob':
      case 'NewExtendedMiningJob':
        return this.#distribution.job(session, message, clientOutputs, now);
      case 'SetNewPrevHash':
        return this.#distribution.prevHash(session, message, clientOutputs, now);
      default:
        return [...this.#distribution.finish(now), ...this.#obey(session, message, clientOutputs, now)];
    }
  }

  foreign(session: UpstreamSession, frame: Frame): Outputs {
    return foreignDown(session, frame, this.#keeper.channels).map(({ peer, channelId, frame: bytes, channels }) => {
      for (const channel of channels) channel.isUsedByExtensions = true;
      return { type: 'send', to: [peer.connection], frame: bytes, kind: 'control', channelId };
    });
  }

  ended(session: UpstreamSession, now: Now): Outputs {
    this.#openings.leave(session);
    const outputs: ProxyOutput<never>[] = [];
    for (const upstream of session.client.channels.values()) {
      this.#keeper.detached(upstream);
      outputs.push(...this.#shares.settle(this.#shares.sent.ended(upstream), now));
    }
    return [...outputs, ...this.#keeper.finishAnswered()];
  }

  expire(now: Now): Outputs {
    this.#turningAway ??= 'no-work';
    return this.#keeper.dismissAll('no-work', now);
  }

  drain(now: Now): Outputs {
    this.#turningAway = 'shutting-down';
    return this.#keeper.dismissAll('shutting-down', now);
  }

  tick(now: Now): Outputs {
    const outputs: ProxyOutput<never>[] = [...this.#distribution.run(now), ...this.#shares.sent.tick(now)];
    for (const channel of this.#updates.tick(now)) outputs.push(...updateUp(channel));
    if (this.#active !== undefined) outputs.push(...this.#ask(this.#active, now));
    for (const opening of this.#openings.takeOverdue(now)) outputs.push(...this.#refused(opening, 'no-answer'));
    outputs.push(...this.#keeper.tick(now));
    return outputs;
  }

  #connected(input: Extract<DownstreamInput, { type: 'connected' }>, now: Now): Outputs {
    const { connection, setup, address, grantedFlags = 0 } = input;
    const peer = new RelayPeer(connection, setup.flags, grantedFlags);
    this.#keeper.connected(peer);
    const { vendor, hardwareVersion, deviceId } = setup;
    const event = { type: 'connected', connection, address, vendor, hardwareVersion, deviceId } as const;
    const turnedAway = this.#turningAway === undefined ? [] : this.#keeper.dismiss(peer, this.#turningAway, now);
    return [{ type: 'event', event }, ...turnedAway];
  }

  #receive({ connection, message, tlvs }: Message, now: Now): Outputs {
    const peer = this.#keeper.peers.get(connection);
    if (peer === undefined) return [];
    switch (message.name) {
      case 'SubmitSharesStandard':
        return this.#submit(peer, message.value, [], now);
      case 'SubmitSharesExtended':
        return this.#submit(peer, message.value, tlvs, now);
      case 'OpenStandardMiningChannel':
      case 'OpenExtendedMiningChannel':
        return this.#open(peer, message, now);
      case 'UpdateChannel': {
        const { down, up } = this.#updates.receive(peer, message.value, now);
        return [...(down === undefined ? [] : [down]), ...(up === undefined ? [] : updateUp(up))];
      }
      case 'CloseChannel': {
        const { channelId, reasonCode } = message.value;
        return peer.addressedBy(channelId).flatMap((channel) => this.#keeper.close(channel, reasonCode));
      }
      case 'SetCustomMiningJob':
        return [refuseCustomJob(connection, message.value)];
      default:
        return [{ type: 'close', to: connection, reason: 'unexpected-message' }];
    }
  }

  /** The upstream has told the newest work already: a block on the work before goes up as a late one. */
  #submit(
    peer: RelayPeer,
    share: SubmitSharesStandard | SubmitSharesExtended,
    tlvs: readonly TlvField[],
    now: Now,
  ): Outputs {
    const channel = peer.channels.get(share.channelId);
    const work = channel === undefined ? [] : this.#distribution.serve(channel, now);
    return [...work, ...this.#shares.submit(peer, share, tlvs, now)];
  }

  #open(
    peer: RelayPeer,
    message: Extract<MiningMessage, { name: 'OpenStandardMiningChannel' | 'OpenExtendedMiningChannel' }>,
    now: Now,
  ): Outputs {
    if (peer.leaving !== undefined) return [];
    const { maxChannels, maxChannelsPerConnection } = this.#serverLimits;
    const hasRoom =
      peer.hasIdsLeft &&
      this.#keeper.openChannels + this.#keeper.openingCount < maxChannels &&
      peer.channels.size + peer.openings.size < maxChannelsPerConnection;
    const opening = requestOf(peer, message, hasRoom);
    if ('refusal' in opening) return refuseOpening(peer, message.value, opening.refusal);
    this.#keeper.asked(opening);
    return this.#active === undefined ? [] : this.#ask(this.#active, now);
  }

  #reopen(channel: RelayChannel): void {
    const { peer, kind, userIdentity, requestId, nominalHashrate: nominalHashRate, maxTarget } = channel;
    const isAsked = [...peer.openings].some((opening) => opening.channel === channel);
    if (isAsked) return;
    const request = { requestId, userIdentity, nominalHashRate, maxTarget };
    const opening: Opening = { peer, kind, request, minExtranonceSize: channel.extranonceSize, channel };
    this.#keeper.asked(opening);
  }

  #ask(session: UpstreamSession, now: Now): Outputs {
    return this.#openings.ask(session, now).flatMap(({ frame }) => sendUp(session, frame));
  }

  /** What changes a channel itself; it has all the work that came before. */
  #obey(...[session, message, clientOutputs, now]: Parameters<Relay['received']>): Outputs {
    switch (message.name) {
      case 'SetTarget': {
        const { sends, channels } = this.#distribution.target(session, message, clientOutputs);
        return [...sends, ...channels.map(targetEvent)];
      }
      case 'SetExtranoncePrefix':
        return this.#distribution.prefix(session, message);
      case 'SetGroupChannel':
        return this.#distribution.group(session, message);
      case 'ChannelEndpointChanged': {
        const upstream = session.client.channels.get(message.value.channelId);
        const channel = this.#keeper.channelOf(upstream);
        return channel === undefined ? [] : endpointChanged(channel);
      }
      default:
        return this.#followAll(session, clientOutputs, now);
    }
  }

  #followAll(session: UpstreamSession, outputs: readonly MiningClientOutput[], now: Now): Outputs {
    return outputs.flatMap((output) => this.#follow(session, output, now));
  }

  #follow(session: UpstreamSession, output: MiningClientOutput, now: Now): Outputs {
    switch (output.type) {
      case 'opened':
        return this.#opened(session, output.requestId, output.channel);
      case 'refused': {
        const opening = this.#openings.take(session, output.requestId);
        return opening === undefined ? [] : this.#refused(opening, output.errorCode);
      }
      case 'accepted':
      case 'rejected':
        return [...this.#shares.answered(output, now), ...this.#keeper.finishAnswered()];
      case 'updateRefused': {
        const upstream = session.client.channels.get(output.channelId);
        const channel = this.#keeper.channelOf(upstream);
        return channel === undefined
          ? []
          : [updateRefused(channel.peer, channel.channelId, sanitizeErrorCode(output.errorCode))];
      }
      case 'channelClosed': {
        const channel = this.#keeper.channelOf(output.channel);
        this.#keeper.detached(output.channel);
        const outputs = [...this.#shares.settle(this.#shares.sent.ended(output.channel), now)];
        // Of an upstream that was left, the channel has another one already.
        const isPresent = channel !== undefined && channel.upstream === undefined && session === this.#active;
        return isPresent ? [...outputs, ...this.#keeper.closeDown(channel, output.reason)] : outputs;
      }
      default:
        return [];
    }
  }

  #opened(session: UpstreamSession, requestId: number, upstream: ClientChannel): Outputs {
    const opening = this.#openings.take(session, requestId);
    // Nobody is there for it any more.
    if (opening === undefined) return closeUp(session, upstream, 'downstream-gone');
    const { peer } = opening;
    this.#keeper.answered(opening);
    const attachment = { session, channel: upstream };
    if (opening.channel !== undefined) {
      const { channel } = opening;
      channel.attach(attachment);
      this.#keeper.attached(channel, upstream);
      const endpoint = channel.isUsedByExtensions ? endpointChanged(channel) : [];
      return [...this.#distribution.moved(channel), targetEvent(channel), ...endpoint];
    }
    const channel = new RelayChannel(this.#channelOptions, opening, peer.nextId(), attachment);
    this.#keeper.opened(channel, upstream);
    peer.regroup(channel, session, upstream.groupChannelId);
    const { connection } = peer;
    return [...successOf(channel), { type: 'channels', connection, open: peer.channels.size }];
  }

  /** Not opened by the upstream: not at all, or not again. */
  #refused(opening: Opening, errorCode: string): Outputs {
    const { peer, channel, request } = opening;
    this.#keeper.answered(opening);
    return channel === undefined ? refuseOpening(peer, request, errorCode) : this.#keeper.closeDown(channel, errorCode);
  }

  #foreignUp(connection: ConnectionId, frame: Frame, now: Now): Outputs {
    const peer = this.#keeper.peers.get(connection);
    const forwarded = peer === undefined ? undefined : foreignUp(peer, frame);
    if (forwarded === undefined || !this.#foreignBudget.take(now)) return [];
    for (const channel of forwarded.channels) channel.isUsedByExtensions = true;
    return sendUp(forwarded.session, forwarded.frame);
  }
}
