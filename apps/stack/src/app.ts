import { performance } from 'node:perf_hooks';
import { ConfigError } from '@stratumkit/codec';
import { formatIntercepted, formatInterceptedJson } from '@stratumkit/message-generator';
import { parseHashrate } from '@stratumkit/mining-device';
import { SV1_PROFILE_NAMES } from '@stratumkit/roles';
import {
  type AppContext,
  boolean,
  choice,
  createHttpServer,
  custom,
  defineApp,
  formatSocketAddress,
  type InferFields,
  integer,
  list,
  number,
  string,
} from '@stratumkit/runtime';
import { createStack, type Stack } from './createStack.ts';
import { fleetsOf } from './fleets.ts';
import { HashrateMeter } from './hashrateMeter.ts';
import { parseNode } from './node.ts';
import { type StackOptions, TOPOLOGIES } from './options.ts';
import { StackReport } from './report.ts';
import { formatScreenText, renderScreen } from './screen.ts';
import type { StackSink } from './sink.ts';
import { startTerminalView } from './terminalView.ts';

const HOST = '127.0.0.1';
const METER_MS = 500;
const MAX_WARNINGS = 4;
/** Of the longest name of a link. */
const LINK_COLUMNS = 'pool-template-provider'.length;
/** After the last block, for devices that no share was accepted of yet. */
const LAST_SHARES_MS = 20_000;

const FIELDS = {
  topology: choice(TOPOLOGIES, {
    doc: 'which roles, and how they are joined: full is SV2 devices behind a proxy and SV1 devices behind a translator on one pool; sv1 and sv2-proxy are only the one or the other; sv2 is SV2 devices on the pool',
    default: 'full',
  }),
  devices: integer({
    doc: 'number of mining devices; a full stack has half of each protocol; 0 to connect only your own',
    default: 4,
    minimum: 0,
    maximum: 2_000,
  }),
  channel: choice(['standard', 'extended'], { doc: 'kind of channel the SV2 devices open', default: 'standard' }),
  profile: list(choice(SV1_PROFILE_NAMES, { doc: 'profile' }), {
    doc: `whose habits the SV1 devices have, of ${SV1_PROFILE_NAMES.join(', ')}; with several they take turns`,
    default: ['generic'],
    placeholder: 'name,...',
  }),
  hashrate: custom(
    { doc: 'of each device, like 50k or 1M hashes a second', default: '100k', placeholder: 'rate' },
    parseHashrate,
  ),
  workers: integer({
    doc: 'threads that hash; by default one less than there are processors',
    optional: true,
    minimum: 1,
    maximum: 256,
  }),
  block_interval: number({
    doc: 'seconds between blocks',
    default: 30,
    minimum: 0.05,
    maximum: 86_400,
  }),
  transactions_per_second: number({ doc: 'on the embedded chain', default: 2, minimum: 0, maximum: 1_000 }),
  shares_per_minute: number({ doc: 'wanted from each device', default: 60, minimum: 0.1, maximum: 6_000 }),
  until_blocks: integer({
    doc: 'end with exit code 0 after this many blocks, and a share of every device if it does not take long',
    optional: true,
    minimum: 1,
  }),
  for: number({
    doc: 'end with exit code 0 after this many seconds',
    optional: true,
    minimum: 0.1,
    placeholder: 'seconds',
  }),
  node: string({
    doc: 'mine regtest on this Bitcoin node, http://user:password@host:port, instead of the embedded chain',
    placeholder: 'url',
    optional: true,
  }),
  cookie_file: string({
    doc: "the node's cookie file, instead of user and password",
    placeholder: 'file',
    optional: true,
  }),
  export_blocks: string({
    doc: 'at the end, write each block as hex to this file, a line each from height 1',
    placeholder: 'file',
    optional: true,
  }),
  data_dir: string({ doc: 'keep chain and keys here between runs', placeholder: 'directory', optional: true }),
  template_provider_port: port('the template provider'),
  pool_port: port('the pool'),
  proxy_port: port('the proxy'),
  translator_port: port('the translator'),
  control_port: integer({
    doc: 'port of 127.0.0.1 for HTTP, where a POST of /api/v1/blocks finds a block on the embedded chain; 0 for a free one',
    optional: true,
    minimum: 0,
    maximum: 65_535,
    placeholder: 'port',
  }),
  intercept: boolean({ doc: 'put an interceptor on every link, and print every message decoded', default: false }),
  record: string({
    doc: 'write what flows on every link to this directory, as tests that message-generator replays',
    placeholder: 'directory',
    optional: true,
  }),
  json: boolean({ doc: 'print events as JSON, one object a line', default: false }),
} as const;

type Config = InferFields<typeof FIELDS>;

/** The command `stratumkit`; `runApp` of `@stratumkit/runtime` runs it. */
export const stack = defineApp({
  name: 'stratumkit',
  version: '0.0.0',
  description:
    'A whole local mining stack on 127.0.0.1: chain, template provider, pool, proxy, translator, and devices of Stratum V2 and V1.',
  environmentPrefix: 'STACK',
  examples: [
    { command: 'stratumkit', does: 'mine regtest with four devices, a block about every 30 seconds, until Ctrl-C' },
    { command: 'stratumkit --devices 20 --channel extended --block-interval 5', does: 'more of it' },
    {
      command: 'stratumkit --topology sv1 --devices 5 --profile bitaxe,minerd',
      does: 'only SV1 devices, behind the translator, with the habits of a Bitaxe and of cpuminer in turn',
    },
    {
      command: 'stratumkit --topology sv2 --devices 1',
      does: 'the least there is: one device on the pool',
    },
    {
      command: 'stratumkit --until-blocks 3 --block-interval 3 --json --export-blocks blocks.txt',
      does: 'for a script: three blocks, events as JSON, the chain as hex',
    },
    {
      command: 'stratumkit --node http://127.0.0.1:18443 --cookie-file ~/.bitcoin/regtest/.cookie',
      does: 'mine on a Bitcoin Core node in regtest',
    },
    { command: 'stratumkit --intercept', does: 'every message between the roles, decoded' },
    { command: 'stratumkit --pool-port 3333 --data-dir my-stack', does: 'the same port and keys at every start' },
  ],
  options: FIELDS,
  check: (config) => void toOptions(config),
  run: (config, context) => runStack(config, context),
});

async function runStack(config: Config, context: AppContext): Promise<number> {
  const { process: edge, resources, log } = context;
  const options = toOptions(config);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const report = new StackReport(
    fleetsOf(options).flatMap(({ protocol, names }) => names.map((name) => ({ name, protocol }))),
  );
  const meter = new HashrateMeter();
  const warnings: string[] = [];
  let resolveDone: (exitCode: number) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const done = new Promise<number>((resolve, reject) => {
    resolveDone = resolve;
    fail = reject;
  });

  let lastShares: NodeJS.Timeout | undefined;
  const onTerminal = !config.json && !config.intercept && edge.stdout.isTTY === true;
  const print = (value: object) => edge.stdout.write(`${JSON.stringify(value)}\n`);
  const warn = (text: string) => {
    warnings.push(text);
    if (warnings.length > MAX_WARNINGS) warnings.shift();
  };
  const sink: StackSink = {
    log,
    onEvent(event) {
      report.apply(event, seconds());
      if (config.json) {
        if (event.event !== 'share_accepted') print(event);
      } else if (!onTerminal) {
        const line = formatScreenText(event);
        if (line !== undefined) edge.stdout.write(`${line}\n`);
      }
      if (config.untilBlocks === undefined || report.blocks < config.untilBlocks) return;
      if (report.isEveryDeviceHeard) resolveDone(0);
      else lastShares ??= setTimeout(() => resolveDone(0), LAST_SHARES_MS);
    },
    onMessage(link, message) {
      if (!config.intercept) return;
      const text = config.json
        ? formatInterceptedJson(message, seconds(), { event: 'message', link })
        : `${link.padEnd(LINK_COLUMNS)}  ${formatIntercepted(message, seconds())}`;
      edge.stdout.write(text);
    },
    onWarning(text) {
      warn(text);
      if (!onTerminal) log.warn(text);
    },
    onFault: warn,
  };

  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  let running: Stack | undefined;
  const view = onTerminal
    ? startTerminalView(edge.stdout, (size) =>
        renderScreen(
          {
            report,
            topology: options.topology,
            seconds: seconds(),
            hashesPerSecond: meter.read(seconds()),
            hops: running?.hops() ?? [],
            warnings,
          },
          size,
        ),
      )
    : undefined;
  let timer: NodeJS.Timeout | undefined;
  let metering: NodeJS.Timeout | undefined;
  const stop = async () => {
    clearTimeout(timer);
    clearTimeout(lastShares);
    clearInterval(metering);
    await running?.close();
    view?.close();
    if (running !== undefined) {
      if (config.json) print(report.summary(seconds(), running.hops()));
      else
        edge.stdout.write(
          `${summaryText(report, seconds())}${config.record === undefined ? '' : `, recorded to ${config.record}`}\n`,
        );
    }
    process.off('uncaughtException', fail);
    process.off('unhandledRejection', fail);
  };
  resources.add(() => `stack: ${running?.closing ?? 'not started'}`, stop);

  running = await createStack(options, sink);
  const live = running;
  let counted = 0;
  metering = setInterval(() => {
    meter.add(live.workAccepted - counted, seconds());
    counted = live.workAccepted;
  }, METER_MS);
  if (config.controlPort !== undefined) {
    const http = await createHttpServer({
      address: { host: HOST, port: config.controlPort },
      actions: { '/api/v1/blocks': () => ({ body: live.findBlock() }) },
      onError: (err, path) => log.error({ err, path }, 'http request failed'),
    });
    resources.add('control', () => http.close());
    const address = formatSocketAddress(http.address);
    sink.onEvent({ event: 'listening', role: 'control', address, url: `http://${address}` });
  }
  if (config.for !== undefined) timer = setTimeout(() => resolveDone(0), config.for * 1000);
  return done;
}

function toOptions(config: Config): StackOptions {
  const { node, cookieFile } = config;
  if (node === undefined && cookieFile !== undefined)
    throw new ConfigError('invalid-config', '--cookie-file needs --node');
  if (node !== undefined && config.controlPort !== undefined)
    throw new ConfigError('invalid-config', '--control-port is for the embedded chain: --node has blocks of its own');
  if (config.topology === 'full' && config.devices === 1)
    throw new ConfigError(
      'invalid-config',
      '--topology full needs at least 2 devices, one of each protocol, or 0 for none of ours',
    );
  const { profile: profiles, controlPort: _, ...rest } = config;
  return { ...rest, profiles, node: node === undefined ? undefined : parseNode(node, cookieFile) };
}

function port(role: string) {
  return integer({
    doc: `port of 127.0.0.1 for ${role}; 0 for a free one`,
    default: 0,
    minimum: 0,
    maximum: 65_535,
    placeholder: 'port',
  });
}

function summaryText(report: StackReport, seconds: number): string {
  const { blocks, height, shares_accepted: accepted, shares_rejected: rejected } = report.summary(seconds);
  return `${blocks} blocks found, height ${height}, ${accepted} shares accepted, ${rejected} rejected in ${seconds.toFixed(1)} s`;
}
