import { portableHash } from '@stratumkit/bitcoin';
import { createPortableJobHasher } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import {
  type CloseChannel,
  OpenExtendedMiningChannelSuccess,
  OpenMiningChannelError,
  OpenStandardMiningChannelSuccess,
} from '@stratumkit/messages/mining';
import { type ConnectionId, joined, NO_OUTPUTS, type SendOutput } from '../output.ts';
import { ChannelKeeper } from './channelKeeper.ts';
import { Departures } from './departures.ts';
import { Distribution } from './distribution.ts';
import type { MiningEvent } from './events.ts';
import { ChannelOpener, type OpenRequest } from './openChannel.ts';
import type { MiningOperation } from './operation.ts';
import { ChannelOperations } from './operations.ts';
import { Peer, type ServedChannel } from './peer.ts';
import { refuseCustomJob } from './refuseCustomJob.ts';
import { Retargeting } from './retargeting.ts';
import { ShareDesk } from './shareDesk.ts';
import {
  DEFAULT_MINING_SERVER_LIMITS,
  type MiningServerInput,
  type MiningServerLimits,
  type MiningServerOptions,
  type MiningServerOutput,
  type Work,
} from './types.ts';
import { Updates } from './updates.ts';

const DEFAULT_BATCH_SIZE = 10;
const DEFAULT_BATCH_DELAY_MS = 5_000;

type Outputs = readonly MiningServerOutput[];
type InputOf<Type extends MiningServerInput['type']> = Extract<MiningServerInput, { type: Type }>;

interface SettledShares {
  readonly outputs: MiningServerOutput[];
  readonly served: ServedChannel | undefined;
}

/**
 * The Mining Protocol, server side (spec 5.3), over many connections. It is given work by whoever owns it (a pool's templates, a
 * proxy's upstream jobs) and owns no socket, timer, clock or payout rule.
 */
export class MiningServer {
  readonly #limits: MiningServerLimits;
  readonly #peers = new Map<ConnectionId, Peer>();
  readonly #distribution: Distribution;
  readonly #desk: ShareDesk;
  readonly #opener: ChannelOpener;
  readonly #keeper: ChannelKeeper;
  readonly #operations: ChannelOperations;
  readonly #retargeting: Retargeting | undefined;
  readonly #updates: Updates;
  readonly #departures: Departures;
  #turningAway: 'no-work' | 'shutting-down' | undefined;

  constructor(options: MiningServerOptions) {
    this.#limits = { ...DEFAULT_MINING_SERVER_LIMITS, ...options.limits };
    this.#distribution = new Distribution(this.#peers, this.#limits.maxReceiversPerTurn);
    const { maxClosedChannels, maxWorkersPerChannel, reconnectGraceMs, updateIntervalMs } = this.#limits;
    const { maxHeldShares, maxHeldSharesInAll, maxUncommittedBatches } = this.#limits;
    const { extranonces, hash = portableHash, maxBatchDelayMs = DEFAULT_BATCH_DELAY_MS } = options;
    const { holdsShare = () => false } = options;
    this.#desk = new ShareDesk({
      maxBatchDelayMs,
      maxWorkersPerChannel,
      maxHeldShares,
      maxHeldSharesInAll,
      maxUncommittedBatches,
      holdsShare,
    });
    this.#keeper = new ChannelKeeper(
      this.#peers,
      this.#distribution,
      this.#desk,
      extranonces,
      maxClosedChannels,
      (served) => {
        this.#retargeting?.close(served);
        this.#updates.close(served);
      },
    );
    this.#operations = new ChannelOperations(this.#distribution, this.#keeper, extranonces, options.targets);
    this.#retargeting = options.retargeting && new Retargeting(options.retargeting, this.#operations);
    this.#updates = new Updates(options.targets, this.#operations, this.#retargeting, updateIntervalMs);
    this.#departures = new Departures(this.#keeper, reconnectGraceMs);
    this.#opener = new ChannelOpener(
      {
        shareBatchSize: DEFAULT_BATCH_SIZE,
        staleGraceMs: 0,
        createJobHasher: createPortableJobHasher(hash),
        ...options,
        ...this.#limits,
        hash,
        maxBatchDelayMs,
      },
      this.#distribution,
    );
  }

  get connections(): number {
    return this.#peers.size;
  }

  get openChannels(): number {
    return this.#keeper.openChannels;
  }

  /** Batches of shares that the ledger has not confirmed. */
  get uncommittedBatches(): number {
    return this.#desk.committing;
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    const { isPending, sentAtMs } = this.#distribution;
    if (isPending || this.#desk.isOverdue) return sentAtMs;
    const isMining = this.openChannels > 0 && this.#distribution.tip !== undefined;
    const jobDeadline = isMining ? sentAtMs + this.#limits.jobIntervalMs : undefined;
    const deadline = Math.min(
      jobDeadline ?? Number.POSITIVE_INFINITY,
      this.#desk.deadline ?? Number.POSITIVE_INFINITY,
      this.#departures.deadline ?? Number.POSITIVE_INFINITY,
      this.#retargeting?.deadline ?? Number.POSITIVE_INFINITY,
      this.#updates.deadline ?? Number.POSITIVE_INFINITY,
    );
    return deadline === Number.POSITIVE_INFINITY ? undefined : deadline;
  }

  handle(input: MiningServerInput, now: Now): Outputs {
    switch (input.type) {
      case 'connected':
        return this.#connected(input, now);
      case 'message':
        return this.#receive(input, now);
      case 'extensions': {
        const peer = this.#peers.get(input.connection);
        if (peer !== undefined) peer.extensions = input.extensions;
        return NO_OUTPUTS;
      }
      case 'disconnected':
        return this.#disconnected(input.connection);
      case 'futureWork':
        this.#distribution.announce(input.work);
        return this.#distribute('future', input.work, now);
      case 'work':
        this.#distribution.refresh(now, input.work);
        return this.#distribute('update', input.work, now);
      case 'tip':
        return this.#changeTip(input, now);
      case 'futureWorkLost':
        this.#distribution.dropFutures();
        return NO_OUTPUTS;
      case 'workExpired':
        this.#distribution.stop();
        return this.#turnAway('no-work', now);
      case 'committed':
      case 'abandoned':
        return this.#settled(this.#desk.settle(input.batchId, input.type));
      case 'verdict':
        return this.#judged(this.#desk.judge(input.ticket, input.outcome, now), now);
      case 'operation':
        return this.#operate(input.operation, now);
      case 'drain':
        return this.#turnAway('shutting-down', now);
      case 'tick':
        return this.#tick(now);
    }
  }

  #connected({ connection, setup, extensions, address }: InputOf<'connected'>, now: Now): Outputs {
    const peer = new Peer(connection, setup.flags, extensions);
    this.#peers.set(connection, peer);
    const { vendor, hardwareVersion, deviceId } = setup;
    const connected = event({ type: 'connected', connection, address, vendor, hardwareVersion, deviceId });
    if (this.#turningAway === undefined) return [connected];
    return [connected, ...this.#departures.dismiss(peer, this.#turningAway, now)];
  }

  #disconnected(connection: ConnectionId): Outputs {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return NO_OUTPUTS;
    this.#departures.forget(peer);
    return [...this.#keeper.disconnected(connection), event({ type: 'disconnected', connection })];
  }

  #receive({ connection, message, tlvs }: InputOf<'message'>, now: Now): Outputs {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return NO_OUTPUTS;
    switch (message.name) {
      case 'SubmitSharesStandard':
        return this.#submitted(peer, message.value.channelId, this.#desk.submit(peer, message.value, [], now), now);
      case 'SubmitSharesExtended':
        return this.#submitted(peer, message.value.channelId, this.#desk.submit(peer, message.value, tlvs, now), now);
      case 'OpenStandardMiningChannel':
        return this.#open(peer, { kind: 'standard', message: message.value }, now);
      case 'OpenExtendedMiningChannel':
        return this.#open(peer, { kind: 'extended', message: message.value }, now);
      case 'UpdateChannel':
        return this.#updates.receive(peer, message.value, now);
      case 'CloseChannel':
        return this.#close(peer, message.value);
      case 'SetCustomMiningJob':
        return [refuseCustomJob(connection, message.value)];
      default:
        return [{ type: 'close', to: connection, reason: 'unexpected-message' }];
    }
  }

  /** A channel whose memory of shares ran full needs other work. */
  #submitted(peer: Peer, channelId: number, outputs: MiningServerOutput[], now: Now): Outputs {
    const served = peer.channels.get(channelId);
    if (served === undefined) return outputs;
    if (served.channel.needsNewWork) outputs.push(...this.#distribution.renew(served, now));
    return this.#retargeted(served, outputs, now);
  }

  #judged({ outputs, served }: SettledShares, now: Now): Outputs {
    if (served === undefined) return outputs;
    const retargeted = served.state === 'open' ? this.#retargeted(served, outputs, now) : outputs;
    return joined(retargeted, this.#departures.finish(served.peer));
  }

  /** Lets credited shares move the channel's target. */
  #retargeted(served: ServedChannel, outputs: MiningServerOutput[], now: Now): MiningServerOutput[] {
    if (this.#retargeting === undefined) return outputs;
    // What a retarget adds lies behind.
    for (let index = 0, count = outputs.length; index < count; index++) {
      const output = outputs[index]!;
      if (output.type === 'event' && output.event.type === 'share')
        outputs.push(...this.#retargeting.accepted(served, output.event.work, now));
    }
    return outputs;
  }

  #open(peer: Peer, request: OpenRequest, now: Now): Outputs {
    const { connection } = peer;
    const { requestId, userIdentity } = request.message;
    const opened = this.#turningAway === undefined ? this.#opener.open(peer, request, this.openChannels) : undefined;
    // The connection is about to be closed.
    if (opened === undefined) return NO_OUTPUTS;
    if (typeof opened === 'string') {
      const frame = encodeFrame(OpenMiningChannelError, { requestId, errorCode: opened });
      return [reply(connection, frame), event({ type: 'channelRefused', connection, userIdentity, errorCode: opened })];
    }
    const { channel, nominalHashrate } = opened;
    this.#retargeting?.open(opened, now);
    const { channelId, extranoncePrefix, extranonceSize } = channel;
    const { target } = channel.target;
    const groupChannelId = opened.group?.channel.groupChannelId ?? 0;
    const common = { requestId, channelId, target, extranoncePrefix, groupChannelId };
    const frame =
      request.kind === 'standard'
        ? encodeFrame(OpenStandardMiningChannelSuccess, common)
        : encodeFrame(OpenExtendedMiningChannelSuccess, { ...common, extranonceSize });
    const entry = this.#distribution.enter(opened, now);
    this.#retargeting?.workArrived([opened], now);
    return [
      // Devices want the Success as the very next frame after their request.
      { ...reply(connection, frame), channelId },
      ...entry,
      this.#keeper.opened(opened),
      event({
        type: 'channelOpened',
        connection,
        channelId,
        userIdentity,
        kind: request.kind,
        groupChannelId,
        nominalHashrate,
        target,
        maxTarget: opened.maxTarget,
        extranoncePrefix,
        extranonceSize,
        payoutKey: opened.payoutClass.payout.key,
      }),
    ];
  }

  /** Unknown ids are ignored; a group's id closes its members. The connection stays open. */
  #close(peer: Peer, { channelId, reasonCode }: CloseChannel): Outputs {
    return peer.channelsAddressedBy(channelId).flatMap((served) => this.#keeper.closedByClient(served, reasonCode));
  }

  #changeTip({ tip, work }: InputOf<'tip'>, now: Now): Outputs {
    if (this.#turningAway === 'no-work') this.#turningAway = undefined;
    this.#distribution.setTip(tip, work, now);
    this.#keeper.tipChanged();
    return this.#distribute('tip', work, now);
  }

  /** Begins to hand out; what is left after the first slice follows with ticks. */
  #distribute(reason: Extract<MiningEvent, { type: 'job' }>['reason'], work: Work, now: Now): Outputs {
    const { templateId, height } = work;
    const job = event({ type: 'job', reason, templateId, height, channels: this.openChannels });
    if (reason !== 'future') this.#desk.expireAll();
    return [...this.#deliver(now), job, ...this.#flushOverdue()];
  }

  #deliver(now: Now): readonly SendOutput[] {
    const wasTipPending = this.#distribution.isTipPending;
    const outputs = this.#distribution.run(now);
    if (wasTipPending && !this.#distribution.isTipPending) this.#retargeting?.workArrived(undefined, now);
    return outputs;
  }

  /** Shares of the old job are acknowledged behind the new one. */
  #flushOverdue(): Outputs {
    return this.#distribution.isPending ? NO_OUTPUTS : this.#desk.flushOverdue(this.#limits.maxReceiversPerTurn);
  }

  #settled({ outputs, served }: SettledShares): Outputs {
    return served === undefined ? outputs : joined(outputs, this.#departures.finish(served.peer));
  }

  #tick(now: Now): Outputs {
    const { maxReceiversPerTurn, jobIntervalMs } = this.#limits;
    const outputs = joined<MiningServerOutput>(
      this.#deliver(now),
      this.#flushOverdue(),
      this.#desk.tick(now, maxReceiversPerTurn),
      this.#departures.tick(now),
      this.#updates.tick(now),
      this.#retargeting?.tick(now, maxReceiversPerTurn) ?? NO_OUTPUTS,
    );
    const { work, sentAtMs } = this.#distribution;
    if (work === undefined || this.openChannels === 0 || now.monotonicMs < sentAtMs + jobIntervalMs) return outputs;
    this.#distribution.refresh(now);
    return joined(outputs, this.#distribute('keepalive', work, now));
  }

  #turnAway(reason: 'no-work' | 'shutting-down', now: Now): Outputs {
    if (this.#turningAway !== 'shutting-down') this.#turningAway = reason;
    return [...this.#peers.values()].flatMap((peer) => this.#departures.dismiss(peer, reason, now));
  }

  #operate(operation: MiningOperation, now: Now): Outputs {
    if (operation.type === 'reconnect') {
      const { connections, newHost, newPort } = operation;
      const chosen = connections?.map((connection) => this.#peers.get(connection)) ?? [...this.#peers.values()];
      const peers = chosen.filter((peer) => peer !== undefined);
      return this.#departures.reconnect(peers, newHost, newPort, now);
    }
    const peer = this.#peers.get(operation.connection);
    if (peer === undefined) return NO_OUTPUTS;
    if (operation.type === 'regroup') return this.#operations.regroup(peer, operation.channelIds);
    const { channelId } = operation;
    switch (operation.type) {
      case 'closeChannel':
        return this.#operations.close(peer, channelId, operation.reason);
      case 'setTarget': {
        // The operator knows better: these channels keep the target.
        for (const served of peer.channelsAddressedBy(channelId)) this.#retargeting?.close(served);
        const group = peer.groups.get(channelId);
        if (group !== undefined) return this.#operations.setGroupTarget(peer, group, operation.target, now);
        const served = peer.channels.get(channelId);
        return served === undefined ? NO_OUTPUTS : this.#operations.setTarget(served, operation.target, now);
      }
      case 'changeExtranoncePrefix': {
        const served = peer.channels.get(channelId);
        return served === undefined ? NO_OUTPUTS : this.#operations.changeExtranoncePrefix(served, now);
      }
    }
  }
}

function reply(connection: ConnectionId, frame: Uint8Array): SendOutput {
  return { type: 'send', to: [connection], frame, kind: 'reply' };
}

function event(value: MiningEvent): MiningServerOutput {
  return { type: 'event', event: value };
}
