import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import { type NodeAuth, parseNodeUrl } from '@stratumkit/node-rpc';
import {
  authoritySecretKey,
  boolean,
  choice,
  createHttpServer,
  createMetrics,
  custom,
  defineApp,
  formatSocketAddress,
  type InferFields,
  integer,
  limitedLog,
  number,
  socketAddress,
  string,
} from '@stratumkit/runtime';
import { logEvent } from './logEvent.ts';
import { ProviderMetrics } from './metrics.ts';
import { defaultModules } from './modules.ts';
import type { NodeChainSource, RegtestChainSource, TemplateProviderOptions } from './options.ts';
import { createTemplateProvider, type TemplateProvider } from './templateProvider.ts';

const FIELDS = {
  listen_address: socketAddress({ doc: 'where clients connect', default: '127.0.0.1:18447', flag: 'listen' }),
  network: choice(['mainnet', 'testnet3', 'testnet4', 'regtest'], {
    doc: 'the network of the node',
    default: 'regtest',
  }),
  chain: choice(['regtest'], {
    doc: 'make templates from a regtest chain in this process (the default)',
    optional: true,
  }),
  block_interval: number({
    doc: 'seconds between blocks on regtest',
    default: 30,
    minimum: 0.05,
    maximum: 86_400,
  }),
  expected_hashrate: number({
    doc: 'hashes per second of all devices on regtest, until blocks tell',
    default: 1_000_000,
    minimum: 1,
    maximum: 1e18,
  }),
  transactions_per_second: number({ doc: 'for the embedded chain', default: 2, minimum: 0, maximum: 1_000 }),
  seed: integer({ doc: 'of the generated transactions', default: 1, minimum: 0, maximum: 0xffffffff }),
  node: custom(
    { doc: 'RPC address of a Bitcoin node to make templates from instead', placeholder: 'url', optional: true },
    (text) => parseNodeUrl(text).href,
  ),
  cookie_file: string({ doc: "the node's cookie file", placeholder: 'file', optional: true }),
  rpc_user: string({ doc: 'user for the node, instead of a cookie', optional: true }),
  rpc_password: string({ doc: 'password for the node', optional: true, secret: true }),
  data_dir: string({
    doc: 'keep chain, authority key and found blocks here',
    placeholder: 'directory',
    optional: true,
  }),
  authority_secret_key: authoritySecretKey({ doc: 'proves the provider to its clients', optional: true }),
  cert_validity_sec: integer({ doc: 'validity of the certificate', default: 3_600, minimum: 60, maximum: 0xffffffff }),
  insecure: boolean({ doc: 'no encryption; for tests on one machine', default: false }),
  fee_threshold: integer({ doc: 'satoshis of fees worth a new template', default: 1_000, minimum: 1 }),
  template_interval: number({
    doc: 'seconds at least between templates on one tip',
    default: 5,
    minimum: 0.1,
    maximum: 3_600,
  }),
  max_connections: integer({ doc: 'clients at most', default: 256, minimum: 1, maximum: 65_536 }),
  monitoring_address: socketAddress({
    doc: 'serve /metrics and /api/v1/health here; a POST of /api/v1/blocks finds a block on the embedded chain',
    optional: true,
  }),
  export_blocks: string({
    doc: 'at the end, write each block as hex to this file',
    placeholder: 'file',
    optional: true,
  }),
} as const;

type Config = InferFields<typeof FIELDS>;

/** The command `template-provider`; `runApp` of `@stratumkit/runtime` runs it. */
export const templateProvider = defineApp({
  name: 'template-provider',
  version: '0.0.0',
  description: 'Stratum V2 template provider over an embedded regtest chain or a Bitcoin node.',
  examples: [
    { command: 'template-provider', does: 'mine regtest in this process, a block about every 30 seconds' },
    {
      command: 'template-provider --data-dir chain --block-interval 5 --transactions-per-second 20',
      does: 'the same, faster and busier, going on where it stopped',
    },
    {
      command: 'template-provider --node http://127.0.0.1:18443 --cookie-file ~/.bitcoin/regtest/.cookie',
      does: 'serve the templates of a node',
    },
    {
      command: 'TEMPLATE_PROVIDER__RPC_PASSWORD=... template-provider --node http://127.0.0.1:18443 --rpc-user me',
      does: 'the same with a password',
    },
  ],
  options: FIELDS,
  check: (config) => void toOptions(config),
  async run(config, { log, resources }) {
    const events = limitedLog(log);
    const registry = createMetrics(resources);
    const metrics = new ProviderMetrics(registry);
    const provider = await createTemplateProvider(toOptions(config), { ...defaultModules, logger: log }, (event) => {
      logEvent(events, event);
      metrics.count(event);
    });
    resources.add('template provider', () => provider.close());
    const { exportBlocks, monitoringAddress } = config;
    if (exportBlocks !== undefined) resources.add('export', () => writeBlocks(provider, exportBlocks));
    if (monitoringAddress !== undefined) {
      const http = await createHttpServer({
        address: monitoringAddress,
        metrics: registry,
        health: () => ({ healthy: metrics.isSourceReady, clients: provider.clients }),
        ...(config.node === undefined && { actions: { '/api/v1/blocks': () => ({ body: provider.findBlock() }) } }),
        onError: (err, path) => log.error({ err, path }, 'http request failed'),
      });
      resources.add('http', () => http.close());
      log.info({ address: formatSocketAddress(http.address) }, 'monitoring');
    }
    if (config.insecure) log.warn('no encryption: only for tests on one machine');
    else if (config.authoritySecretKey === undefined && config.dataDir === undefined)
      log.warn('new authority key at every start: set authority_secret_key or data_dir to keep one');
    return 'running';
  },
});

function toOptions(config: Config): TemplateProviderOptions {
  const { listenAddress: listen, authoritySecretKey, dataDir, insecure, certValiditySec, maxConnections } = config;
  return {
    listen,
    source: config.node === undefined ? regtestSource(config) : nodeSource(config, config.node),
    authoritySecretKey,
    certificateValiditySeconds: certValiditySec,
    insecure,
    dataDir,
    feeThreshold: BigInt(config.feeThreshold),
    templateIntervalMs: config.templateInterval * 1_000,
    maximumConnections: maxConnections,
  };
}

function regtestSource(config: Config): RegtestChainSource {
  const { network, blockInterval, expectedHashrate, transactionsPerSecond, seed } = config;
  if (network !== 'regtest') throw new ConfigError('invalid-config', `${network} needs a node: set node`);
  return { type: 'regtest', blockInterval, expectedHashrate, transactionsPerSecond, seed };
}

function nodeSource(config: Config, url: string): NodeChainSource {
  const { network, chain, blockInterval, expectedHashrate } = config;
  if (chain !== undefined) throw new ConfigError('invalid-config', 'chain and node exclude each other');
  const pace = network === 'regtest' ? { blockInterval, expectedHashrate } : undefined;
  return { type: 'node', url, network, auth: nodeAuth(config), pace };
}

function nodeAuth({ cookieFile, rpcUser: user, rpcPassword: password }: Config): NodeAuth {
  if (cookieFile !== undefined && user !== undefined)
    throw new ConfigError('invalid-config', 'cookie_file and rpc_user exclude each other');
  if (cookieFile !== undefined) return { type: 'cookie', file: cookieFile };
  if (user === undefined || password === undefined)
    throw new ConfigError('invalid-config', 'a node needs cookie_file, or rpc_user and rpc_password');
  return { type: 'password', user, password };
}

async function writeBlocks(provider: TemplateProvider, file: string): Promise<void> {
  const stream = createWriteStream(file);
  for await (const block of provider.exportBlocks()) if (!stream.write(`${block}\n`)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
}
