import { KeyPool } from '@stratumkit/accelerate';
import { fitsNetwork, type Network, targetFromHashrate } from '@stratumkit/bitcoin';
import type { CloseCause } from '@stratumkit/connection';
import { Connection, ConnectionGate, type ConnectionOptions, type ConnectionSecurity } from '@stratumkit/connection';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import {
  createIdentityPayoutPolicy,
  decideMiningSetup,
  type MiningOperation,
  PoolCore,
  supportedMiningFlags,
  type TemplateClientState,
} from '@stratumkit/roles';
import { formatSocketAddress, Resources } from '@stratumkit/runtime';
import type { PoolAppEvent } from './events.ts';
import { defaultModules, type PoolModules } from './modules.ts';
import type { PoolOptions } from './options.ts';
import { PoolMachine } from './poolMachine.ts';
import { createProviderSecurity, createServerSecurity } from './security.ts';
import { TemplateLink } from './templateLink.ts';

/** How a pool is doing now. */
export interface PoolStatus {
  readonly templateProvider: TemplateClientState;
  /** Of the block being mined. */
  readonly height: number | undefined;
  /** Wire order; undefined while there is no work. */
  readonly prevHash: Uint8Array | undefined;
  readonly connections: number;
  readonly channels: number;
  /** Found blocks that wait for the template provider. */
  readonly waitingSolutions: number;
}

/** A pool that runs. `close` acknowledges open shares, closes channels and connections. */
export interface Pool {
  readonly address: { readonly host: string; readonly port: number };
  /** base58check; undefined without encryption. */
  readonly authorityPublicKey: string | undefined;
  readonly status: PoolStatus;
  /** Closed connections by cause. */
  readonly closeCounts: ReadonlyMap<CloseCause, number>;
  /** An operation on something that is not there does nothing. */
  operate(operation: MiningOperation): void;
  /** Acknowledges open shares, closes channels and connections, then stops. */
  close(): Promise<void>;
}

const DEFAULTS = {
  poolSignature: 'stratumkit',
  sharesPerMinute: 6,
  serverId: 0,
  minHashrate: 10_000,
  maxHashrate: 1e21,
  maxConnections: 20_000,
};
const DRAIN_MS = 4_000;
const EPHEMERAL_KEYS = 64;

/** Starts a pool; what fails on the way is undone. Work comes when the template provider is reached. */
export async function createPool(
  options: PoolOptions,
  modules: PoolModules = defaultModules,
  onEvent: (event: PoolAppEvent) => void = () => undefined,
): Promise<Pool> {
  const { clock, random } = modules;
  const resources = new Resources();
  try {
    const keys = new KeyPool({ crypto: modules.crypto, random, size: EPHEMERAL_KEYS });
    const { security, authorityPublicKey } = createServerSecurity(options, { random, crypto: keys.crypto });
    const core = createCore(options, modules);
    const { templateProvider } = options;
    const link = new TemplateLink(templateProvider, createProviderSecurity(options, modules), modules, {
      connected: () => machine.handle({ type: 'template-connected' }),
      message: (message) => machine.handle({ type: 'template-message', message }),
      lost: () => machine.handle({ type: 'template-lost' }),
      failed: (cause, retryInMs) => {
        const address = formatSocketAddress(templateProvider);
        onEvent({ type: 'templateProviderUnreachable', address, cause, retryInMs });
      },
    });
    const checkNetwork = networkCheck(options.network, onEvent);
    const machine = new PoolMachine(core, {
      clock,
      ledger: modules.createLedger(),
      sendToProvider: (frame) => link.send(frame),
      dropProvider: (reason) => link.drop(reason),
      onEvent: (event) => {
        onEvent(event);
        if (event.type !== 'tip') return;
        link.served();
        checkNetwork(event.nbits);
      },
    });
    resources.add('machine', () => machine.close());
    resources.add('template provider', () => link.close());
    const listener = await modules.listen<'mining'>({
      ...options.listen,
      ...(modules.logger && { logger: modules.logger }),
      clock,
      gate: new ConnectionGate({ maxConnections: options.maxConnections ?? DEFAULTS.maxConnections }),
      createConnection: (_, now) => new Connection(connectionOptions(options, security), now),
      onEvent: (event, minerLink) => machine.receive(event, minerLink),
    });
    resources.add('listener', () => listener.close());
    resources.add('miners', () => machine.drain(DRAIN_MS));
    if (!options.insecure) resources.add('keys', keys.keepFilled());
    link.start();
    const { address } = listener;
    onEvent({ type: 'listening', address: formatSocketAddress(address), authorityPublicKey });
    return {
      address,
      authorityPublicKey,
      get status() {
        return statusOf(core);
      },
      get closeCounts() {
        return listener.closeCounts;
      },
      operate: (operation) => machine.handle({ type: 'operation', operation }),
      close: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

function createCore(options: PoolOptions, { random, hash, createJobHasher, clock }: PoolModules): PoolCore {
  const { sharesPerMinute = DEFAULTS.sharesPerMinute } = options;
  const { minHashrate = DEFAULTS.minHashrate, maxHashrate = DEFAULTS.maxHashrate } = options;
  return new PoolCore(
    {
      payouts: createIdentityPayoutPolicy(options.coinbaseRewardScript, options.network),
      targets: {
        sharesPerMinute,
        easiestTarget: targetFromHashrate(minHashrate, sharesPerMinute),
        hardestTarget: targetFromHashrate(maxHashrate, sharesPerMinute),
      },
      poolSignature: options.poolSignature ?? DEFAULTS.poolSignature,
      serverId: options.serverId ?? DEFAULTS.serverId,
      random,
      hash,
      createJobHasher,
      versionRollingAllowed: options.versionRollingAllowed ?? true,
      ...(options.vardiff !== false && { retargeting: { sharesPerMinute, minHashrate, maxHashrate } }),
      ...(options.shareBatchSize !== undefined && { shareBatchSize: options.shareBatchSize }),
      ...(options.limits !== undefined && { limits: options.limits }),
      ...(options.templateLimits !== undefined && { templateLimits: options.templateLimits }),
    },
    clock(),
  );
}

function connectionOptions(options: PoolOptions, security: ConnectionSecurity): ConnectionOptions<'mining'> {
  const setupOptions = { versionRollingAllowed: options.versionRollingAllowed ?? true };
  return {
    protocol: 'mining',
    security,
    ...(options.connectionLimits !== undefined && { limits: options.connectionLimits }),
    setup: {
      side: 'server',
      supportedFlags: supportedMiningFlags(setupOptions),
      policy: (request) => decideMiningSetup(request, setupOptions),
      extensions: {
        supported: options.supportedExtensions ?? [WORKER_HASHRATE_TRACKING],
        required: options.requiredExtensions ?? [],
      },
    },
  };
}

/** A payout address of another network than the provider's would be refused, or be nobody's. */
function networkCheck(network: Network, onEvent: (event: PoolAppEvent) => void): (nbits: number) => void {
  let fits = true;
  return (nbits) => {
    const didFit = fits;
    fits = fitsNetwork(nbits, network);
    if (didFit && !fits) onEvent({ type: 'networkMismatch', network, nbits });
  };
}

function statusOf(core: PoolCore): PoolStatus {
  const { templateState: templateProvider, height, prevHash, connections, openChannels, waitingSolutions } = core;
  return { templateProvider, height, prevHash, connections, channels: openChannels, waitingSolutions };
}
