import { type Now, UsageError } from '@stratumkit/codec';
import { sanitizeErrorCode } from '@stratumkit/connection';
import { encodeFrame, type TlvByteOrder } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import {
  CloseChannel,
  MINING_SETUP_SUCCESS_FLAGS,
  type NewExtendedMiningJob,
  type NewMiningJob,
  OpenExtendedMiningChannel,
  type OpenExtendedMiningChannelSuccess,
  OpenStandardMiningChannel,
  type OpenStandardMiningChannelSuccess,
  type SetNewPrevHash,
  SubmitSharesExtended,
  SubmitSharesStandard,
  UpdateChannel,
} from '@stratumkit/messages/mining';
import type { ConnectionId, SendOutput } from '../output.ts';
import { ClientChannel, trim } from './clientChannel.ts';
import { ClientChannels } from './clientChannels.ts';
import { DEFAULT_MINING_CLIENT_LIMITS, type MiningClientLimits } from './limits.ts';
import type { MiningClientOutput, Violation } from './outputs.ts';
import type { PendingTotal } from './pendingShares.ts';
import type { ClientJob } from './work.ts';
import { workerTlv } from './workerTlv.ts';

const MAX_EXTRANONCE_SIZE = 32;
/** B0_64K, in which a proxy or translator has to find room for the extranonce prefix too. */
const MAX_COINBASE_PREFIX_SIZE = 0xffff - MAX_EXTRANONCE_SIZE;
const NO_BYTES = new Uint8Array(0);

/** What a client has to know of its connection, which is set up. */
export interface MiningClientOptions {
  /** Goes into the `to` of every frame. */
  readonly connection: ConnectionId;
  /** Flags of SetupConnection.Success. */
  readonly serverFlags: number;
  /** Negotiated extensions. */
  readonly extensions: ReadonlySet<number>;
  /** Order in which the worker TLV is written; `little` for an SRI upstream. */
  readonly tlvByteOrder?: TlvByteOrder;
  readonly limits?: Partial<MiningClientLimits>;
}

/** A channel to be opened, as `MiningClient.open` takes it. */
export interface OpenChannelRequest {
  readonly kind: 'standard' | 'extended';
  readonly userIdentity: string;
  /** Hashes a second; 0 for a proxy without devices. */
  readonly nominalHashrate: number;
  /** The easiest target to be given; 32 bytes, wire order. */
  readonly maxTarget: Uint8Array;
  /** Extended channels only: bytes that must be left to roll. */
  readonly minExtranonceSize?: number;
}

/** A solved header of a channel's job. */
export interface ClientShare {
  readonly jobId: number;
  readonly nonce: number;
  /** Header time, Unix seconds. */
  readonly ntime: number;
  readonly version: number;
  /** Extended channels only. */
  readonly extranonce?: Uint8Array;
  /** Name for worker-specific hashrate tracking; the channel's user identity if left out. */
  readonly worker?: string;
}

export interface SubmittedShare {
  readonly sequenceNumber: number;
  readonly givenUp: number | undefined;
  readonly output: SendOutput;
}

/**
 * Downstream side of the Mining Protocol on one connection that is set up: opens channels, follows jobs, tips, targets and
 * prefixes, submits shares. Make a new one for every connection. It holds no timer; answers that never come are the
 * owner's business.
 */
export class MiningClient {
  readonly #connection: ConnectionId;
  readonly #fixedVersion: boolean;
  #extensions: ReadonlySet<number>;
  readonly #tlvByteOrder: TlvByteOrder;
  readonly #limits: MiningClientLimits;
  readonly #requests = new Map<number, OpenChannelRequest>();
  readonly #channels = new ClientChannels();
  readonly #pending: PendingTotal;
  #nextRequestId = 1;

  constructor(options: MiningClientOptions) {
    this.#connection = options.connection;
    this.#fixedVersion = (options.serverFlags & MINING_SETUP_SUCCESS_FLAGS.requiresFixedVersion) !== 0;
    this.#extensions = options.extensions;
    this.#tlvByteOrder = options.tlvByteOrder ?? 'big';
    this.#limits = { ...DEFAULT_MINING_CLIENT_LIMITS, ...options.limits };
    this.#pending = { count: 0, limit: this.#limits.pendingSharesInAll };
  }

  get channels(): ReadonlyMap<number, ClientChannel> {
    return this.#channels.byId;
  }

  /** Number of open requests without an answer. */
  get openingCount(): number {
    return this.#requests.size;
  }

  /** The connection has negotiated again, as it does after ChannelEndpointChanged (spec 3.6.4). */
  setExtensions(extensions: ReadonlySet<number>): void {
    this.#extensions = extensions;
  }

  open(request: OpenChannelRequest): { readonly requestId: number; readonly output: SendOutput } {
    const requestId = this.#nextRequestId;
    this.#nextRequestId = (requestId + 1) >>> 0;
    this.#requests.set(requestId, request);
    trim(this.#requests, this.#limits.unansweredRequests);
    const common = {
      requestId,
      userIdentity: request.userIdentity,
      nominalHashRate: request.nominalHashrate,
      maxTarget: request.maxTarget,
    };
    const frame =
      request.kind === 'standard'
        ? encodeFrame(OpenStandardMiningChannel, common)
        : encodeFrame(OpenExtendedMiningChannel, { ...common, minExtranonceSize: request.minExtranonceSize ?? 0 });
    return { requestId, output: this.#send(frame) };
  }

  /**
   * The share's frame and its sequence number; nothing if the job is not valid any more, unless it is a late `block`, which is
   * worth the try. `givenUp` is an older share of the channel that was forgotten to keep a bound of unanswered ones. Throws
   * UsageError `extranonce-size` for an extranonce of another size than the channel's.
   */
  submit(channelId: number, share: ClientShare, worth: 'share' | 'block' = 'share'): SubmittedShare | undefined {
    const channel = this.#openChannel(channelId);
    if (worth === 'share' && !channel.isValidJob(share.jobId)) return undefined;
    const sequenceNumber = channel.takeSequenceNumber();
    const givenUp = channel.pending.add(sequenceNumber);
    const { jobId, nonce, ntime, version } = share;
    const common = { channelId, sequenceNumber, jobId, nonce, ntime, version };
    if (channel.kind === 'standard') {
      return { sequenceNumber, givenUp, output: this.#send(encodeFrame(SubmitSharesStandard, common), channelId) };
    }
    const extranonce = share.extranonce ?? NO_BYTES;
    if (extranonce.length !== channel.extranonceSize) {
      throw new UsageError('extranonce-size', `the channel rolls ${channel.extranonceSize} bytes`, {
        context: { channelId, length: extranonce.length },
      });
    }
    const tlvs = this.#extensions.has(WORKER_HASHRATE_TRACKING)
      ? [workerTlv(share.worker ?? channel.userIdentity)]
      : [];
    const frame = encodeFrame(SubmitSharesExtended, { ...common, extranonce }, tlvs, {
      tlvByteOrder: this.#tlvByteOrder,
    });
    return { sequenceNumber, givenUp, output: this.#send(frame, channelId) };
  }

  /** Tells the upstream a changed hashrate and the largest target wanted (spec 5.3.7). */
  update(channelId: number, nominalHashrate: number, maxTarget: Uint8Array): SendOutput {
    this.#openChannel(channelId);
    const value = { channelId, nominalHashRate: nominalHashrate, maximumTarget: maxTarget };
    return this.#send(encodeFrame(UpdateChannel, value), channelId);
  }

  /** Gives a channel up, or a group with all its channels; of `reason` only printable ASCII is sent. */
  close(channelId: number, reason: string): SendOutput {
    const closed = this.#channels.addressedBy(channelId);
    if (closed.length === 0) throw unknownChannel(channelId);
    for (const channel of closed) this.#forget(channel);
    return this.#send(encodeFrame(CloseChannel, { channelId, reasonCode: sanitizeErrorCode(reason) }), channelId);
  }

  handle(message: MiningMessage, now: Now): readonly MiningClientOutput[] {
    switch (message.name) {
      case 'OpenStandardMiningChannel.Success':
        return this.#opened('standard', { ...message.value, extranonceSize: 0 }, message.name);
      case 'OpenExtendedMiningChannel.Success':
        return this.#opened('extended', message.value, message.name);
      case 'OpenMiningChannel.Error': {
        const { requestId, errorCode } = message.value;
        if (!this.#requests.delete(requestId)) return [ignored(message.name)];
        return [{ type: 'refused', requestId, errorCode }];
      }
      case 'NewMiningJob':
        return this.#standardJob(message.value);
      case 'NewExtendedMiningJob':
        return this.#extendedJob(message.value);
      case 'SetNewPrevHash':
        return this.#newPrevHash(message.value, now);
      case 'SetTarget':
        if (isZero(message.value.maximumTarget)) return [violation('impossible-target', message.name)];
        return this.#forEach(message.name, message.value.channelId, (channel) => {
          channel.target = message.value.maximumTarget.slice();
          return { type: 'target', channel };
        });
      case 'SetExtranoncePrefix':
        return this.#setExtranoncePrefix(message.value.channelId, message.value.extranoncePrefix);
      case 'SetGroupChannel':
        return this.#setGroup(message.value.groupChannelId, message.value.channelIds);
      case 'CloseChannel':
        return this.#forEach(message.name, message.value.channelId, (channel) => {
          this.#forget(channel);
          return { type: 'channelClosed', channel, reason: message.value.reasonCode };
        });
      case 'SubmitShares.Success': {
        const { channelId, lastSequenceNumber, newSubmitsAcceptedCount, newSharesSum } = message.value;
        const channel = this.#channels.byId.get(channelId);
        if (channel === undefined) return [ignored(message.name, channelId)];
        const sequenceNumbers = channel.pending.accept(lastSequenceNumber, newSubmitsAcceptedCount);
        const count = newSubmitsAcceptedCount;
        return [{ type: 'accepted', channel, count, difficultySum: newSharesSum, sequenceNumbers }];
      }
      case 'SubmitShares.Error': {
        const { channelId, sequenceNumber, errorCode } = message.value;
        const channel = this.#channels.byId.get(channelId);
        if (channel === undefined || !channel.pending.reject(sequenceNumber)) return [ignored(message.name, channelId)];
        return [{ type: 'rejected', channel, sequenceNumber, errorCode }];
      }
      case 'UpdateChannel.Error':
        return [{ type: 'updateRefused', ...message.value }];
      case 'Reconnect':
        return [{ type: 'reconnect', host: message.value.newHost, port: message.value.newPort }];
      case 'ChannelEndpointChanged':
      case 'SetCustomMiningJob.Success':
      case 'SetCustomMiningJob.Error':
        return [ignored(message.name, message.value.channelId)];
      default:
        return [violation('unexpected-message', message.name)];
    }
  }

  #opened(
    kind: 'standard' | 'extended',
    value: OpenStandardMiningChannelSuccess & Pick<OpenExtendedMiningChannelSuccess, 'extranonceSize'>,
    name: string,
  ): readonly MiningClientOutput[] {
    const { requestId, channelId, groupChannelId, extranonceSize } = value;
    const request = this.#requests.get(requestId);
    if (request?.kind !== kind) return [violation('unknown-request-id', name)];
    if (this.#channels.byId.has(channelId)) return [violation('duplicate-channel-id', name)];
    if (this.#channels.isChannel(groupChannelId) || this.#channels.isGroup(channelId))
      return [violation('channel-id-is-a-group', name)];
    if (value.extranoncePrefix.length + extranonceSize > MAX_EXTRANONCE_SIZE) {
      return [violation('extranonce-too-long', name)];
    }
    if (kind === 'extended' && extranonceSize < (request.minExtranonceSize ?? 0)) {
      return [violation('extranonce-too-short', name)];
    }
    if (isZero(value.target)) return [violation('impossible-target', name)];
    this.#requests.delete(requestId);
    const channel = new ClientChannel(
      { kind, channelId, userIdentity: request.userIdentity, extranonceSize },
      groupChannelId,
      value.target.slice(),
      value.extranoncePrefix.slice(),
      this.#limits,
      this.#pending,
    );
    this.#channels.add(channel);
    return [{ type: 'opened', requestId, channel }];
  }

  #standardJob(value: NewMiningJob): readonly MiningClientOutput[] {
    const channel = this.#channels.byId.get(value.channelId);
    if (channel === undefined) return [ignored('NewMiningJob', value.channelId)];
    if (channel.kind === 'extended') return [violation('standard-job-on-extended-channel', 'NewMiningJob')];
    return this.#addJob('NewMiningJob', channel, value.minNtime, {
      jobId: value.jobId,
      version: value.version,
      versionRollingAllowed: !this.#fixedVersion,
      source: { type: 'root', merkleRoot: value.merkleRoot.slice() },
      extranoncePrefix: channel.extranoncePrefix,
    });
  }

  #extendedJob(value: NewExtendedMiningJob): readonly MiningClientOutput[] {
    const name = 'NewExtendedMiningJob';
    if (value.coinbaseTxPrefix.length > MAX_COINBASE_PREFIX_SIZE) return [violation('coinbase-too-long', name)];
    const job = {
      jobId: value.jobId,
      version: value.version,
      versionRollingAllowed: value.versionRollingAllowed && !this.#fixedVersion,
      source: {
        type: 'coinbase' as const,
        merklePath: value.merklePath.map((hash) => hash.slice()),
        coinbasePrefix: value.coinbaseTxPrefix.slice(),
        coinbaseSuffix: value.coinbaseTxSuffix.slice(),
      },
    };
    const outputs = this.#forEach(name, value.channelId, (channel) => {
      const [output] = this.#addJob(name, channel, value.minNtime, {
        ...job,
        extranoncePrefix: channel.extranoncePrefix,
      });
      return output;
    });
    // A member that has no tip yet waits for its own; only a job that nobody can start breaks the protocol.
    const understood = outputs.filter((output) => output.type === 'work' || output.type === 'futureJob');
    return understood.length > 0 ? understood : outputs.slice(0, 1);
  }

  #addJob(
    name: string,
    channel: ClientChannel,
    minNtime: number | undefined,
    job: ClientJob,
  ): readonly MiningClientOutput[] {
    if (minNtime === undefined) {
      channel.addFutureJob(job);
      return [{ type: 'futureJob', channel, job }];
    }
    if (!channel.activate(job, minNtime)) return [violation('job-before-prev-hash', name)];
    return [{ type: 'work', channel, newTip: false }];
  }

  #newPrevHash(value: SetNewPrevHash, now: Now): readonly MiningClientOutput[] {
    const { channelId, jobId, nbits, minNtime } = value;
    const tip = { prevHash: value.prevHash.slice(), nbits, minNtime, receivedMs: now.monotonicMs };
    let known = false;
    const outputs = this.#forEach('SetNewPrevHash', channelId, (channel) => {
      if (channel.setTip(jobId, tip)) known = true;
      return { type: 'work', channel, newTip: true };
    });
    // A member that joined its group after the future job was sent lacks it; only a job that nobody has breaks the protocol.
    const addressed = outputs.some((output) => output.type === 'work');
    return addressed && !known ? [violation('prev-hash-for-unknown-job', 'SetNewPrevHash')] : outputs;
  }

  #setExtranoncePrefix(channelId: number, prefix: Uint8Array): readonly MiningClientOutput[] {
    const channel = this.#channels.byId.get(channelId);
    if (channel === undefined) return [ignored('SetExtranoncePrefix', channelId)];
    if (prefix.length + channel.extranonceSize > MAX_EXTRANONCE_SIZE) {
      return [violation('extranonce-too-long', 'SetExtranoncePrefix')];
    }
    channel.extranoncePrefix = prefix.slice();
    return [];
  }

  #setGroup(groupChannelId: number, channelIds: readonly number[]): readonly MiningClientOutput[] {
    if (this.#channels.isChannel(groupChannelId)) return [violation('channel-id-is-a-group', 'SetGroupChannel')];
    const outputs: MiningClientOutput[] = [];
    for (const channelId of channelIds) {
      const channel = this.#channels.byId.get(channelId);
      if (channel === undefined) outputs.push(ignored('SetGroupChannel', channelId));
      else this.#channels.regroup(channel, groupChannelId);
    }
    return outputs;
  }

  /** Runs for the channel with this id, or for every channel of the group with this id. */
  #forEach(
    name: string,
    channelId: number,
    visit: (channel: ClientChannel) => MiningClientOutput | undefined,
  ): MiningClientOutput[] {
    const addressed = this.#channels.addressedBy(channelId);
    if (addressed.length === 0) return [ignored(name, channelId)];
    const outputs: MiningClientOutput[] = [];
    for (const each of addressed) {
      const output = visit(each);
      if (output !== undefined) outputs.push(output);
    }
    return outputs;
  }

  #forget(channel: ClientChannel): void {
    this.#channels.delete(channel);
    channel.pending.release();
  }

  #openChannel(channelId: number): ClientChannel {
    const channel = this.#channels.byId.get(channelId);
    if (channel !== undefined) return channel;
    throw unknownChannel(channelId);
  }

  #send(frame: Uint8Array, channelId?: number): SendOutput {
    const output = { type: 'send', to: [this.#connection], frame, kind: 'control' } as const;
    return channelId === undefined ? output : { ...output, channelId };
  }
}

function unknownChannel(channelId: number): UsageError {
  return new UsageError('unknown-channel', 'the channel is not open', { context: { channelId } });
}

function isZero(target: Uint8Array): boolean {
  return target.every((byte) => byte === 0);
}

function ignored(name: string, channelId?: number): MiningClientOutput {
  return { type: 'ignored', name, channelId };
}

function violation(code: Violation, name: string): MiningClientOutput {
  return { type: 'violation', code, name };
}
