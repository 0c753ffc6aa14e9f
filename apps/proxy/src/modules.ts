import { fastCrypto, fastHash } from '@stratumkit/accelerate';
import type { HashBackend } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import type { NoiseCrypto, RandomBytes } from '@stratumkit/noise';
import { randomBytes, readClock } from '@stratumkit/runtime';
import { connect, listen } from '@stratumkit/transport';

/** What a proxy stands on; tests put others in its place. */
export interface ProxyModules {
  readonly clock: () => Now;
  readonly random: RandomBytes;
  readonly crypto: NoiseCrypto;
  readonly hash: HashBackend;
  readonly listen: typeof listen;
  readonly connect: typeof connect;
}

export const defaultModules: ProxyModules = {
  clock: readClock,
  random: randomBytes,
  crypto: fastCrypto,
  hash: fastHash,
  listen,
  connect,
};
