import { expect, it } from 'vitest';
import { type MiningEvent, MiningStatistics, monitoringRoutes } from '../../src/index.ts';
import { Network, upstream } from '../proxy/network.ts';

const REQUEST = { params: {}, query: new URLSearchParams() };

it.each([
  ['aggregating', 1, 0, 3],
  ['transparent', 0, 3, 3],
] as const)('a proxy shows what it mines on upstream, %s', (mode, extended, standard, clients) => {
  const network = new Network();
  const pool = network.pool('pool');
  const proxy = network.proxy('proxy', [upstream('pool')], { mode });
  const statistics = new MiningStatistics(network.now);
  const routes = monitoringRoutes({
    statistics,
    monotonicMs: () => network.now.monotonicMs,
    sharesPerMinute: 6,
    shareBatchSize: 10,
    upstreamChannels: () => proxy.core.upstreamChannels,
  });
  const ask = (path: string) => routes[`/api/v1${path}`]!(REQUEST);
  network.farm('farm', [upstream('proxy')], { devices: 3, hashrate: 20 });
  network.run(3);
  for (const event of proxy.events)
    if (event.type === 'connected' || event.type === 'channelOpened')
      statistics.observe(event satisfies MiningEvent, network.now);

  const channels = { total_channels: extended + standard, extended_channels: extended, standard_channels: standard };
  expect(ask('/global').body).toMatchObject({
    server: { ...channels, total_hashrate: 60 },
    sv2_clients: { total_clients: clients, standard_channels: 3, total_hashrate: 60 },
  });
  expect(ask('/server')).toEqual({
    body: { extended_channels_count: extended, standard_channels_count: standard, total_hashrate: 60 },
  });
  const opened = pool.eventsOf('channelOpened').at(-1)!;
  const page = ask('/server/channels').body as Record<string, unknown[]>;
  expect(page).toMatchObject({ total_extended: extended, total_standard: standard });
  expect([...page.extended_channels!, ...page.standard_channels!].at(-1)).toMatchObject({
    channel_id: opened.channelId,
    user_identity: opened.userIdentity,
    extranonce_prefix_hex: Buffer.from(opened.extranoncePrefix).toString('hex'),
  });

  pool.mood = 'refusing';
  network.cut('pool');
  expect(ask('/server').status).toBe(404);
  expect(ask('/global').body).toMatchObject({ server: null });
});
