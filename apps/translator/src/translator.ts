import { UsageError } from '@stratumkit/codec';
import { ConnectionGate } from '@stratumkit/connection';
import { TranslatorCore } from '@stratumkit/roles';
import { formatSocketAddress, Resources } from '@stratumkit/runtime';
import type { LineCloseCause } from '@stratumkit/sv1';
import type { TranslatorAppEvent } from './events.ts';
import { defaultModules, type TranslatorModules } from './modules.ts';
import type { TranslatorOptions, TranslatorUpstream } from './options.ts';
import { TranslatorMachine } from './translatorMachine.ts';
import { securityOf } from './upstreamConnection.ts';
import { createUpstreamLinks } from './upstreamLinks.ts';

/** A translator that runs. */
export interface Translator {
  readonly address: { readonly host: string; readonly port: number };
  /** Closed miner connections by cause. */
  readonly closeCounts: ReadonlyMap<LineCloseCause, number>;
  /** To be read only: miners, channels and upstream as they are now. */
  readonly core: Pick<TranslatorCore<TranslatorUpstream>, 'miners' | 'miner' | 'minerCount' | 'sources' | 'upstream'>;
  close(): Promise<void>;
}

const DEFAULTS = {
  extranonce2Size: 4,
  keepaliveSeconds: 60,
  maxConnections: 20_000,
  maxConnectionsPerAddress: 4_096,
};

/** Starts a translator. Upstreams are connected to when the first miner speaks. Throws UsageError `no-upstream` without one. */
export async function createTranslator(
  options: TranslatorOptions,
  modules: TranslatorModules = defaultModules,
  onEvent: (event: TranslatorAppEvent) => void = () => undefined,
): Promise<Translator> {
  if (options.upstreams.length === 0) throw new UsageError('no-upstream', 'a translator needs an upstream');
  for (const upstream of options.upstreams) securityOf(upstream, options, modules);
  const resources = new Resources();
  try {
    const core = new TranslatorCore<TranslatorUpstream>({
      upstreams: options.upstreams,
      aggregateChannels: options.aggregateChannels,
      extranonce2Size: options.extranonce2Size ?? DEFAULTS.extranonce2Size,
      difficulty: options.difficulty,
      keepaliveMs: (options.keepaliveSeconds ?? DEFAULTS.keepaliveSeconds) * 1_000,
      verifyPayout: options.verifyPayout ?? false,
      randomBytes: modules.random,
      hash: modules.hash,
      createJobHasher: modules.createJobHasher,
      ...(options.versionMask === undefined ? {} : { versionMask: options.versionMask }),
      ...(options.maxCoinbaseBytes === undefined ? {} : { maxCoinbaseBytes: options.maxCoinbaseBytes }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
    });
    const upstreams = createUpstreamLinks(options, modules, (input) => machine.handle(input));
    const machine = new TranslatorMachine(core, { clock: modules.clock, upstreams, onEvent });
    resources.add('upstreams', () => upstreams.close());
    const listener = await modules.listenLines({
      ...options.listen,
      ...(modules.logger && { logger: modules.logger }),
      clock: modules.clock,
      gate: new ConnectionGate({
        maxConnections: options.maxConnections ?? DEFAULTS.maxConnections,
        maxPerAddress: options.maxConnectionsPerAddress ?? DEFAULTS.maxConnectionsPerAddress,
      }),
      onLink: (link) => machine.admit(link),
      onEvent: (event, link) => machine.receive(event, link),
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.lineLimits === undefined ? {} : { limits: options.lineLimits }),
    });
    resources.add('listener', () => listener.close());
    resources.add('machine', () => machine.stop());
    onEvent({ type: 'listening', address: formatSocketAddress(listener.address) });
    return {
      address: listener.address,
      get closeCounts() {
        return listener.closeCounts;
      },
      core,
      close: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
