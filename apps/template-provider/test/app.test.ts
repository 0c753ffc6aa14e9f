import { Readable, Writable } from 'node:stream';
import { createLogger, createMetrics, Resources, runApp } from '@stratumkit/runtime';
import { type TemplateProviderEvent, templateProvider } from '@stratumkit/template-provider';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logEvent } from '../src/logEvent.ts';
import { ProviderMetrics } from '../src/metrics.ts';

async function check(argv: string, environment: Record<string, string> = {}) {
  const text = { out: '', err: '' };
  const collect = (key: 'out' | 'err') =>
    new Writable({
      write(chunk, _, done) {
        text[key] += String(chunk);
        done();
      },
    });
  const exitCode = await runApp(templateProvider, {
    argv: ['--check', ...argv.split(' ').filter((word) => word !== '')],
    environment,
    stdin: Readable.from([]),
    stdout: collect('out'),
    stderr: collect('err'),
    onSignal: () => () => undefined,
  });
  return { exitCode, ...text };
}

describe('configuration', () => {
  it.each([
    [''],
    ['--chain regtest --block-interval 0.5'],
    ['--node http://127.0.0.1:8332 --network mainnet --cookie-file x'],
  ])('takes %s', async (argv) => {
    expect(await check(argv)).toMatchObject({ exitCode: 0, out: 'configuration ok\n' });
  });

  it('takes the password from the environment only', async () => {
    const argv = '--node http://127.0.0.1:8332 --rpc-user me';
    expect(await check(argv, { TEMPLATE_PROVIDER__RPC_PASSWORD: 'secret' })).toMatchObject({ exitCode: 0 });
    expect((await check(`${argv} --rpc-password secret`)).exitCode).toBe(2);
  });

  it.each([
    ['--network mainnet', 'mainnet needs a node'],
    ['--node http://127.0.0.1:8332', 'cookie_file, or rpc_user and rpc_password'],
    ['--node http://127.0.0.1:8332 --cookie-file x --rpc-user me', 'exclude each other'],
    ['--node http://127.0.0.1:8332 --cookie-file x --chain regtest', 'exclude each other'],
    ['--node ftp://127.0.0.1 --cookie-file x', 'http://host:port'],
    ['--block-interval 0', '--block-interval'],
  ])('refuses %s', async (argv, message) => {
    const { exitCode, err } = await check(argv);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });
});

const EVENTS: readonly TemplateProviderEvent[] = [
  { type: 'listening', address: '127.0.0.1:1', authorityPublicKey: undefined },
  { type: 'client-connected', client: 1, address: '127.0.0.1:2', vendor: '\u001b[31mred' },
  { type: 'client-constraints', client: 1, size: 2, sigops: 3 },
  { type: 'tip', height: 7, hash: 'ab' },
  {
    type: 'template',
    templateId: 5n,
    height: 8,
    future: true,
    transactions: 1,
    dropped: 0,
    coinbaseValue: 9n,
    clients: 1,
  },
  { type: 'solution', client: 1, height: 8, hash: 'cd', stale: false },
  { type: 'solution-refused', client: 1, templateId: 5n, reason: 'target-not-met' },
  { type: 'block', client: 1, height: 8, hash: 'cd', outcome: 'rejected', reason: 'bad-cb-amount' },
  { type: 'source-ready', source: 'node', height: 7 },
  { type: 'source-lost', source: 'node', code: 'refused', message: 'nobody there' },
];

describe('events', () => {
  it('become log lines, without the words of a client', () => {
    const lines: Record<string, unknown>[] = [];
    const stream = new Writable({
      write(chunk, _, done) {
        lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
        done();
      },
    });
    const log = createLogger({ name: 'test', level: 'debug', stream, pretty: false });
    for (const event of EVENTS) logEvent(log, event);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      [30, 'listening'],
      [30, 'client connected'],
      [20, 'coinbase constraints'],
      [30, 'new tip'],
      [20, 'template sent'],
      [30, 'solution received'],
      [20, 'solution refused'],
      [40, 'block not accepted'],
      [30, 'templates available'],
      [50, 'no templates'],
    ]);
    expect(lines[4]).toMatchObject({ templateId: '5', coinbaseValue: '9' });
    expect(JSON.stringify(lines)).not.toContain('red');
  });

  it('become numbers', async () => {
    const resources = new Resources();
    onTestFinished(() => resources.close());
    const registry = createMetrics(resources);
    const metrics = new ProviderMetrics(registry);
    for (const event of EVENTS) metrics.count(event);
    const text = await registry.metrics();
    for (const line of [
      'sv2_template_provider_height 7',
      'sv2_template_provider_connections_total 1',
      'sv2_template_provider_templates_total{kind="future"} 1',
      'sv2_template_provider_solutions_total{outcome="target-not-met"} 1',
      'sv2_template_provider_blocks_total{outcome="rejected"} 1',
      'sv2_template_provider_source_losses_total{code="refused"} 1',
    ])
      expect(text).toContain(line);
    expect(metrics.isSourceReady).toBe(false);
  });
});
