import type { DeviceEvent, Sv1DeviceEvent, Sv1ProfileName } from '@stratumkit/roles';

/** Events of both protocols; most have the same names in both. */
export type MiningDeviceEvent = DeviceEvent | Sv1DeviceEvent;

/** A server to mine at. */
export interface DeviceUpstream {
  readonly host: string;
  readonly port: number;
  /** Absent only for SV1, or when the connection is plain, or its server is not to be verified. */
  readonly authorityPublicKey?: Uint8Array;
}

/** Which devices, how fast, and where they mine. */
export interface MiningDeviceOptions {
  /** Default `sv2`. With `sv1` nothing is encrypted, and every device has a connection of its own. */
  readonly protocol?: 'sv2' | 'sv1';
  /** In order of preference. */
  readonly upstreams: readonly DeviceUpstream[];
  /**
   * `authenticated` (default): encrypted, the server proves the authority key. `unverified`: encrypted to anybody.
   * `plain`: not encrypted at all, for tests on one machine.
   */
  readonly security?: 'authenticated' | 'unverified' | 'plain';
  /** Sent upstream, in SV1 as the worker's name; with several devices `.name` is appended for each. */
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
  /** SV1: whose habits the devices have; with several they take turns (default: generic). */
  readonly profiles?: readonly Sv1ProfileName[];
  /** SV1: sent with the worker's name (default `x`). */
  readonly password?: string;
  readonly onEvent?: (event: MiningDeviceEvent) => void;
}

/** Names of the devices, as events and statistics count them. */
export function deviceNames(options: MiningDeviceOptions): string[] {
  const prefix = options.name ?? 'device';
  return Array.from({ length: options.devices ?? 1 }, (_, i) => `${prefix}${i + 1}`);
}

/** What one of the devices calls itself. */
export function identityOf(options: MiningDeviceOptions, name: string): string {
  const { userIdentity, devices = 1 } = options;
  return devices === 1 ? userIdentity : `${userIdentity}.${name}`;
}
