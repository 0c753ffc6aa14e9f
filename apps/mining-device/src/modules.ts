import type { Now } from '@stratumkit/codec';
import { randomBytes, readClock } from '@stratumkit/runtime';
import { connect, connectLines, type Logger } from '@stratumkit/transport';
import { createWorkerPool, type SearchWorkers } from './search/workerPool.ts';

/** What differs between production and tests. */
export interface MiningDeviceModules {
  readonly connect: typeof connect;
  readonly connectLines: typeof connectLines;
  readonly createWorkers: (size: number, onFailure: (error: Error) => void) => SearchWorkers;
  readonly clock: () => Now;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Also told of connections that end for a fault, and of faults of ours met on them. Without one, such a fault ends the process. */
  readonly log?: Logger;
}

export const defaultModules: MiningDeviceModules = {
  connect,
  connectLines,
  createWorkers: (size, onFailure) => createWorkerPool({ size, onFailure }),
  clock: readClock,
  randomBytes,
  random: () => new DataView(randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32,
};
