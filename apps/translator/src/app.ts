import { createHttpServer, createMetrics, defineApp } from '@stratumkit/runtime';
import { TRANSLATOR_FIELDS, toOptions } from './config.ts';
import { logEvent } from './logEvent.ts';
import { TranslatorMetrics } from './metrics.ts';
import { defaultModules } from './modules.ts';
import { monitoringRoutes } from './monitoring.ts';
import { createTranslator } from './translator.ts';

export const translator = defineApp({
  name: 'translator',
  version: '0.0.0',
  description: 'Translator proxy: Stratum V1 miners on one side, a Stratum V2 server on the other.',
  environmentPrefix: 'TPROXY',
  examples: [
    { command: 'translator --config tproxy.toml', does: 'run with a configuration file, SRI files included' },
    { command: 'translator --config tproxy.toml --check', does: 'check the configuration and end' },
    {
      command: 'TPROXY__DOWNSTREAM_PORT=3333 translator --config tproxy.toml --aggregate-channels',
      does: 'the same on another port, with one upstream channel for all miners',
    },
  ],
  options: TRANSLATOR_FIELDS,
  check: (config) => void toOptions(config),
  async run(config, { log, resources }) {
    const registry = createMetrics(resources);
    const metrics = new TranslatorMetrics(registry);
    const running = await createTranslator(toOptions(config), defaultModules, (event) => {
      logEvent(log, event);
      metrics.count(event);
    });
    resources.add('translator', () => running.close());
    metrics.observe(running);
    if (config.monitoringAddress !== undefined) {
      const startedMs = performance.now();
      const http = await createHttpServer({
        address: config.monitoringAddress,
        metrics: registry,
        health: () => ({ healthy: running.core.upstream !== undefined || running.core.minerCount === 0 }),
        routes: monitoringRoutes(running, () => (performance.now() - startedMs) / 1_000),
        onError: (err, path) => log.error({ err, path }, 'http request failed'),
      });
      resources.add('http', () => http.close());
      log.info({ address: http.address }, 'monitoring');
    }
    if (config.insecure) log.warn('no encryption upstream: only for tests on one machine');
    if (config.unverified) log.warn('the upstream is not verified');
    if (config.downstreamTlsKey === undefined) log.info('SV1 is not encrypted: for a local network only');
    return 'running';
  },
});
