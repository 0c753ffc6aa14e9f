import { displayHash } from '@stratumkit/bitcoin';
import { MiningStatistics, monitoringRoutes, type StatisticsEvent } from '@stratumkit/roles';
import {
  createHttpServer,
  createMetrics,
  defineApp,
  formatSocketAddress,
  limitedLog,
  readClock,
} from '@stratumkit/runtime';
import { POOL_FIELDS, toOptions } from './config.ts';
import type { PoolAppEvent } from './events.ts';
import { logEvent } from './logEvent.ts';
import { PoolMetrics } from './metrics.ts';
import { defaultModules } from './modules.ts';
import { createPool, type Pool } from './pool.ts';

/** The command `pool`; `runApp` of `@stratumkit/runtime` runs it. */
export const pool = defineApp({
  name: 'pool',
  version: '0.0.0',
  description: 'Stratum V2 mining pool: templates to jobs, shares to credit, blocks to the template provider.',
  examples: [
    { command: 'pool --config pool.toml', does: 'run with a configuration file; `keygen --toml` makes its keys' },
    { command: 'pool --config pool.toml --check', does: 'check the configuration and end' },
    {
      command:
        "POOL__AUTHORITY_SECRET_KEY=... pool --network regtest --coinbase-reward-script 'raw(51)' --template-provider stratum2+tcp://127.0.0.1:18447/KEY",
      does: 'run without a file',
    },
    {
      command:
        "pool --insecure --network regtest --coinbase-reward-script 'raw(51)' --template-provider stratum2+tcp://127.0.0.1:18447",
      does: 'the same without any encryption, for tests on one machine',
    },
  ],
  options: POOL_FIELDS,
  check: (config) => void toOptions(config),
  async run(config, { log, resources }) {
    const events = limitedLog(log);
    const registry = createMetrics(resources);
    const metrics = new PoolMetrics(registry);
    const statistics = new MiningStatistics(readClock());
    const running = await createPool(toOptions(config), { ...defaultModules, logger: log }, (event) => {
      logEvent(events, event);
      metrics.count(event);
      if (isOfMining(event)) statistics.observe(event, readClock());
    });
    resources.add('pool', () => running.close());
    metrics.observe(running);
    if (config.monitoringAddress !== undefined) {
      const http = await createHttpServer({
        address: config.monitoringAddress,
        metrics: registry,
        health: () => healthOf(running),
        routes: monitoringRoutes({
          statistics,
          monotonicMs: () => readClock().monotonicMs,
          sharesPerMinute: config.sharesPerMinute,
          shareBatchSize: config.shareBatchSize,
        }),
        onError: (err, path) => log.error({ err, path }, 'http request failed'),
      });
      resources.add('http', () => http.close());
      log.info({ address: formatSocketAddress(http.address) }, 'monitoring');
    }
    if (config.insecure) log.warn('no encryption: only for tests on one machine');
    if (config.unverifiedTemplateProvider) log.warn('the template provider is not verified');
    return 'running';
  },
});

/** All but the events of the process's edge. */
function isOfMining(event: PoolAppEvent): event is StatisticsEvent {
  return !(event.type in EDGE_EVENTS);
}

const EDGE_EVENTS: Record<Exclude<PoolAppEvent, StatisticsEvent>['type'], true> = {
  listening: true,
  connectionClosed: true,
  templateProviderUnreachable: true,
  networkMismatch: true,
};

/** Healthy means that there is work and that blocks found now would reach the network. */
function healthOf({ status }: Pool): { healthy: boolean; [field: string]: unknown } {
  return {
    healthy: status.templateProvider === 'serving',
    template_provider: status.templateProvider,
    height: status.height ?? null,
    prev_hash: status.prevHash === undefined ? null : displayHash(status.prevHash),
    connections: status.connections,
    channels: status.channels,
    waiting_solutions: status.waitingSolutions,
  };
}
