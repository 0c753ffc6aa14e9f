import {
  bigintToTarget,
  difficultyFromTarget,
  headerHashWithNonce,
  MAX_TARGET,
  meetsTarget,
} from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import type { MiningMessage } from '@stratumkit/messages';
import { type ClientChannel, MiningClient, type MiningClientOutput } from '../miningClient/index.ts';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { ConnectionId } from '../output.ts';
import { type Device, DeviceTable } from './deviceTable.ts';
import {
  DEFAULT_DEVICE_TIMEOUTS,
  type DeviceCoreOptions,
  type DeviceDescription,
  type DeviceEvent,
  type DeviceOutput,
  type DeviceTimeouts,
} from './deviceTypes.ts';
import { Redial } from './redial.ts';
import { type SearchChunk, SearchCursor, versionMaskOf } from './searchCursor.ts';

/** Share of the nominal hashrate by which the measured one must differ to be reported, and how often that may be. */
const HASHRATE_TOLERANCE = 0.1;
const HASHRATE_REPORT_MS = 10_000;

type State =
  | { readonly type: 'waiting' }
  | { readonly type: 'connecting'; readonly connection: ConnectionId }
  | {
      readonly type: 'open';
      readonly connection: ConnectionId;
      readonly client: MiningClient;
      readonly sinceMs: number;
    };

/** One connection, made again whenever it is lost, and the devices behind it. */
export class DeviceLink<Upstream extends Endpoint> {
  readonly #options: DeviceCoreOptions<Upstream>;
  readonly #timeouts: DeviceTimeouts;
  readonly #newConnection: () => ConnectionId;
  readonly #redial: Redial<Upstream>;
  readonly #devices: DeviceTable;
  #state: State = { type: 'waiting' };
  #nextOrderId = 1;
  #hasWork = false;
  #lastMessageMs = 0;

  constructor(
    options: DeviceCoreOptions<Upstream>,
    devices: ReadonlyMap<number, DeviceDescription>,
    newConnection: () => ConnectionId,
  ) {
    this.#options = options;
    this.#timeouts = { ...DEFAULT_DEVICE_TIMEOUTS, ...options.timeouts };
    this.#newConnection = newConnection;
    const { upstreams, random, retry } = options;
    const { redirectSpreadMs } = this.#timeouts;
    this.#redial = new Redial({ upstreams, random, retry, redirectSpreadMs });
    this.#devices = new DeviceTable(devices);
  }

  get connection(): ConnectionId | undefined {
    return this.#state.type === 'waiting' ? undefined : this.#state.connection;
  }

  get deadline(): number | undefined {
    if (this.#state.type === 'connecting') return undefined;
    if (this.#state.type === 'waiting') return this.#redial.deadline;
    let earliest = this.#lastMessageMs + this.#timeouts.silenceMs;
    if (!this.#hasWork) earliest = Math.min(earliest, this.#state.sinceMs + this.#timeouts.workMs);
    for (const { reopenAtMs } of this.#devices.all)
      if (reopenAtMs !== undefined && reopenAtMs < earliest) earliest = reopenAtMs;
    return earliest;
  }

  start(now: Now): DeviceOutput<Upstream>[] {
    this.#redial.start(now);
    return this.tick(now);
  }

  tick(now: Now): DeviceOutput<Upstream>[] {
    if (this.#state.type === 'waiting') return this.#connectIfDue(now);
    if (this.#state.type === 'connecting') return [];
    const { client, sinceMs } = this.#state;
    if (now.monotonicMs >= this.#lastMessageMs + this.#timeouts.silenceMs) return this.#giveUp('silent-upstream', now);
    if (!this.#hasWork && now.monotonicMs >= sinceMs + this.#timeouts.workMs) return this.#giveUp('no-work', now);
    const due = this.#devices.all.filter(
      (device) => (device.reopenAtMs ?? Number.POSITIVE_INFINITY) <= now.monotonicMs,
    );
    return due.map((device) => this.#open(client, device));
  }

  connected(
    connection: ConnectionId,
    flags: number,
    extensions: ReadonlySet<number>,
    now: Now,
  ): DeviceOutput<Upstream>[] {
    const { tlvByteOrder } = this.#options;
    const client = new MiningClient({
      connection,
      serverFlags: flags,
      extensions,
      ...(tlvByteOrder === undefined ? {} : { tlvByteOrder }),
    });
    this.#state = { type: 'open', connection, client, sinceMs: now.monotonicMs };
    this.#lastMessageMs = now.monotonicMs;
    this.#hasWork = false;
    return [event({ type: 'connected', connection }), ...this.#devices.all.map((device) => this.#open(client, device))];
  }

  message(message: MiningMessage, now: Now): DeviceOutput<Upstream>[] {
    if (this.#state.type !== 'open') return [];
    this.#lastMessageMs = now.monotonicMs;
    const outputs: DeviceOutput<Upstream>[] = [];
    for (const output of this.#state.client.handle(message, now)) {
      outputs.push(...this.#react(output, now));
      if (this.#state.type !== 'open') break;
    }
    return outputs;
  }

  negotiated(extensions: ReadonlySet<number>): DeviceOutput<Upstream>[] {
    if (this.#state.type === 'open') this.#state.client.setExtensions(extensions);
    return [];
  }

  disconnected(reason: string, now: Now): DeviceOutput<Upstream>[] {
    const connection = this.connection!;
    this.#state = { type: 'waiting' };
    const retryInMs = this.#redial.lost(now);
    const outputs: DeviceOutput<Upstream>[] = [event({ type: 'disconnected', connection, reason, retryInMs })];
    for (const device of this.#devices.all) outputs.push(...this.#forgetChannel(device));
    return outputs;
  }

  take(index: number, count: number, now: Now): SearchChunk | undefined {
    return this.#devices.at(index)?.cursor?.take(count, now);
  }

  found(index: number, chunk: SearchChunk, nonce: number): DeviceOutput<Upstream>[] {
    const device = this.#devices.at(index);
    if (this.#state.type !== 'open' || device?.channel === undefined) {
      return [event({ type: 'shareDropped', device: index, reason: 'stale' })];
    }
    const hash = headerHashWithNonce(chunk.header, nonce, this.#options.hash);
    if (!meetsTarget(hash, chunk.target)) return [event({ type: 'shareDropped', device: index, reason: 'low' })];
    const { channelId } = device.channel;
    const { jobId, ntime, version, extranonce } = chunk;
    const share = { jobId, nonce, ntime, version, extranonce, worker: device.description.name };
    const sent = chunk.orderId >= device.firstOrderId ? this.#state.client.submit(channelId, share) : undefined;
    if (sent === undefined) return [event({ type: 'shareDropped', device: index, reason: 'stale' })];
    const { sequenceNumber } = sent;
    const difficulty = difficultyFromTarget(hash);
    return [event({ type: 'shareFound', device: index, sequenceNumber, jobId, hash, difficulty }), sent.output];
  }

  hashrate(index: number, hashesPerSecond: number, now: Now): DeviceOutput<Upstream>[] {
    const device = this.#devices.at(index);
    if (device === undefined || this.#state.type !== 'open' || device.channel === undefined) return [];
    const difference = Math.abs(hashesPerSecond - device.hashrate);
    if (difference <= device.hashrate * HASHRATE_TOLERANCE || now.monotonicMs < device.nextReportMs) return [];
    device.hashrate = hashesPerSecond;
    device.nextReportMs = now.monotonicMs + HASHRATE_REPORT_MS;
    return [this.#state.client.update(device.channel.channelId, hashesPerSecond, this.#maxTarget())];
  }

  #connectIfDue(now: Now): DeviceOutput<Upstream>[] {
    const upstream = this.#redial.due(now);
    if (upstream === undefined) return [];
    const connection = this.#newConnection();
    this.#state = { type: 'connecting', connection };
    const { host, port } = upstream;
    return [event({ type: 'connecting', connection, host, port }), { type: 'connect', connection, upstream }];
  }

  #open(client: MiningClient, device: Device): DeviceOutput<Upstream> {
    const { channel, minExtranonceSize } = this.#options;
    const { requestId, output } = client.open({
      kind: channel,
      userIdentity: device.description.userIdentity,
      nominalHashrate: device.hashrate,
      maxTarget: this.#maxTarget(),
      ...(channel === 'extended' ? { minExtranonceSize: minExtranonceSize ?? 4 } : {}),
    });
    this.#devices.asked(device, requestId);
    return output;
  }

  #react(output: MiningClientOutput, now: Now): DeviceOutput<Upstream>[] {
    switch (output.type) {
      case 'send':
        return [output];
      case 'opened': {
        const device = this.#devices.answered(output.requestId);
        if (device === undefined) return [];
        this.#devices.opened(device, output.channel, this.#nextOrderId);
        const { channelId, target } = output.channel;
        return [event({ type: 'channelOpened', device: device.index, channelId, target }), ...this.#countChannels()];
      }
      case 'refused': {
        const device = this.#devices.answered(output.requestId);
        if (device === undefined) return [];
        this.#reopenLater(device, now);
        const refused = event({ type: 'channelRefused', device: device.index, errorCode: output.errorCode });
        return this.#devices.isIdle ? [refused, ...this.#giveUp('channel-refused', now)] : [refused];
      }
      case 'work':
        return this.#newWork(output.channel, output.newTip);
      case 'accepted':
        return this.#ofChannel(output.channel, (device) => ({
          type: 'sharesAccepted',
          device: device.index,
          count: output.count,
          difficultySum: output.difficultySum,
          unanswered: output.channel.pending.size,
        }));
      case 'rejected':
        return this.#ofChannel(output.channel, (device) => ({
          type: 'shareRejected',
          device: device.index,
          errorCode: output.errorCode,
          sequenceNumber: output.sequenceNumber,
          tipAgeMs: now.monotonicMs - (output.channel.work?.tip.receivedMs ?? now.monotonicMs),
        }));
      case 'channelClosed': {
        const outputs = this.#ofChannel(output.channel, (device) => ({
          type: 'channelClosed',
          device: device.index,
          reason: output.reason,
        }));
        const device = this.#devices.ofChannel(output.channel);
        if (device === undefined) return outputs;
        outputs.push(...this.#forgetChannel(device), ...this.#countChannels());
        this.#reopenLater(device, now);
        return outputs;
      }
      case 'reconnect':
        return this.#reconnect(output.host, output.port, now);
      case 'violation':
        return this.#giveUp(output.code, now);
      case 'futureJob':
      case 'target':
      case 'updateRefused':
      case 'ignored':
        return [];
    }
  }

  #newWork(channel: ClientChannel, newTip: boolean): DeviceOutput<Upstream>[] {
    const device = this.#devices.ofChannel(channel);
    if (device === undefined) return [];
    const { work } = channel;
    if (work === undefined) {
      device.cursor = undefined;
      return [{ type: 'search', device: device.index, order: undefined }];
    }
    this.#hasWork = true;
    this.#redial.served();
    const order = {
      orderId: this.#nextOrderId++,
      work,
      versionMask: versionMaskOf(work, this.#options.rollVersion ?? true),
      firstVariant: Math.floor(this.#options.random() * 2 ** 24),
    };
    device.cursor = new SearchCursor(order, device.cursor, this.#options.hash);
    const { tip, job, target } = work;
    return [
      event({ type: 'job', device: device.index, jobId: job.jobId, newTip, prevHash: tip.prevHash, target }),
      { type: 'search', device: device.index, order },
    ];
  }

  #reconnect(host: string, port: number, now: Now): DeviceOutput<Upstream>[] {
    const result = this.#redial.redirect(host, port, 0, now);
    if ('refused' in result) return [event({ type: 'redirectRefused', reason: result.refused })];
    return [event({ type: 'redirected', ...result.endpoint }), ...this.#giveUp('reconnect', now)];
  }

  #giveUp(reason: string, now: Now): DeviceOutput<Upstream>[] {
    const to = this.connection!;
    return [{ type: 'close', to, reason }, ...this.disconnected(reason, now)];
  }

  #forgetChannel(device: Device): DeviceOutput<Upstream>[] {
    const hadWork = this.#devices.forget(device);
    return hadWork ? [{ type: 'search', device: device.index, order: undefined }] : [];
  }

  #reopenLater(device: Device, now: Now): void {
    device.reopenAtMs = now.monotonicMs + Math.round(this.#timeouts.reopenMs * (0.5 + this.#options.random() / 2));
  }

  #ofChannel(channel: ClientChannel, make: (device: Device) => DeviceEvent): DeviceOutput<Upstream>[] {
    const device = this.#devices.ofChannel(channel);
    return device === undefined ? [] : [event(make(device))];
  }

  #countChannels(): DeviceOutput<Upstream>[] {
    const connection = this.connection!;
    return [{ type: 'channels', connection, open: this.#devices.openCount }];
  }

  #maxTarget(): Uint8Array {
    return this.#options.maxTarget ?? bigintToTarget(MAX_TARGET);
  }
}

function event(value: DeviceEvent): { readonly type: 'event'; readonly event: DeviceEvent } {
  return { type: 'event', event: value };
}
