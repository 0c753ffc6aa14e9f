import { fastCrypto, fastHash } from '@stratumkit/accelerate';
import type { HashBackend } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { NodeRpc } from '@stratumkit/node-rpc';
import type { NoiseCrypto, RandomBytes } from '@stratumkit/noise';
import { randomBytes, readClock } from '@stratumkit/runtime';
import { type Logger, listen } from '@stratumkit/transport';
import type { DataDirectory } from './dataDirectory.ts';
import { NodeSource } from './nodeSource.ts';
import type { TemplateProviderOptions } from './options.ts';
import { RegtestSource } from './regtestSource.ts';
import type { TemplateSource } from './source.ts';

/** What a template provider stands on; tests put others in its place. */
export interface TemplateProviderModules {
  readonly clock: () => Now;
  readonly random: RandomBytes;
  readonly crypto: NoiseCrypto;
  readonly hash: HashBackend;
  readonly listen: typeof listen;
  /** Told of connections that end for a fault, and of faults of ours that peers meet. Without one, such a fault ends the process. */
  readonly logger?: Logger;
  /** Must exceed every template id of earlier runs (spec 7.2). */
  firstTemplateId(): bigint;
  createSource(
    options: TemplateProviderOptions,
    modules: Pick<TemplateProviderModules, 'clock' | 'hash'>,
    dataDirectory: DataDirectory | undefined,
  ): TemplateSource;
}

/** The modules of production: system clock, fast cryptography, TCP, the regtest chain or a node. */
export const defaultModules: TemplateProviderModules = {
  clock: readClock,
  random: randomBytes,
  crypto: fastCrypto,
  hash: fastHash,
  listen,
  // The time in microseconds: larger after a restart unless a run made more than a million templates a second.
  firstTemplateId: () => BigInt(Date.now()) * 1_000n,
  createSource(options, { clock, hash }, dataDirectory) {
    const { source } = options;
    if (source.type === 'regtest') return new RegtestSource(source, { clock, hash, dataDirectory });
    const { url, auth, network, pace } = source;
    const refreshIntervalMs = options.templateIntervalMs ?? 5_000;
    const rpc = new NodeRpc({ url, auth });
    return new NodeSource({ network, refreshIntervalMs, pace }, { rpc, clock, dataDirectory });
  },
};
