import { join } from 'node:path';
import { scriptFromDescriptor } from '@stratumkit/bitcoin';
import { decodeAuthorityPublicKey } from '@stratumkit/noise';
import type { TemplateProviderOptions } from '@stratumkit/template-provider';
import type { TranslatorOptions } from '@stratumkit/translator';
import { secretKeyOf } from './keyFile.ts';
import type { Endpoint } from './links.ts';
import type { StackOptions } from './options.ts';

/** What every device calls itself, with its name behind it. */
export const USER_IDENTITY = 'stack';
const HOST = '127.0.0.1';
const SHARES_PER_BLOCK = 4;
/** Pays to the regtest pool: a key hash that nobody needs the key of. */
const REWARD_DESCRIPTOR = 'addr(bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080)';

export function providerOptions(options: StackOptions): TemplateProviderOptions {
  const { node, blockInterval, transactionsPerSecond, dataDir } = options;
  const expectedHashrate = options.hashrate * Math.max(1, options.devices);
  return {
    listen: { host: HOST, port: options.templateProviderPort },
    source:
      node === undefined
        ? { type: 'regtest', blockInterval, expectedHashrate, transactionsPerSecond, seed: 1 }
        : {
            type: 'node',
            url: node.url,
            auth: node.auth,
            network: 'regtest',
            pace: { blockInterval, expectedHashrate },
          },
    dataDir: dataDir === undefined ? undefined : join(dataDir, 'template-provider'),
  };
}

export function poolOptions(options: StackOptions, provider: Endpoint) {
  return {
    listen: { host: HOST, port: options.poolPort },
    templateProvider: { ...provider.address, authorityPublicKey: requiredKey(provider.authorityPublicKey) },
    authoritySecretKey: secretKeyOf('pool', options.dataDir),
    network: 'regtest' as const,
    coinbaseRewardScript: scriptFromDescriptor(REWARD_DESCRIPTOR, 'regtest'),
    sharesPerMinute: poolShareRate(options),
    minHashrate: 1,
  };
}

/**
 * Behind a proxy or a translator all devices are one channel, whose target must not be harder than a block: what is between sees
 * only nbits.
 */
function poolShareRate({ topology, sharesPerMinute, blockInterval }: StackOptions): number {
  return topology === 'sv2' ? sharesPerMinute : Math.max(sharesPerMinute, (60 / blockInterval) * SHARES_PER_BLOCK);
}

export function proxyOptions(options: StackOptions, pool: Endpoint) {
  return {
    listen: { host: HOST, port: options.proxyPort },
    upstreams: [upstreamOf(pool)],
    authoritySecretKey: secretKeyOf('proxy', options.dataDir),
    sharesPerMinute: options.sharesPerMinute,
    minHashrate: 1,
  };
}

export function translatorOptions(options: StackOptions, pool: Endpoint): TranslatorOptions {
  const { sharesPerMinute, hashrate, translatorPort } = options;
  return {
    listen: { host: HOST, port: translatorPort },
    upstreams: [upstreamOf(pool)],
    aggregateChannels: true,
    difficulty: { sharesPerMinute, minerHashrate: hashrate, vardiff: true },
  };
}

function upstreamOf(pool: Endpoint) {
  return { ...pool.address, authorityPublicKey: requiredKey(pool.authorityPublicKey), userIdentity: USER_IDENTITY };
}

export function requiredKey(text: string | undefined): Uint8Array {
  if (text === undefined) throw new Error('a role of the stack came up without encryption');
  return decodeAuthorityPublicKey(text);
}
