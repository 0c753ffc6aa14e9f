import { type MiningEvent, MiningStatistics, monitoringRoutes } from '@stratumkit/roles';
import {
  createHttpServer,
  createMetrics,
  defineApp,
  formatSocketAddress,
  limitedLog,
  readClock,
} from '@stratumkit/runtime';
import { PROXY_FIELDS, toOptions } from './config.ts';
import type { ProxyAppEvent } from './events.ts';
import { logEvent } from './logEvent.ts';
import { ProxyMetrics } from './metrics.ts';
import { defaultModules } from './modules.ts';
import { createProxy, type RunningProxy } from './proxy.ts';

/** The command `proxy`; `runApp` of `@stratumkit/runtime` runs it. */
export const proxy = defineApp({
  name: 'proxy',
  version: '0.0.0',
  description:
    'Stratum V2 mining proxy: many SV2 miners and proxies, one encrypted connection to a pool or another proxy.',
  examples: [
    { command: 'proxy --config proxy.toml', does: 'run with a configuration file; `keygen --toml` makes its keys' },
    { command: 'proxy --config proxy.toml --check', does: 'check the configuration and end' },
    {
      command:
        'PROXY__AUTHORITY_SECRET_KEY=... proxy --user-identity alice --upstream stratum2+tcp://pool.example:3333/KEY,stratum2+tcp://spare.example:3333/KEY',
      does: 'run without a file, with a spare upstream',
    },
    {
      command: 'proxy --insecure --user-identity alice --upstream stratum2+tcp://127.0.0.1:3333',
      does: 'the same without any encryption, for tests on one machine',
    },
  ],
  options: PROXY_FIELDS,
  check: (config) => void toOptions(config),
  async run(config, { log, resources }) {
    const events = limitedLog(log);
    const registry = createMetrics(resources);
    const metrics = new ProxyMetrics(registry);
    const statistics = new MiningStatistics(readClock());
    const options = toOptions(config);
    const running = await createProxy(options, { ...defaultModules, logger: log }, (event) => {
      logEvent(events, event);
      metrics.count(event);
      if (isOfMining(event)) statistics.observe(event, readClock());
    });
    resources.add('proxy', () => running.close());
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
          upstreamChannels: () => running.upstreamChannels,
        }),
        onError: (err, path) => log.error({ err, path }, 'http request failed'),
      });
      resources.add('http', () => http.close());
      log.info({ address: formatSocketAddress(http.address) }, 'monitoring');
    }
    if (config.insecure) log.warn('no encryption: only for tests on one machine');
    if (options.upstreamSecurity === 'unverified') log.warn('the upstreams are not verified');
    return 'running';
  },
});

/** Healthy means that an upstream serves work. */
function healthOf({ status }: RunningProxy): { healthy: boolean; [field: string]: unknown } {
  const { totals } = status;
  return {
    healthy: status.upstream !== undefined,
    upstream: status.upstream ?? null,
    connections: status.connections,
    channels: status.channels,
    unanswered_shares: status.unansweredShares,
    shares_in: totals.sharesIn,
    shares_forwarded: totals.sharesForwarded,
    shares_acknowledged: totals.sharesAcknowledged,
    shares_rejected_upstream: totals.sharesRejectedUpstream,
    shares_unknown: totals.sharesUnknown,
  };
}

/** What happens on channels of miners. */
function isOfMining(event: ProxyAppEvent): event is MiningEvent {
  return !(event.type in OTHER_EVENTS);
}

const OTHER_EVENTS: Record<Exclude<ProxyAppEvent, MiningEvent>['type'], true> = {
  listening: true,
  connectionClosed: true,
  upstreamConnecting: true,
  upstreamFailed: true,
  upstreamActive: true,
  upstreamRedirected: true,
  upstreamRedirectRefused: true,
  shareForwarded: true,
  forwardedShareRejected: true,
  upstreamAcknowledged: true,
  sharesUnknown: true,
  shareGap: true,
  answersOverdue: true,
  block: true,
  workExpired: true,
};
