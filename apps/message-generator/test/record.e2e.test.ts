import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { decodeAuthorityPublicKey, decodeAuthoritySecretKey } from '@stratumkit/noise';
import { afterEach, expect, it } from 'vitest';
import {
  createInterceptor,
  formatReport,
  type InterceptedMessage,
  type Interceptor,
  parseTestText,
  runTest,
} from '../src/index.ts';
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
    record: true,
    onMessage,
  });
  interceptors.add(interceptor);
  return interceptor;
}

const addressOf = ({ address }: Interceptor) => `${address.host}:${address.port}`;
const nameOf = ({ message }: InterceptedMessage) => ('frame' in message ? (message.definition?.name ?? '') : '');

/** Replays a recording against a role at this address. Returns the titles of what came. */
async function replay(recording: string, address: string): Promise<readonly string[]> {
  const [host = '', port = ''] = address.split(':');
  const peer = { host, port: Number(port), authorityPublicKey: decodeAuthorityPublicKey(KEYS.pub_key) };
  const report = await runTest(parseTestText(recording, 'recording.json'), { peer, seed: 1 });
  expect(report.outcome, formatReport(report, { verbose: true })).toBe('passed');
  return report.transcript.filter(({ direction }) => direction === 'received').map(({ title }) => title);
}

it('a whole configuration is recorded, and its devices and its pool are replayed against fresh roles', async () => {
  const templates: string[] = [];
  const credited = new Set<number>();
  let enough: () => void = () => undefined;
  const everyoneCredited = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const provider = await between(await startTemplateProvider(children), (seen) => templates.push(nameOf(seen)));
  const pool = await between(await startPool(children, addressOf(provider)), (seen) => {
    if (nameOf(seen) !== 'SubmitShares.Success') return;
    credited.add(seen.connection);
    if (credited.size === 2) enough();
  });
  const upstream = `stratum2+tcp://${addressOf(pool)}/${KEYS.pub_key}`;
  for (const channel of ['standard', 'extended']) {
    startApp(children, 'mining-device', ['--upstream', upstream, '--channel', channel, '--hashrate', '300k']);
  }
  await everyoneCredited;
  const recorded = { provider: provider.recordedTest(), pool: pool.recordedTest() };
  await stopAll(children);
  expect(templates.slice(0, 3)).toEqual(['SetupConnection', 'SetupConnection.Success', 'CoinbaseOutputConstraints']);

  const fresh = await startTemplateProvider(children);
  const toProvider = await replay(recorded.provider, fresh);
  expect(toProvider.join()).toMatch(/NewTemplate.*SetNewPrevHash/);
  const toPool = await replay(recorded.pool, await startPool(children, fresh));
  for (const title of ['OpenStandardMiningChannel.Success', 'OpenExtendedMiningChannel.Success']) {
    expect(toPool.join()).toContain(title);
  }
  expect(toPool.filter((title) => /SubmitShares\.(Success|Error)/.test(title)).length).toBeGreaterThanOrEqual(2);
});
