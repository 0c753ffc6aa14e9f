import { createMiningDevice, type MiningDeviceEvent } from '@stratumkit/mining-device';
import { decodeAuthorityPublicKey } from '@stratumkit/noise';
import { createPool, type PoolAppEvent, defaultModules as poolModules } from '@stratumkit/pool';
import { createProxy, type ProxyAppEvent, defaultModules as proxyModules } from '@stratumkit/proxy';
import { Resources } from '@stratumkit/runtime';
import { createTemplateProvider } from '@stratumkit/template-provider';
import { freePort } from '@stratumkit/testing';
import { afterEach, expect, it } from 'vitest';

const DEVICES = 100;
const HOST = '127.0.0.1';
const SECRET = new Uint8Array(32).fill(0x42);

let resources = new Resources();
afterEach(async () => {
  await resources.close();
  resources = new Resources();
});

/** Waits for events, not for time. */
class Signals {
  #waiting = new Set<() => void>();

  readonly changed = (): void => {
    for (const check of [...this.#waiting]) check();
  };

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!condition()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** Miners are let go of when they had no work for so long. */
const MAX_WORK_ABSENCE_MS = 20_000;

it.each([
  // Of a whole farm, and of one device.
  { mode: 'aggregating', poolSharesPerMinute: 600 },
  { mode: 'transparent', poolSharesPerMinute: 60 },
] as const)('a hundred devices fail over to a second pool and back, $mode', async ({ mode, poolSharesPerMinute }) => {
  const signals = new Signals();
  const provider = await createTemplateProvider({
    listen: { host: HOST, port: 0 },
    source: { type: 'regtest', blockInterval: 600, expectedHashrate: 1e6, transactionsPerSecond: 0, seed: 1 },
    dataDir: undefined,
  });
  resources.add('provider', () => provider.close());

  const startPool = async (name: string, port: number) => {
    const counted = { shares: 0, rejected: [] as string[] };
    const onEvent = (event: PoolAppEvent) => {
      if (event.type === 'share') counted.shares++;
      if (event.type === 'shareRejected') counted.rejected.push(event.errorCode);
      signals.changed();
    };
    const pool = await createPool(
      {
        listen: { host: HOST, port },
        templateProvider: {
          ...provider.address,
          authorityPublicKey: decodeAuthorityPublicKey(provider.authorityPublicKey!),
        },
        authoritySecretKey: SECRET,
        network: 'regtest',
        coinbaseRewardScript: Uint8Array.of(0x51),
        poolSignature: name,
        minHashrate: 1,
        sharesPerMinute: poolSharesPerMinute,
      },
      poolModules,
      onEvent,
    );
    resources.add(name, () => pool.close());
    return { pool, counted };
  };
  const first = await startPool('first', await freePort());
  const second = await startPool('second', 0);
  const authorityPublicKey = decodeAuthorityPublicKey(first.pool.authorityPublicKey!);
  const [firstAt, secondAt] = [first.pool.address, second.pool.address];

  const proxyEvents: ProxyAppEvent[] = [];
  const proxy = await createProxy(
    {
      listen: { host: HOST, port: 0 },
      upstreams: [firstAt, secondAt].map((address) => ({ ...address, authorityPublicKey, userIdentity: 'farm' })),
      authoritySecretKey: SECRET,
      mode,
      minHashrate: 1,
      sharesPerMinute: 60,
      shareBatchSize: 1,
      limits: { noWorkMs: MAX_WORK_ABSENCE_MS },
      timeouts: { returnAfterMs: 1_000, probeMs: 500 },
      retry: { firstDelayMs: 50, maxDelayMs: 500, attemptsPerUpstream: 1 },
    },
    proxyModules,
    (event) => {
      if (event.type !== 'share' && event.type !== 'acknowledged') proxyEvents.push(event);
      signals.changed();
    },
  );
  resources.add('proxy', () => proxy.close());
  const active = () => proxyEvents.filter((event) => event.type === 'upstreamActive').map(({ port }) => port);

  const deviceEvents: MiningDeviceEvent[] = [];
  const tips = new Map<number, number>();
  const devices = await createMiningDevice({
    upstreams: [{ ...proxy.address, authorityPublicKey: decodeAuthorityPublicKey(proxy.authorityPublicKey!) }],
    userIdentity: 'farm',
    devices: DEVICES,
    hashrate: 2_000,
    workers: 1,
    onEvent: (event) => {
      if (event.type === 'job') tips.set(event.device, (tips.get(event.device) ?? 0) + (event.newTip ? 1 : 0));
      else deviceEvents.push(event);
      signals.changed();
    },
  });
  resources.add('devices', () => devices.close());
  const accepted = () =>
    deviceEvents.reduce((sum, event) => sum + (event.type === 'sharesAccepted' ? event.count : 0), 0);
  const allHaveTips = (count: number) => tips.size === DEVICES && Math.min(...tips.values()) >= count;

  await signals.until(() => allHaveTips(1) && accepted() >= DEVICES && first.counted.shares > 0);
  expect(active()).toEqual([firstAt.port]);

  await first.pool.close();
  await signals.until(() => active().length === 2 && allHaveTips(2) && second.counted.shares > 0);
  expect(active()).toEqual([firstAt.port, secondAt.port]);

  const again = await startPool('first again', firstAt.port);
  await signals.until(() => active().length === 3 && allHaveTips(3) && again.counted.shares > 0);
  expect(active()).toEqual([firstAt.port, secondAt.port, firstAt.port]);

  // Nobody was without work for longer than the stated time: the proxy would have let go of its miners.
  expect(proxyEvents.filter((event) => event.type === 'workExpired')).toEqual([]);
  expect(deviceEvents.filter((event) => event.type === 'disconnected')).toEqual([]);
  const codes = deviceEvents.filter((event) => event.type === 'shareRejected').map((event) => event.errorCode);
  expect(codes.filter((code) => code !== 'stale-share')).toEqual([]);
  // What the proxy says was acknowledged, some pool has counted.
  const { sharesAcknowledged, sharesForwarded } = proxy.status.totals;
  const shares = first.counted.shares + second.counted.shares + again.counted.shares;
  expect(sharesAcknowledged).toBeGreaterThan(0);
  expect(sharesAcknowledged).toBeLessThanOrEqual(shares);
  expect(shares).toBeLessThanOrEqual(sharesForwarded);
  // In the other mode the proxy also acknowledges what is below the pool's target, by itself.
  if (mode === 'transparent') expect(accepted()).toBeLessThanOrEqual(shares);
  const rejected = [first, second, again].flatMap(({ counted }) => counted.rejected);
  expect(rejected.filter((code) => code !== 'stale-share')).toEqual([]);
});
