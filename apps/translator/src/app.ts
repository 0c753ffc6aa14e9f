import {
  createHttpServer,
  createMetrics,
  defineApp,
  formatSocketAddress,
  type Logger,
  limitedLog,
  readClock,
} from '@stratumkit/runtime';
import { TRANSLATOR_FIELDS, type TranslatorConfig, toOptions } from './config.ts';
import { logEvent } from './logEvent.ts';
import { TranslatorMetrics } from './metrics.ts';
import { defaultModules } from './modules.ts';
import { monitoringRoutes } from './monitoring.ts';
import { createTranslator, type Translator } from './translator.ts';

/** Longest extranonce2 of cgminer and of the firmware made of it. */
const CGMINER_EXTRANONCE2_SIZE = 8;

/** The command `translator`; `runApp` of `@stratumkit/runtime` runs it. */
export const translator = defineApp({
  name: 'translator',
  version: '0.0.0',
  description: 'Translator proxy: Stratum V1 miners on one side, a Stratum V2 server on the other.',
  environmentPrefix: 'TPROXY',
  examples: [
    { command: 'translator --config tproxy.toml', does: 'run with a configuration file, SRI files included' },
    { command: 'translator --config tproxy.toml --check', does: 'check the configuration and end' },
    {
      command: 'translator --user-identity alice --upstream stratum2+tcp://pool.example:3333/KEY',
      does: 'run without a file',
    },
    {
      command: 'TPROXY__DOWNSTREAM_PORT=3333 translator --config tproxy.toml --aggregate-channels',
      does: 'the same on another port, with one upstream channel for all miners',
    },
  ],
  options: TRANSLATOR_FIELDS,
  check: (config) => void toOptions(config),
  async run(config, { log, resources }) {
    const events = limitedLog(log);
    const registry = createMetrics(resources);
    const metrics = new TranslatorMetrics(registry);
    const options = toOptions(config);
    warn(config, log);
    const running = await createTranslator(options, { ...defaultModules, logger: log }, (event) => {
      logEvent(events, event);
      metrics.count(event);
    });
    resources.add('translator', () => running.close());
    metrics.observe(running);
    if (config.monitoringAddress !== undefined) {
      const startedMs = performance.now();
      const { core } = running;
      const { vardiff } = options.difficulty;
      const uptimeSeconds = () => (performance.now() - startedMs) / 1_000;
      const http = await createHttpServer({
        address: config.monitoringAddress,
        metrics: registry,
        health: () => healthOf(running),
        routes: monitoringRoutes({ core, vardiff, uptimeSeconds }),
        onError: (err, path) => log.error({ err, path }, 'http request failed'),
      });
      resources.add('http', () => http.close());
      log.info({ address: formatSocketAddress(http.address) }, 'monitoring');
    }
    return 'running';
  },
});

/** What an operator should know before miners come. */
function warn(config: TranslatorConfig, log: Logger): void {
  if (config.insecure) log.warn('no encryption upstream: only for tests on one machine');
  if (config.unverified) log.warn('the upstream is not verified');
  if (config.downstreamTlsKey === undefined) log.info('SV1 is not encrypted: for a local network only');
  if (config.downstreamExtranonce2Size > CGMINER_EXTRANONCE2_SIZE)
    log.warn(
      { size: config.downstreamExtranonce2Size, limit: CGMINER_EXTRANONCE2_SIZE },
      'extranonce2 longer than cgminer and its descendants take',
    );
}

/** Healthy means that a miner which is there, or comes, gets work. */
function healthOf({ core }: Translator): { healthy: boolean; [field: string]: unknown } {
  const healthy = core.upstream !== undefined || core.minerCount === 0;
  const { host, port } = core.upstream?.upstream ?? {};
  return {
    healthy,
    status: healthy ? 'ok' : 'no upstream',
    timestamp: readClock().unixSeconds,
    upstream: host === undefined ? null : `${host}:${port}`,
    miners: core.minerCount,
  };
}
