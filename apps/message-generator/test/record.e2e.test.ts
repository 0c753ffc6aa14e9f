import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { decodeAuthorityPublicKey, decodeAuthoritySecretKey } from '@stratumkit/noise';
import { afterEach, expect, it } from 'vitest';
import { createInterceptor, type InterceptedMessage, type Interceptor, parseTestText, runTest } from '../src/index.ts';
import { KEYS } from './helpers.ts';
import { startApp, startPool, startTemplateProvider, stopAll } from './ourRoles.ts';

const children = new Set<ChildProcess>();
const interceptors = new Set<Interceptor>();
afterEach(async () => {
  await stopAll(children);
  for (const interceptor of interceptors) await interceptor.close();
  interceptors.clear();
});

async function between(upstream: string, onMessage: (seen: InterceptedMessage) => void): Promise<Interceptor> {
  const [host = '', port = ''] = upstream.split(':');
  const interceptor = await createInterceptor({
    listen: { host: '127.0.0.1', port: 0 },
    upstream: { host, port: Number(port) },
    upstreamKey: decodeAuthorityPublicKey(KEYS.pub_key),
    authoritySecretKey: decodeAuthoritySecretKey(KEYS.secret_key),
    random: (length) => new Uint8Array(randomBytes(length)),
    unixSeconds: () => Math.floor(Date.now() / 1000),
    onMessage,
  });
  interceptors.add(interceptor);
  return interceptor;
}

const addressOf = ({ address }: Interceptor) => `${address.host}:${address.port}`;
const nameOf = ({ message }: InterceptedMessage) => ('frame' in message ? (message.definition?.name ?? '') : '');

it.each(['standard', 'extended'])(
  'a whole configuration is recorded, and its %s device replayed against a fresh pool',
  async (channel) => {
    const templates: string[] = [];
    const mining: string[] = [];
    let enough: () => void = () => undefined;
    const credited = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const node = await between(await startTemplateProvider(children), (seen) => templates.push(nameOf(seen)));
    const pool = await between(await startPool(children, addressOf(node)), (seen) => {
      mining.push(nameOf(seen));
      if (nameOf(seen) === 'SubmitShares.Success') enough();
    });
    const upstream = `stratum2+tcp://${addressOf(pool)}/${KEYS.pub_key}`;
    startApp(children, 'mining-device', ['--upstream', upstream, '--channel', channel, '--hashrate', '300k']);
    await credited;
    const recorded = { node: node.recordedTest(), pool: pool.recordedTest() };
    await stopAll(children);

    expect(templates.slice(0, 3)).toEqual(['SetupConnection', 'SetupConnection.Success', 'CoinbaseOutputConstraints']);
    expect(templates).toContain('NewTemplate');
    expect(mining[0]).toBe('SetupConnection');
    expect(parseTestText(recorded.node, 'node.json').connections).toHaveLength(1);

    const fresh = await startPool(children, await startTemplateProvider(children));
    const plan = parseTestText(recorded.pool, 'pool.json');
    const [connection] = plan.connections;
    const ports = { [connection?.port ?? 0]: Number(fresh.split(':')[1]) };
    const replay = await runTest(plan, { ports, seed: 1 });
    expect(replay.failures).toEqual([]);
    const received = replay.transcript.filter(({ direction }) => direction === 'received').map(({ title }) => title);
    expect(received.join()).toMatch(/Open(Standard|Extended)MiningChannel\.Success/);
    expect(received.join()).toMatch(/SubmitShares\.(Success|Error)/);
  },
);
