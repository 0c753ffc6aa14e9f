import { ShareIdentities } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { sanitizeErrorCode } from '@stratumkit/connection';
import { encodeFrame, type Frame } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import { ChannelEndpointChanged } from '@stratumkit/messages/common';
import { CloseChannel } from '@stratumkit/messages/mining';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import { DEFAULT_MINING_CLIENT_LIMITS } from '../miningClient/limits.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { refuseCustomJob } from '../miningServer/refuseCustomJob.ts';
import { DEFAULT_MINING_SERVER_LIMITS, type MiningServerLimits } from '../miningServer/types.ts';
import type { ConnectionId, SendOutput } from '../output.ts';
import type { UpstreamChannel } from '../statistics/monitoringRoutes.ts';
import type { TrunkRequest } from '../upstreamList/index.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import { MAX_TARGET } from './channelSums.ts';
import type { Outputs, ProxyMode } from './proxyMode.ts';
import {
  DEFAULT_PROXY_LIMITS,
  type DownstreamInput,
  type ProxyCoreOptions,
  type ProxyEvent,
  type ProxyLimits,
  type ProxyOutput,
  type ProxyTotals,
} from './proxyTypes.ts';
import { RelayChannel, type RelayChannelOptions } from './relayChannel.ts';
import { RelayDistribution } from './relayDistribution.ts';
import { foreignDown, foreignUp } from './relayForeign.ts';
import { refuseOpening, requestOf, successOf } from './relayOpen.ts';
import { type Opening, RelayOpenings } from './relayOpenings.ts';
import { RelayPeer } from './relayPeer.ts';
import { RelayShares } from './relayShares.ts';
import { RelayUpdates, updateRefused } from './relayUpdates.ts';
import { inheritedFlags, isUnfit } from './setupPolicy.ts';
import { TokenBucket } from './tokenBucket.ts';

/** How long a leaving connection waits for the upstream's answers to its last shares. */
const LAST_ANSWERS_MS = 3_000;

type Message = Extract<DownstreamInput, { type: 'message' }>;

/**
 * Every downstream channel has one upstream, all of them on one connection (spec 10.4.2). The upstream groups them, so that one
 * job serves all; who needs standard jobs gets them derived here.
 */
export class Relay implements ProxyMode {
  readonly #limits: ProxyLimits;
  readonly #serverLimits: MiningServerLimits;
  readonly #channelOptions: RelayChannelOptions;
  readonly #peers = new Map<ConnectionId, RelayPeer>();
  readonly #byUpstream = new Map<ClientChannel, RelayChannel>();
  readonly #openings: RelayOpenings;
  readonly #distribution = new RelayDistribution((upstream) => this.#byUpstream.get(upstream));
  readonly #shares: RelayShares;
  readonly #updates: RelayUpdates;
  readonly #foreignBudget: TokenBucket;
  /** Connections on their way out, by when they are closed at the latest. */
  readonly #leaving = new Map<RelayPeer, number>();
  #active: UpstreamSession | undefined;
  #turningAway: string | undefined;
  #openChannels = 0;
  #openingCount = 0;

  constructor(options: ProxyCoreOptions) {
    this.#limits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
    this.#serverLimits = { ...DEFAULT_MINING_SERVER_LIMITS, ...options.serverLimits };
    const { hash, createJobHasher } = options;
    const { jobs } = this.#distribution;
    this.#channelOptions = {
      jobIds: jobs.ids,
      identities: new ShareIdentities(0, ''),
      clientLimits: { ...DEFAULT_MINING_CLIENT_LIMITS, ...options.clientLimits },
      ...(hash === undefined ? {} : { hash }),
      ...(createJobHasher === undefined ? {} : { createJobHasher }),
    };
    const { answerAlarmMs, channelRequests, foreignMessages, openAnswerMs, updateMs } = this.#limits;
    this.#openings = new RelayOpenings(openAnswerMs, channelRequests);
    this.#shares = new RelayShares(jobs, answerAlarmMs, this.#serverLimits.maxWorkersPerChannel);
    this.#updates = new RelayUpdates(updateMs);
    this.#foreignBudget = new TokenBucket(foreignMessages);
  }

  get connections(): number {
    return this.#peers.size;
  }

  get openChannels(): number {
    return this.#openChannels;
  }

  get totals(): ProxyTotals {
    return { ...this.#shares.sent.counters };
  }

  get unansweredShares(): number {
    return this.#shares.sent.unanswered;
  }

  get deadline(): number | undefined {
    const [leaving] = this.#leaving.values();
    const times = [this.#openings.deadline, this.#updates.deadline, this.#shares.sent.deadline, leaving];
    const earliest = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
  }

  upstreamChannels(session: UpstreamSession): readonly UpstreamChannel[] {
    const channels: UpstreamChannel[] = [];
    for (const { upstream, kind, userIdentity, nominalHashrate } of this.#byUpstream.values()) {
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
        return this.#disconnected(input.connection);
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
    for (const peer of [...this.#peers.values()]) {
      if (isUnfit(peer.flags, peer.granted, inheritedFlags(session.flags, false))) {
        outputs.push(...this.#dismiss(peer, 'upstream-flags', now));
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
      case 'NewMiningJob':
      case 'NewExtendedMiningJob': {
        const { sends, channels, templateId } = this.#distribution.job(session, message, clientOutputs);
        const reason = message.value.minNtime === undefined ? 'future' : 'update';
        return channels === 0 ? [] : [...sends, jobEvent(reason, templateId, channels)];
      }
      case 'SetNewPrevHash': {
        const { sends, channels, templateId } = this.#distribution.prevHash(session, message, clientOutputs, now);
        return channels === 0 ? [] : [...sends, jobEvent('tip', templateId, channels)];
      }
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
        const channel = upstream === undefined ? undefined : this.#byUpstream.get(upstream);
        return channel === undefined ? [] : endpointChanged(channel);
      }
      default:
        return clientOutputs.flatMap((output) => this.#follow(session, output, now));
    }
  }

  foreign(session: UpstreamSession, frame: Frame): Outputs {
    return foreignDown(session, frame, this.#byUpstream.values()).map(({ peer, channelId, frame: bytes, channels }) => {
      for (const channel of channels) channel.isUsedByExtensions = true;
      return { type: 'send', to: [peer.connection], frame: bytes, kind: 'control', channelId };
    });
  }

  ended(session: UpstreamSession, now: Now): Outputs {
    this.#openings.leave(session);
    const outputs: ProxyOutput<never>[] = [];
    for (const upstream of session.client.channels.values()) {
      this.#byUpstream.delete(upstream);
      outputs.push(...this.#shares.settle(this.#shares.sent.ended(upstream), now));
    }
    return [...outputs, ...this.#finishLeaving()];
  }

  expire(now: Now): Outputs {
    this.#turningAway ??= 'no-work';
    return [...this.#peers.values()].flatMap((peer) => this.#dismiss(peer, 'no-work', now));
  }

  drain(now: Now): Outputs {
    this.#turningAway = 'shutting-down';
    return [...this.#peers.values()].flatMap((peer) => this.#dismiss(peer, 'shutting-down', now));
  }

  tick(now: Now): Outputs {
    const outputs: ProxyOutput<never>[] = [...this.#shares.sent.tick(now)];
    for (const channel of this.#updates.tick(now)) outputs.push(...updateUp(channel));
    if (this.#active !== undefined) outputs.push(...this.#ask(this.#active, now));
    for (const opening of this.#openings.takeOverdue(now)) outputs.push(...this.#refused(opening, 'no-answer'));
    for (const [peer, closeAtMs] of this.#leaving) {
      if (closeAtMs > now.monotonicMs) break;
      outputs.push(...this.#finish(peer));
    }
    return outputs;
  }

  #connected(input: Extract<DownstreamInput, { type: 'connected' }>, now: Now): Outputs {
    const { connection, setup, address, grantedFlags = 0 } = input;
    const peer = new RelayPeer(connection, setup.flags, grantedFlags);
    this.#peers.set(connection, peer);
    const { vendor, hardwareVersion, deviceId } = setup;
    const event = { type: 'connected', connection, address, vendor, hardwareVersion, deviceId } as const;
    const turnedAway = this.#turningAway === undefined ? [] : this.#dismiss(peer, this.#turningAway, now);
    return [{ type: 'event', event }, ...turnedAway];
  }

  /** All of its channels are closed upstream (spec 5.3.9). */
  #disconnected(connection: ConnectionId): Outputs {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return [];
    const outputs = this.#abandon(peer, 'disconnected');
    this.#forget(peer);
    return [...outputs, { type: 'event', event: { type: 'disconnected', connection } }];
  }

  #receive({ connection, message, tlvs }: Message, now: Now): Outputs {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return [];
    switch (message.name) {
      case 'SubmitSharesStandard':
        return this.#shares.submit(peer, message.value, [], now);
      case 'SubmitSharesExtended':
        return this.#shares.submit(peer, message.value, tlvs, now);
      case 'OpenStandardMiningChannel':
      case 'OpenExtendedMiningChannel':
        return this.#open(peer, message, now);
      case 'UpdateChannel': {
        const { down, up } = this.#updates.receive(peer, message.value, now);
        return [...(down === undefined ? [] : [down]), ...(up === undefined ? [] : updateUp(up))];
      }
      case 'CloseChannel': {
        const { channelId, reasonCode } = message.value;
        return peer.addressedBy(channelId).flatMap((channel) => this.#close(channel, reasonCode));
      }
      case 'SetCustomMiningJob':
        return [refuseCustomJob(connection, message.value)];
      default:
        return [{ type: 'close', to: connection, reason: 'unexpected-message' }];
    }
  }

  #open(
    peer: RelayPeer,
    message: Extract<MiningMessage, { name: 'OpenStandardMiningChannel' | 'OpenExtendedMiningChannel' }>,
    now: Now,
  ): Outputs {
    if (peer.leaving !== undefined) return [];
    const { maxChannels, maxChannelsPerConnection } = this.#serverLimits;
    const hasRoom =
      this.#openChannels + this.#openingCount < maxChannels &&
      peer.channels.size + peer.openings.size < maxChannelsPerConnection;
    const opening = requestOf(peer, message, hasRoom);
    if ('refusal' in opening) return refuseOpening(peer, message.value, opening.refusal);
    peer.openings.add(opening);
    this.#openingCount++;
    this.#openings.add(opening);
    return this.#active === undefined ? [] : this.#ask(this.#active, now);
  }

  #reopen(channel: RelayChannel): void {
    const { peer, kind, userIdentity, requestId, nominalHashrate: nominalHashRate, maxTarget } = channel;
    const isAsked = [...peer.openings].some((opening) => opening.channel === channel);
    if (isAsked) return;
    const request = { requestId, userIdentity, nominalHashRate, maxTarget };
    const opening: Opening = { peer, kind, request, minExtranonceSize: channel.extranonceSize, channel };
    peer.openings.add(opening);
    this.#openingCount++;
    this.#openings.add(opening);
  }

  #ask(session: UpstreamSession, now: Now): Outputs {
    return this.#openings.ask(session, now).flatMap(({ frame }) => sendUp(session, frame));
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
        return [...this.#shares.answered(output, now), ...this.#finishLeaving()];
      case 'updateRefused': {
        const upstream = session.client.channels.get(output.channelId);
        const channel = upstream === undefined ? undefined : this.#byUpstream.get(upstream);
        return channel === undefined
          ? []
          : [updateRefused(channel.peer, channel.channelId, sanitizeErrorCode(output.errorCode))];
      }
      case 'channelClosed': {
        const channel = this.#byUpstream.get(output.channel);
        this.#byUpstream.delete(output.channel);
        const outputs = [...this.#shares.settle(this.#shares.sent.ended(output.channel), now)];
        // Of an upstream that was left, the channel has another one already.
        const isPresent = channel !== undefined && channel.upstream === undefined && session === this.#active;
        return isPresent ? [...outputs, ...this.#closeDown(channel, output.reason)] : outputs;
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
    this.#answered(opening);
    const attachment = { session, channel: upstream };
    if (opening.channel !== undefined) {
      const { channel } = opening;
      channel.attach(attachment);
      this.#byUpstream.set(upstream, channel);
      return [...this.#distribution.moved(channel), targetEvent(channel), ...this.#endpointMoved(channel)];
    }
    const channel = new RelayChannel(this.#channelOptions, opening, peer.nextId(), attachment);
    peer.channels.set(channel.channelId, channel);
    this.#byUpstream.set(upstream, channel);
    this.#openChannels++;
    peer.regroup(channel, session, upstream.groupChannelId);
    const { connection } = peer;
    return [...successOf(channel), { type: 'channels', connection, open: peer.channels.size }];
  }

  /** Not opened by the upstream: not at all, or not again. */
  #refused(opening: Opening, errorCode: string): Outputs {
    const { peer, channel, request } = opening;
    this.#answered(opening);
    return channel === undefined ? refuseOpening(peer, request, errorCode) : this.#closeDown(channel, errorCode);
  }

  #answered(opening: Opening): void {
    if (opening.peer.openings.delete(opening)) this.#openingCount--;
  }

  /** Whoever is behind the channel now knows of no extension (spec 3.6.4). */
  #endpointMoved(channel: RelayChannel): readonly SendOutput[] {
    return channel.isUsedByExtensions ? endpointChanged(channel) : [];
  }

  /** The downstream wants no more of it, and is told nothing. */
  #close(channel: RelayChannel, reason: string): Outputs {
    const { peer, channelId, upstream, userIdentity, accounting } = channel;
    const outputs: ProxyOutput<never>[] = [];
    for (const opening of peer.openings) if (opening.channel === channel) this.#cancel(opening);
    if (upstream !== undefined) {
      outputs.push(...closeUp(upstream.session, upstream.channel, reason));
      this.#byUpstream.delete(upstream.channel);
    }
    peer.leaveGroup(channel);
    peer.channels.delete(channelId);
    this.#openChannels--;
    this.#updates.closed(channel);
    // What was sent up counts there, but nobody learns of it any more.
    for (const step of this.#shares.sent.ended(upstream?.channel, 'downstream-gone'))
      if ('type' in step) outputs.push(step);
    channel.detach();
    const { connection } = peer;
    const { totals } = accounting;
    return [
      ...outputs,
      { type: 'channels', connection, open: peer.channels.size },
      { type: 'event', event: { type: 'channelClosed', connection, channelId, userIdentity, reason, totals } },
    ];
  }

  /** The upstream wants no more of it. */
  #closeDown(channel: RelayChannel, reason: string): Outputs {
    const { peer, channelId } = channel;
    const reasonCode = sanitizeErrorCode(reason);
    const frame = encodeFrame(CloseChannel, { channelId, reasonCode });
    return [
      ...this.#close(channel, reasonCode),
      { type: 'send', to: [peer.connection], frame, kind: 'control', channelId },
    ];
  }

  #cancel(opening: Opening): void {
    this.#openings.drop(opening);
    this.#answered(opening);
  }

  #abandon(peer: RelayPeer, reason: string): ProxyOutput<never>[] {
    for (const opening of [...peer.openings]) this.#cancel(opening);
    return [...peer.channels.values()].flatMap((channel) => this.#close(channel, reason));
  }

  #forget(peer: RelayPeer): void {
    this.#peers.delete(peer.connection);
    this.#leaving.delete(peer);
  }

  /** The connection is closed once its shares are answered. */
  #dismiss(peer: RelayPeer, reason: string, now: Now): Outputs {
    if (peer.leaving !== undefined) return [];
    peer.leaving = reason;
    if (peer.unanswered === 0) return this.#finish(peer);
    this.#leaving.set(peer, now.monotonicMs + LAST_ANSWERS_MS);
    return [];
  }

  #finishLeaving(): Outputs {
    return [...this.#leaving.keys()].filter(({ unanswered }) => unanswered === 0).flatMap((peer) => this.#finish(peer));
  }

  #finish(peer: RelayPeer): ProxyOutput<never>[] {
    this.#leaving.delete(peer);
    const reason = peer.leaving ?? 'no-work';
    for (const opening of [...peer.openings]) this.#cancel(opening);
    const outputs = [...peer.channels.values()].flatMap((channel) => this.#closeDown(channel, reason));
    return [...outputs, { type: 'close', to: peer.connection, reason }];
  }

  #foreignUp(connection: ConnectionId, frame: Frame, now: Now): Outputs {
    const peer = this.#peers.get(connection);
    const forwarded = peer === undefined ? undefined : foreignUp(peer, frame);
    if (forwarded === undefined || !this.#foreignBudget.take(now)) return [];
    for (const channel of forwarded.channels) channel.isUsedByExtensions = true;
    return sendUp(forwarded.session, forwarded.frame);
  }
}

function sendUp({ connection }: UpstreamSession, frame: Uint8Array): Outputs {
  return [{ type: 'upstream-send', connection, frame, kind: 'control' }];
}

function closeUp(session: UpstreamSession, upstream: ClientChannel, reason: string): Outputs {
  const { client, connection } = session;
  const { frame } = client.close(upstream.channelId, reason);
  return [...sendUp(session, frame), { type: 'upstream-channels', connection, open: client.channels.size }];
}

function updateUp(channel: RelayChannel): Outputs {
  const { upstream, peer, channelId, userIdentity, nominalHashrate, maxTarget } = channel;
  const { connection } = peer;
  const names = { connection, channelId, userIdentity };
  const updated = { type: 'event', event: { type: 'channelUpdated', ...names, nominalHashrate, maxTarget } } as const;
  if (upstream === undefined) return [updated];
  const { session, channel: client } = upstream;
  return [updated, ...sendUp(session, session.client.update(client.channelId, nominalHashrate, maxTarget).frame)];
}

function endpointChanged(channel: RelayChannel): readonly SendOutput[] {
  const { peer, channelId } = channel;
  channel.isUsedByExtensions = false;
  const frame = encodeFrame(ChannelEndpointChanged, { channelId });
  return [{ type: 'send', to: [peer.connection], frame, kind: 'control', channelId }];
}

function targetEvent({ peer, channelId, userIdentity, judge, nominalHashrate }: RelayChannel): ProxyOutput<never> {
  const { connection } = peer;
  const { target } = judge.target;
  return { type: 'event', event: { type: 'target', connection, channelId, userIdentity, target, nominalHashrate } };
}

function jobEvent(
  reason: Extract<ProxyEvent, { type: 'job' }>['reason'],
  templateId: bigint,
  channels: number,
): ProxyOutput<never> {
  return { type: 'event', event: { type: 'job', reason, templateId, height: undefined, channels } };
}
