import type { Now } from '@stratumkit/codec';
import type { SearchChunk } from '@stratumkit/roles';
import type { MiningDeviceEvent } from '../options.ts';

/** What speaks to the upstream for all devices: a core and its sockets. */
export interface UpstreamSide {
  start(): void;
  take(device: number, count: number, now: Now): SearchChunk | undefined;
  found(device: number, chunk: SearchChunk, nonce: number): void;
  /** The measured hashes a second of a device. */
  measured(device: number, hashesPerSecond: number): void;
  /** Nothing is done any more from here on. */
  close(): Promise<void>;
}

/** Whom it tells. */
export interface UpstreamSideOwner {
  readonly names: readonly string[];
  setWorking(device: number, working: boolean): void;
  onEvent(event: MiningDeviceEvent): void;
}
