import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { displayHash, scriptFromDescriptor } from '@stratumkit/bitcoin';
import type { InterceptedMessage } from '@stratumkit/message-generator';
import type { MiningDevice, MiningDeviceEvent } from '@stratumkit/mining-device';
import { decodeAuthorityPublicKey } from '@stratumkit/noise';
import { type PoolAppEvent, defaultModules as poolModules } from '@stratumkit/pool';
import { type ProxyAppEvent, defaultModules as proxyModules, type RunningProxy } from '@stratumkit/proxy';
import { type Logger, Resources } from '@stratumkit/runtime';
import {
  defaultModules as providerModules,
  type TemplateProvider,
  type TemplateProviderEvent,
  type TemplateProviderOptions,
} from '@stratumkit/template-provider';
import { BlockFinders } from './blockFinders.ts';
import type { HopSummary, StackEvent } from './events.ts';
import { secretKeyOf } from './keyFile.ts';
import { addressOf, type Endpoint, Links, type LinksOptions } from './links.ts';
import { defaultModules, type StackModules } from './modules.ts';
import type { StackOptions } from './options.ts';

export interface Stack {
  readonly deviceNames: readonly string[];
  /** Expected hashes behind the shares that the pool accepted. */
  readonly workAccepted: number;
  /** What went through the roles between pool and devices, until now. */
  hops(): readonly HopSummary[];
  /** Stops the devices, lets the pool acknowledge what it has, writes the export, then stops the rest. */
  close(): Promise<void>;
}

export interface StackSink {
  onEvent(event: StackEvent): void;
  /** What an operator should see: a role in trouble that goes on. */
  onWarning(text: string): void;
  /** What passes on a link, with `intercept`. */
  onMessage?(link: string, message: InterceptedMessage): void;
  readonly log?: Logger | undefined;
}

const HOST = '127.0.0.1';
const USER_IDENTITY = 'stack';
const SHARES_PER_BLOCK = 4;
/** Pays to the regtest pool: a key hash that nobody needs the key of. */
const REWARD_DESCRIPTOR = 'addr(bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080)';

/** Starts chain, template provider, pool and devices in this order; what fails on the way is undone. */
export async function createStack(
  options: StackOptions,
  sink: StackSink,
  modules: StackModules = defaultModules,
): Promise<Stack> {
  const resources = new Resources();
  const finders = new BlockFinders();
  let workAccepted = 0;
  try {
    const provider = await modules.createTemplateProvider(providerOptions(options), providerModules, (event) =>
      onProviderEvent(event, sink, finders),
    );
    resources.add('template provider', () => provider.close());
    if (options.exportBlocks !== undefined) {
      const file = options.exportBlocks;
      resources.add('export', () => writeBlocks(provider, file));
    }

    const links = new Links(linksOptions(options, sink), resources);
    const templates = await links.between('pool', 'template-provider', provider);
    const pool = await modules.createPool(poolOptions(options, templates), poolModules, (event) => {
      if (event.type === 'share') workAccepted += Number(event.work);
      onPoolEvent(event, sink, finders);
    });
    resources.add('pool', () => pool.close());

    const names = Array.from({ length: options.devices }, (_, index) => `device${index + 1}`);
    let isClosing = false;
    const proxy =
      options.topology === 'sv2-proxy'
        ? await modules.createProxy(
            proxyOptions(options, await links.between('proxy', 'pool', pool)),
            proxyModules,
            (event) => {
              if (!isClosing) onProxyEvent(event, sink);
            },
          )
        : undefined;
    if (proxy !== undefined) resources.add('proxy', () => proxy.close());
    const upstream = await links.between('devices', proxy === undefined ? 'pool' : 'proxy', proxy ?? pool);
    const devices = await startDevices(options, upstream, sink, modules, names);
    // The pool drains first, then what is between, so that devices hear what became of their last shares.
    resources.add('devices', async () => {
      isClosing = true;
      await pool.close();
      await proxy?.close();
      await devices.close();
    });
    return {
      deviceNames: names,
      get workAccepted() {
        return workAccepted;
      },
      hops: () => (proxy === undefined ? [] : [hopOf('proxy', proxy)]),
      close: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

function providerOptions(options: StackOptions): TemplateProviderOptions {
  const { node, blockInterval, transactionsPerSecond, dataDir } = options;
  const expectedHashrate = options.hashrate * options.devices;
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

function linksOptions({ intercept, record, dataDir }: StackOptions, sink: StackSink): LinksOptions {
  return {
    intercept: intercept === true || record !== undefined,
    recordDirectory: record,
    dataDir,
    onListening: (role, endpoint) => sink.onEvent(listening(role, addressOf(endpoint), endpoint.authorityPublicKey)),
    onMessage: (link, message) => sink.onMessage?.(link, message),
  };
}

function poolOptions(options: StackOptions, provider: Endpoint) {
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

/** Behind a proxy all devices are one channel, whose target must not be harder than a block: a proxy sees only nbits. */
function poolShareRate({ topology, sharesPerMinute, blockInterval }: StackOptions): number {
  return topology === 'sv2' ? sharesPerMinute : Math.max(sharesPerMinute, (60 / blockInterval) * SHARES_PER_BLOCK);
}

function proxyOptions(options: StackOptions, pool: Endpoint) {
  return {
    listen: { host: HOST, port: options.proxyPort },
    upstreams: [
      { ...pool.address, authorityPublicKey: requiredKey(pool.authorityPublicKey), userIdentity: USER_IDENTITY },
    ],
    authoritySecretKey: secretKeyOf('proxy', options.dataDir),
    sharesPerMinute: options.sharesPerMinute,
    minHashrate: 1,
  };
}

function hopOf(role: string, { status: { totals } }: RunningProxy): HopSummary {
  const { sharesIn, sharesForwarded, sharesAcknowledged } = totals;
  return {
    role,
    shares_in: sharesIn,
    shares_forwarded: sharesForwarded,
    shares_acknowledged: sharesAcknowledged,
  };
}

function startDevices(
  options: StackOptions,
  upstream: Endpoint,
  sink: StackSink,
  modules: StackModules,
  names: readonly string[],
): Promise<MiningDevice> {
  const { channel, hashrate, workers, devices } = options;
  return modules.createMiningDevice(
    {
      upstreams: [{ ...upstream.address, authorityPublicKey: requiredKey(upstream.authorityPublicKey) }],
      // One device alone sends the identity as it is, several append their names.
      userIdentity: devices === 1 ? `${USER_IDENTITY}.${names[0]}` : USER_IDENTITY,
      devices,
      channel,
      hashrate,
      ...(workers === undefined ? {} : { workers }),
      onEvent: (event) => onDeviceEvent(event, sink, names),
    },
    sink.log === undefined ? {} : { log: sink.log.child({ role: 'mining-device' }, { level: 'warn' }) },
  );
}

function onProviderEvent(event: TemplateProviderEvent, sink: StackSink, finders: BlockFinders): void {
  switch (event.type) {
    case 'listening':
      sink.onEvent(listening('template-provider', event.address, event.authorityPublicKey));
      return;
    case 'block': {
      const device = finders.take(event.hash);
      if (event.outcome === 'accepted') {
        sink.onEvent({ event: 'block', height: event.height, hash: event.hash, device: device ?? 'unknown' });
      } else {
        sink.onWarning(`block ${event.hash} at height ${event.height}: ${event.outcome} ${event.reason ?? ''}`.trim());
      }
      return;
    }
    case 'source-lost':
      sink.onWarning(`${event.source}: ${event.message}`);
      return;
    case 'storage-failed':
      sink.onWarning(`${event.path}: ${event.message}`);
      return;
    default:
      return;
  }
}

function onPoolEvent(event: PoolAppEvent, sink: StackSink, finders: BlockFinders): void {
  switch (event.type) {
    case 'listening':
      sink.onEvent(listening('pool', event.address, event.authorityPublicKey));
      return;
    case 'block':
      finders.note(displayHash(event.hash), deviceOf(event.foundBy.worker ?? event.foundBy.userIdentity));
      return;
    case 'job':
      if (event.reason !== 'future' && event.height !== undefined) sink.onEvent({ event: 'job', height: event.height });
      return;
    case 'templateProviderUnreachable':
      sink.onWarning(`pool: template provider ${event.address}: ${event.cause}, next try in ${event.retryInMs} ms`);
      return;
    case 'templateProviderFailed':
      sink.onWarning(`pool: template provider: ${event.message}`);
      return;
    default:
      return;
  }
}

function onProxyEvent(event: ProxyAppEvent, sink: StackSink): void {
  switch (event.type) {
    case 'listening':
      sink.onEvent(listening('proxy', event.address, event.authorityPublicKey));
      return;
    case 'upstreamFailed':
      sink.onWarning(
        `proxy: upstream ${event.host}:${event.port}: ${event.failure}, next try in ${event.retryInMs} ms`,
      );
      return;
    case 'shareGap':
      sink.onWarning(`proxy: the pool counted ${event.counted} shares and answered ${event.answered}`);
      return;
    case 'workExpired':
      sink.onWarning('proxy: no work, disconnecting devices');
      return;
    default:
      return;
  }
}

function onDeviceEvent(event: MiningDeviceEvent, sink: StackSink, names: readonly string[]): void {
  switch (event.type) {
    case 'sharesAccepted':
      sink.onEvent({ event: 'share_accepted', device: names[event.device]!, count: event.count });
      return;
    case 'shareAccepted':
      sink.onEvent({ event: 'share_accepted', device: names[event.device]!, count: 1 });
      return;
    case 'shareRejected':
      sink.onEvent({ event: 'share_rejected', error_code: event.errorCode, device: names[event.device]! });
      return;
    case 'channelRefused':
      sink.onWarning(`${names[event.device]}: channel refused: ${event.errorCode}`);
      return;
    case 'authorizeRefused':
      sink.onWarning(`${names[event.device]}: refused by the translator: ${event.message}`);
      return;
    default:
      return;
  }
}

function listening(role: string, address: string, key: string | undefined): StackEvent {
  return { event: 'listening', role, address, ...(key === undefined ? {} : { authority_public_key: key }) };
}

/** `stack.device3` was found by `device3`. */
function deviceOf(userIdentity: string): string {
  return userIdentity.startsWith(`${USER_IDENTITY}.`) ? userIdentity.slice(USER_IDENTITY.length + 1) : userIdentity;
}

function requiredKey(text: string | undefined): Uint8Array {
  if (text === undefined) throw new Error('a role of the stack came up without encryption');
  return decodeAuthorityPublicKey(text);
}

async function writeBlocks(provider: TemplateProvider, file: string): Promise<void> {
  const stream = createWriteStream(file);
  for await (const block of provider.exportBlocks()) if (!stream.write(`${block}\n`)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
}
