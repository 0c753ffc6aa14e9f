import { KeyPool } from '@stratumkit/accelerate';
import { targetFromHashrate } from '@stratumkit/bitcoin';
import type { CloseCause } from '@stratumkit/connection';
import { Connection, ConnectionGate, type ConnectionOptions, type ConnectionSecurity } from '@stratumkit/connection';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import { ProxyCore, type ProxyTotals, type UpstreamChannel } from '@stratumkit/roles';
import { formatSocketAddress, Resources } from '@stratumkit/runtime';
import type { ProxyAppEvent } from './events.ts';
import { defaultModules, type ProxyModules } from './modules.ts';
import type { ProxyOptions, ProxyUpstream } from './options.ts';
import { ProxyMachine } from './proxyMachine.ts';
import { createServerSecurity, createUpstreamSecurity } from './security.ts';
import { createUpstreamLinks } from './upstreamLinks.ts';

/** How a proxy is doing at the moment. */
export interface ProxyStatus {
  /** `host:port` of the upstream that serves work; undefined while none does. */
  readonly upstream: string | undefined;
  readonly connections: number;
  readonly channels: number;
  /** Shares sent up that are not answered yet. */
  readonly unansweredShares: number;
  readonly totals: ProxyTotals;
}

/** A proxy that runs. `close` closes channels and connections on both sides. */
export interface RunningProxy {
  readonly address: { readonly host: string; readonly port: number };
  /** base58check; undefined without encryption. */
  readonly authorityPublicKey: string | undefined;
  readonly status: ProxyStatus;
  /** Channels that are mined on upstream; undefined while no upstream serves work. */
  readonly upstreamChannels: readonly UpstreamChannel[] | undefined;
  /** Closed downstream connections by cause. */
  readonly closeCounts: ReadonlyMap<CloseCause, number>;
  /** Answers open shares, closes channels and connections, then stops. */
  close(): Promise<void>;
}

const DEFAULTS = { sharesPerMinute: 6, minHashrate: 10_000, maxHashrate: 1e21, maxConnections: 20_000 };
const DRAIN_MS = 4_000;
const EPHEMERAL_KEYS = 64;

/** Starts a proxy; what fails on the way is undone. Work comes when an upstream is reached. */
export async function createProxy(
  options: ProxyOptions,
  modules: ProxyModules = defaultModules,
  onEvent: (event: ProxyAppEvent) => void = () => undefined,
): Promise<RunningProxy> {
  const { clock, random } = modules;
  const resources = new Resources();
  try {
    const keys = new KeyPool({ crypto: modules.crypto, random, size: EPHEMERAL_KEYS });
    const { security, authorityPublicKey } = createServerSecurity(options, { random, crypto: keys.crypto });
    for (const upstream of options.upstreams) createUpstreamSecurity(upstream, options, modules);
    const core = createCore(options, modules);
    const upstreams = createUpstreamLinks(options, modules, (input) => machine.handle(input));
    const machine = new ProxyMachine(core, { clock, upstreams, onEvent });
    resources.add('upstreams', () => upstreams.close());
    resources.add('machine', () => machine.close());
    const listener = await modules.listen<'mining'>({
      ...options.listen,
      ...(modules.logger && { logger: modules.logger }),
      clock,
      gate: new ConnectionGate({ maxConnections: options.maxConnections ?? DEFAULTS.maxConnections }),
      createConnection: (_, now) => new Connection(connectionOptions(options, core, security), now),
      onEvent: (event, link) => machine.receive(event, link),
    });
    resources.add('listener', () => listener.close());
    resources.add('downstreams', async () => {
      await machine.drain(DRAIN_MS);
      machine.handle({ type: 'stop' });
    });
    if (!options.insecure) resources.add('keys', keys.keepFilled());
    machine.handle({ type: 'start' });
    const { address } = listener;
    onEvent({ type: 'listening', address: formatSocketAddress(address), authorityPublicKey });
    return {
      address,
      authorityPublicKey,
      get status() {
        return statusOf(core);
      },
      get upstreamChannels() {
        return core.upstreamChannels;
      },
      get closeCounts() {
        return listener.closeCounts;
      },
      close: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

function createCore(options: ProxyOptions, { random, hash }: ProxyModules): ProxyCore<ProxyUpstream> {
  const { sharesPerMinute = DEFAULTS.sharesPerMinute } = options;
  const { minHashrate = DEFAULTS.minHashrate, maxHashrate = DEFAULTS.maxHashrate } = options;
  return new ProxyCore<ProxyUpstream>({
    upstreams: options.upstreams,
    ...(options.mode !== undefined && { mode: options.mode }),
    targets: {
      sharesPerMinute,
      easiestTarget: targetFromHashrate(minHashrate, sharesPerMinute),
      hardestTarget: targetFromHashrate(maxHashrate, sharesPerMinute),
    },
    random: () => new DataView(random(4).slice().buffer).getUint32(0) / 2 ** 32,
    hash,
    ...(options.vardiff !== false && { retargeting: { sharesPerMinute, minHashrate, maxHashrate } }),
    ...(options.shareBatchSize !== undefined && { shareBatchSize: options.shareBatchSize }),
    ...(options.limits !== undefined && { limits: options.limits }),
    ...(options.clientLimits !== undefined && { clientLimits: options.clientLimits }),
    ...(options.serverLimits !== undefined && { serverLimits: options.serverLimits }),
    ...(options.retry !== undefined && { retry: options.retry }),
    ...(options.timeouts !== undefined && { timeouts: options.timeouts }),
  });
}

function connectionOptions(
  options: ProxyOptions,
  core: ProxyCore<ProxyUpstream>,
  security: ConnectionSecurity,
): ConnectionOptions<'mining'> {
  return {
    protocol: 'mining',
    security,
    ...(options.connectionLimits !== undefined && { limits: options.connectionLimits }),
    setup: {
      side: 'server',
      policy: (request) => core.decideSetup(request),
      extensions: {
        supported: options.supportedExtensions ?? [WORKER_HASHRATE_TRACKING],
        required: options.requiredExtensions ?? [],
      },
    },
  };
}

function statusOf(core: ProxyCore<ProxyUpstream>): ProxyStatus {
  const { upstream, connections, openChannels: channels, unansweredShares, totals } = core;
  return {
    upstream: upstream === undefined ? undefined : formatSocketAddress(upstream),
    connections,
    channels,
    unansweredShares,
    totals,
  };
}
