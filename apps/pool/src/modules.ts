import { createFastJobHasher, fastCrypto, fastHash } from '@stratumkit/accelerate';
import type { HashBackend } from '@stratumkit/bitcoin';
import { type CreateJobHasher, type LedgerSink, MemoryLedgerSink } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { NoiseCrypto, RandomBytes } from '@stratumkit/noise';
import { randomBytes, readClock } from '@stratumkit/runtime';
import { connect, type Logger, listen } from '@stratumkit/transport';

/** What a pool stands on; tests put others in its place. */
export interface PoolModules {
  readonly clock: () => Now;
  readonly random: RandomBytes;
  readonly crypto: NoiseCrypto;
  readonly hash: HashBackend;
  readonly createJobHasher: CreateJobHasher;
  readonly listen: typeof listen;
  /** Told of connections that end for a fault, and of faults of ours that peers meet. Without one, such a fault ends the process. */
  readonly logger?: Logger;
  readonly connect: typeof connect;
  /** Where credit is written; its answer releases the acknowledgements. */
  createLedger(): LedgerSink;
}

/** The modules of production: system clock, fast cryptography, TCP, a ledger in memory. */
export const defaultModules: PoolModules = {
  clock: readClock,
  random: randomBytes,
  crypto: fastCrypto,
  hash: fastHash,
  createJobHasher: createFastJobHasher,
  listen,
  connect,
  createLedger: () => new MemoryLedgerSink(),
};
