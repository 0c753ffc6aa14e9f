import type { ClientChannel } from '../miningClient/index.ts';
import type { DeviceDescription } from './deviceTypes.ts';
import type { SearchCursor } from './searchCursor.ts';

/** One device behind a connection. */
export interface Device {
  readonly index: number;
  readonly description: DeviceDescription;
  /** As last told upstream. */
  hashrate: number;
  nextReportMs: number;
  requestId: number | undefined;
  channel: ClientChannel | undefined;
  cursor: SearchCursor | undefined;
  /** Orders before this one belong to an earlier channel. */
  firstOrderId: number;
  reopenAtMs: number | undefined;
}

/** The devices of one connection, found by what the upstream names them with. */
export class DeviceTable {
  readonly all: readonly Device[];
  readonly #byIndex: ReadonlyMap<number, Device>;
  readonly #byRequest = new Map<number, Device>();
  readonly #byChannel = new Map<ClientChannel, Device>();

  constructor(descriptions: ReadonlyMap<number, DeviceDescription>) {
    this.all = [...descriptions].map(([index, description]) => ({
      index,
      description,
      hashrate: description.nominalHashrate,
      nextReportMs: 0,
      requestId: undefined,
      channel: undefined,
      cursor: undefined,
      firstOrderId: 0,
      reopenAtMs: undefined,
    }));
    this.#byIndex = new Map(this.all.map((device) => [device.index, device]));
  }

  get openCount(): number {
    return this.#byChannel.size;
  }

  /** Whether no device has a channel or waits for one. */
  get isIdle(): boolean {
    return this.#byChannel.size === 0 && this.#byRequest.size === 0;
  }

  at(index: number): Device | undefined {
    return this.#byIndex.get(index);
  }

  ofChannel(channel: ClientChannel): Device | undefined {
    return this.#byChannel.get(channel);
  }

  asked(device: Device, requestId: number): void {
    device.requestId = requestId;
    device.reopenAtMs = undefined;
    this.#byRequest.set(requestId, device);
  }

  /** The device that waited for the answer to this request. */
  answered(requestId: number): Device | undefined {
    const device = this.#byRequest.get(requestId);
    this.#byRequest.delete(requestId);
    if (device !== undefined) device.requestId = undefined;
    return device;
  }

  opened(device: Device, channel: ClientChannel, firstOrderId: number): void {
    device.channel = channel;
    device.firstOrderId = firstOrderId;
    this.#byChannel.set(channel, device);
  }

  /** Forgets channel, request and work of a device; returns whether it had work. */
  forget(device: Device): boolean {
    const hadWork = device.cursor !== undefined;
    if (device.requestId !== undefined) this.#byRequest.delete(device.requestId);
    if (device.channel !== undefined) this.#byChannel.delete(device.channel);
    device.requestId = undefined;
    device.channel = undefined;
    device.cursor = undefined;
    device.reopenAtMs = undefined;
    return hadWork;
  }
}
