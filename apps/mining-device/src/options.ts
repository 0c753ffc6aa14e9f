import type { DeviceEvent } from '@stratumkit/roles';

export interface DeviceUpstream {
  readonly host: string;
  readonly port: number;
  /** Absent only when the connection is plain, or its server is not to be verified. */
  readonly authorityPublicKey?: Uint8Array;
}

export interface MiningDeviceOptions {
  /** In order of preference. */
  readonly upstreams: readonly DeviceUpstream[];
  /**
   * `authenticated` (default): encrypted, the server proves the authority key. `unverified`: encrypted to anybody.
   * `plain`: not encrypted at all, for tests on one machine.
   */
  readonly security?: 'authenticated' | 'unverified' | 'plain';
  /** Sent upstream; with several devices `.name` is appended for each. */
  readonly userIdentity: string;
  /** Devices that share the workers (default 1). */
  readonly devices?: number;
  /** Prefix of the devices' names, which are numbered (default `device`). */
  readonly name?: string;
  readonly channel?: 'standard' | 'extended';
  /** One connection for all devices, or one each (default). */
  readonly connections?: 'shared' | 'each';
  /** Hashes a second of each device; as many as the workers give if left out. */
  readonly hashrate?: number;
  /** Worker threads (default: one less than there are processors, at least 1). */
  readonly workers?: number;
  /** Bytes that an extended channel asks to roll (default 4). */
  readonly minExtranonceSize?: number;
  /** Whether version bits are rolled where jobs allow it (default true). */
  readonly rollVersion?: boolean;
  /** Asks for extension 0x0002 and names the device with every share of an extended channel. */
  readonly workerTracking?: boolean;
  /** Byte order of that name's field; `little` for SRI servers. */
  readonly tlvByteOrder?: 'big' | 'little';
  readonly onEvent?: (event: DeviceEvent) => void;
}

/** Names of the devices, as events and statistics count them. */
export function deviceNames(options: MiningDeviceOptions): string[] {
  const prefix = options.name ?? 'device';
  return Array.from({ length: options.devices ?? 1 }, (_, i) => `${prefix}${i + 1}`);
}
