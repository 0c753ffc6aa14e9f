import { createFastJobHasher, fastCrypto, fastHash } from '@stratumkit/accelerate';
import type { HashBackend } from '@stratumkit/bitcoin';
import type { CreateJobHasher } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { NoiseCrypto, RandomBytes } from '@stratumkit/noise';
import { randomBytes, readClock } from '@stratumkit/runtime';
import { connect, type Logger, listenLines } from '@stratumkit/transport';

/** What a translator stands on; tests put others in its place. */
export interface TranslatorModules {
  readonly clock: () => Now;
  readonly random: RandomBytes;
  readonly crypto: NoiseCrypto;
  readonly hash: HashBackend;
  readonly createJobHasher: CreateJobHasher;
  readonly listenLines: typeof listenLines;
  /** Told of connections that end for a fault, and of faults of ours that peers meet. Without one, such a fault ends the process. */
  readonly logger?: Logger;
  readonly connect: typeof connect;
}

/** The modules of production: system clock, fast cryptography, TCP. */
export const defaultModules: TranslatorModules = {
  clock: readClock,
  random: randomBytes,
  crypto: fastCrypto,
  hash: fastHash,
  createJobHasher: createFastJobHasher,
  listenLines,
  connect,
};
