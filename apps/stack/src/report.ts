import type { HopSummary, StackEvent, StackSummary } from './events.ts';

export interface RoleLine {
  readonly role: string;
  readonly address: string;
  readonly authorityPublicKey: string | undefined;
  readonly url: string;
}

export interface BlockLine {
  readonly height: number;
  readonly hash: string;
  readonly device: string;
  readonly atSeconds: number;
}

export interface DeviceLine {
  readonly name: string;
  /** Undefined for a finder of a block that is no device of the stack. */
  readonly protocol: 'sv2' | 'sv1' | undefined;
  sharesAccepted: number;
  sharesRejected: number;
  blocks: number;
}

const MAX_BLOCK_LINES = 8;
/** Devices that are not the stack's own choose their names; further ones are counted together. */
export const MAX_GUESTS = 1_000;
const OTHERS = 'others';

/** Everything the screen and the summary are made of, kept up to date event by event. */
export class StackReport {
  readonly roles: RoleLine[] = [];
  /** Newest last, the last few only. */
  readonly lastBlocks: BlockLine[] = [];
  readonly devices = new Map<string, DeviceLine>();
  readonly rejections = new Map<string, number>();
  #guests = 0;
  height = 0;
  blocks = 0;
  sharesAccepted = 0;
  sharesRejected = 0;

  constructor(devices: readonly Pick<DeviceLine, 'name' | 'protocol'>[]) {
    for (const { name, protocol } of devices) this.#device(name, protocol);
  }

  /** Whether a share of every device was accepted. */
  get isEveryDeviceHeard(): boolean {
    for (const { protocol, sharesAccepted } of this.devices.values())
      if (protocol !== undefined && sharesAccepted === 0) return false;
    return true;
  }

  /** `atSeconds`: since the start of the run. */
  apply(event: StackEvent, atSeconds: number): void {
    switch (event.event) {
      case 'listening':
        this.roles.push({
          role: event.role,
          address: event.address,
          authorityPublicKey: event.authority_public_key,
          url: event.url,
        });
        break;
      case 'channel_opened':
        this.#device(event.device);
        break;
      case 'job':
        this.height = event.height - 1;
        break;
      case 'block':
        this.blocks += 1;
        this.height = Math.max(this.height, event.height);
        this.#device(event.device).blocks += 1;
        this.lastBlocks.push({ height: event.height, hash: event.hash, device: event.device, atSeconds });
        if (this.lastBlocks.length > MAX_BLOCK_LINES) this.lastBlocks.shift();
        break;
      case 'share_accepted':
        this.sharesAccepted += event.count;
        this.#device(event.device).sharesAccepted += event.count;
        break;
      case 'share_rejected':
        this.sharesRejected += 1;
        this.#device(event.device).sharesRejected += 1;
        this.rejections.set(event.error_code, (this.rejections.get(event.error_code) ?? 0) + 1);
        break;
    }
  }

  summary(seconds: number, hops: readonly HopSummary[] = []): StackSummary {
    return {
      event: 'summary',
      blocks: this.blocks,
      height: this.height,
      shares_accepted: this.sharesAccepted,
      shares_rejected: this.sharesRejected,
      devices: [...this.devices.values()].map(({ name, protocol, sharesAccepted }) => ({
        name,
        ...(protocol === undefined ? {} : { protocol }),
        shares_accepted: sharesAccepted,
      })),
      hops,
      seconds: Math.round(seconds * 1000) / 1000,
    };
  }

  #device(name: string, protocol?: DeviceLine['protocol']): DeviceLine {
    let line = this.devices.get(name);
    if (line === undefined) {
      if (protocol === undefined && name !== OTHERS && this.#guests++ >= MAX_GUESTS) return this.#device(OTHERS);
      line = { name, protocol, sharesAccepted: 0, sharesRejected: 0, blocks: 0 };
      this.devices.set(name, line);
    }
    return line;
  }
}
