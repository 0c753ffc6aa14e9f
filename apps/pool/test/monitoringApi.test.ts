import { targetFromHashrate } from '@stratumkit/bitcoin';
import { MiningStatistics, monitoringRoutes, type StatisticsEvent } from '@stratumkit/roles';
import { createHttpServer, type HttpServer } from '@stratumkit/runtime';
import { afterEach, beforeEach, expect, it } from 'vitest';

const HOSTILE = 'alice.<img src=x>\u0000\u202e';
const now = { monotonicMs: 1_000, unixSeconds: 1_700_000_000 };
let statistics: MiningStatistics;
let http: HttpServer;

beforeEach(async () => {
  statistics = new MiningStatistics({ monotonicMs: 0, unixSeconds: 0 });
  http = await createHttpServer({
    routes: monitoringRoutes({
      statistics,
      monotonicMs: () => now.monotonicMs,
      sharesPerMinute: 6,
      shareBatchSize: 10,
    }),
  });
});

afterEach(() => http.close());

const observe = (event: StatisticsEvent): void => statistics.observe(event, now);

async function ask(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const { host, port } = http.address;
  const response = await fetch(`http://${host}:${port}/api/v1${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function connect(connection: number, identities: readonly string[] = [], kind: 'standard' | 'extended' = 'extended') {
  const setup = { vendor: 'SRI', hardwareVersion: 'Translator Proxy', deviceId: '' };
  observe({ type: 'connected', connection, address: '192.0.2.1', ...setup });
  identities.forEach((userIdentity, index) => {
    observe({
      type: 'channelOpened',
      connection,
      channelId: index + 1,
      userIdentity,
      kind,
      groupChannelId: 100,
      nominalHashrate: 1_000,
      target: targetFromHashrate(1_000, 6),
      maxTarget: new Uint8Array(32).fill(0xff),
      extranoncePrefix: Uint8Array.of(7, 0, 0, 1),
      extranonceSize: 16,
      payoutKey: '51',
    });
  });
}

function share(connection: number, work = 2n ** 70n + 1n): void {
  observe({
    type: 'share',
    connection,
    channelId: 1,
    userIdentity: '',
    worker: undefined,
    sequenceNumber: 41,
    jobId: 1,
    templateId: 1n,
    hash: new Uint8Array(32).fill(0xff).with(31, 0),
    difficulty: 1,
    work,
    late: false,
  });
}

it('answers for the whole pool, clients and channels in the reference form', async () => {
  connect(3, ['bob.rig'], 'standard');
  connect(5, ['carol', 'dave']);
  share(5);
  share(5);
  const rejected = { type: 'shareRejected', connection: 5, channelId: 1, userIdentity: '', worker: undefined } as const;
  observe({ ...rejected, sequenceNumber: 42, jobId: 1, errorCode: 'stale-share' });
  observe({ type: 'acknowledged', connection: 5, channelId: 1, shares: 2, difficultySum: 2n });

  expect((await ask('/global')).body).toMatchObject({
    server: null,
    sv2_clients: { total_clients: 2, total_channels: 3, extended_channels: 2, standard_channels: 1 },
    sv1_clients: null,
    uptime_secs: 1,
    totals: { shares_accepted: 2, shares_rejected: 1, hashes: (2n ** 71n + 2n).toString() },
  });
  expect((await ask('/clients')).body).toMatchObject({ offset: 0, limit: 25, total: 2 });
  expect((await ask('/clients/5')).body).toEqual({
    client_id: 5,
    client_kind: 'translator_proxy',
    vendor: 'SRI',
    extended_channels_count: 2,
    standard_channels_count: 0,
    total_hashrate: 2_000,
  });
  const { body } = await ask('/clients/5/channels?offset=0&limit=1');
  expect(body).toMatchObject({ client_id: 5, offset: 0, limit: 1, total_extended: 2, total_standard: 0 });
  expect(body.standard_channels).toEqual([]);
  expect(body.extended_channels).toMatchObject([
    {
      channel_id: 1,
      user_identity: 'carol',
      nominal_hashrate: 1_000,
      requested_max_target_hex: 'ff'.repeat(32),
      extranonce_prefix_hex: '07000001',
      full_extranonce_size: 20,
      rollable_extranonce_size: 16,
      expected_shares_per_minute: 6,
      shares_accepted: 2,
      shares_rejected: 1,
      shares_rejected_by_reason: { 'stale-share': 1 },
      hashes: (2n ** 71n + 2n).toString(),
      last_share_sequence_number: 41,
      last_batch_accepted: 2,
      last_batch_work_sum: 2,
      share_batch_size: 10,
      blocks_found: 0,
      last_share_secs_ago: 0,
    },
  ]);
  const [channel] = body.extended_channels as [{ hashrate: Record<string, number>; target_hex: string }];
  expect(Object.keys(channel.hashrate)).toEqual(['1m', '10m', '1h', '24h']);
  expect(channel.hashrate['1m']).toBeGreaterThan(0);
  // Most significant byte first.
  expect(channel.target_hex.startsWith('00')).toBe(true);
});

it.each(['/server', '/server/channels', '/clients/9', '/clients/x', '/clients/9/channels', '/accounts/nobody/workers'])(
  'has nothing under %s',
  async (path) => {
    expect((await ask(path)).status).toBe(404);
  },
);

it('gives accounts and their workers', async () => {
  connect(1, ['sri/solo/addr/rig-1']);
  share(1, 5n);
  expect((await ask('/accounts')).body).toMatchObject({
    total: 1,
    items: [{ account: 'sri/solo/addr', channels: 1, workers: 1, shares_accepted: 1, hashes: '5' }],
  });
  const workers = await ask(`/accounts/${encodeURIComponent('sri/solo/addr')}/workers`);
  expect(workers.body).toMatchObject({ total: 1, items: [{ worker: 'rig-1', shares_accepted: 1 }] });
});

it('pages through lists: 25 unless asked, 100 at most', async () => {
  for (let connection = 1; connection <= 150; connection++) connect(connection);
  const idsOf = async (query: string) => {
    const { items } = (await ask(`/clients${query}`)).body as { items: { client_id: number }[] };
    return items.map(({ client_id }) => client_id);
  };
  expect(await idsOf('')).toHaveLength(25);
  expect(await idsOf('?limit=1000')).toHaveLength(100);
  expect(await idsOf('?offset=148&limit=5')).toEqual([149, 150]);
  expect(await idsOf('?offset=999')).toEqual([]);
  expect(await idsOf('?offset=-1&limit=x')).toHaveLength(25);
  expect(await idsOf('?limit=0')).toEqual([]);
});

it('shows what clients call themselves without controls or invisible characters', async () => {
  connect(1, [HOSTILE]);
  share(1);
  const { body } = await ask('/clients/1/channels');
  expect(body.extended_channels).toMatchObject([{ user_identity: 'alice.<img src=x>\\u{0}\\u{202e}' }]);
  expect((await ask('/accounts/alice/workers')).body).toMatchObject({
    items: [{ worker: '<img src=x>\\u{0}\\u{202e}' }],
  });
});
