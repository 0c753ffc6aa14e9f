import { fastCrypto, fastHash } from '@stratumkit/accelerate';
import type { HashBackend } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import type { NoiseCrypto, RandomBytes } from '@stratumkit/noise';
import { randomBytes, readClock } from '@stratumkit/runtime';
import { connect, type Logger, listen } from '@stratumkit/transport';

/** What a proxy stands on; tests put others in its place. */
export interface ProxyModules {
  readonly clock: () => Now;
  readonly random: RandomBytes;
  readonly crypto: NoiseCrypto;
  readonly hash: HashBackend;
  readonly listen: typeof listen;
  /** Told of connections that end for a fault, and of faults of ours that peers meet. Without one, such a fault ends the process. */
  readonly logger?: Logger;
  readonly connect: typeof connect;
}

/** The modules of production: system clock, fast cryptography, TCP. */
export const defaultModules: ProxyModules = {
  clock: readClock,
  random: randomBytes,
  crypto: fastCrypto,
  hash: fastHash,
  listen,
  connect,
};
