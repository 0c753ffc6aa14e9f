import { createHttpServer, type HttpServer } from '@stratumkit/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { connected } from '../../../packages/roles/test/translator/translatorNetwork.ts';
import { monitoringRoutes } from '../src/monitoring.ts';

const HOSTILE = 'alice.<img src=x>\u0000\u202e';
let http: HttpServer;
afterEach(() => http.close());

/** A pool, a translator and a miner under virtual time, and HTTP over a real socket. */
async function serve(aggregateChannels = true, vardiff = true) {
  const stage = connected(
    { aggregateChannels, difficulty: { sharesPerMinute: 6, minerHashrate: 5, vardiff } },
    { mask: 0xffffffff },
  );
  const { core } = stage.translator;
  http = await createHttpServer({ routes: monitoringRoutes({ core, vardiff, uptimeSeconds: () => 61.5 }) });
  return stage;
}

async function ask(path: string): Promise<{ status: number; body: Record<string, never> }> {
  const { host, port } = http.address;
  const response = await fetch(`http://${host}:${port}/api/v1${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

describe('the monitoring API', () => {
  it('shows SV1 clients with the fields of the reference implementation', async () => {
    const { network, miner } = await serve();
    network.run(60);
    const { body } = await ask('/sv1/clients');
    expect(body).toMatchObject({ offset: 0, limit: 25, total: 1 });
    const [client] = body.items as unknown as Record<string, unknown>[];
    expect(client).toMatchObject({
      client_id: 1,
      channel_id: expect.any(Number),
      connection_ip: '192.0.2.1',
      sv1_username: 'alice.rig',
      sv1_worker_name: 'rig',
      target_hex: expect.stringMatching(/^[0-9a-f]{64}$/),
      hashrate: expect.any(Number),
      stable_hashrate: expect.any(Boolean),
      extranonce1_hex: expect.stringMatching(/^[0-9a-f]{4}$/),
      extranonce2_len: 4,
      version_rolling_mask: '1fffe000',
      version_rolling_min_bit: null,
      user_agent: 'test/1',
      difficulty: miner.difficulties.at(-1),
      shares_accepted: miner.accepted,
      shares_rejected: 0,
      blocks_found: 0,
    });
    expect(await ask('/sv1/clients/1')).toEqual({ status: 200, body: client });
  });

  it('shows the upstream’s channels', async () => {
    const { network, pool } = await serve();
    network.run(60);
    const counted = pool.eventsOf('share').length;
    expect((await ask('/server/channels')).body).toMatchObject({
      offset: 0,
      limit: 25,
      total_extended: 1,
      total_standard: 0,
      standard_channels: [],
      extended_channels: [
        {
          channel_id: expect.any(Number),
          user_identity: 'farm',
          nominal_hashrate: expect.any(Number),
          target_hex: expect.stringMatching(/^[0-9a-f]{64}$/),
          extranonce_prefix_hex: expect.stringMatching(/^[0-9a-f]+$/),
          full_extranonce_size: 20,
          rollable_extranonce_size: expect.any(Number),
          version_rolling: true,
          shares_acknowledged: expect.any(Number),
          shares_submitted: counted,
          shares_rejected: 0,
          shares_rejected_by_reason: {},
          acknowledged_work_sum: expect.any(Number),
          validated_work_sum: expect.any(Number),
          best_diff: expect.any(Number),
          blocks_found: 0,
        },
      ],
    });
    const server = { extended_channels_count: 1, standard_channels_count: 0, total_hashrate: expect.any(Number) };
    expect((await ask('/server')).body).toEqual(server);
    expect((await ask('/global')).body).toEqual({
      server: { total_channels: 1, extended_channels: 1, standard_channels: 0, total_hashrate: expect.any(Number) },
      sv2_clients: null,
      sv1_clients: { total_clients: 1, total_hashrate: expect.any(Number) },
      uptime_secs: 61,
    });
  });

  it('counts refusals of the upstream by its word, and shows one channel for each miner', async () => {
    const { network, pool } = await serve(false);
    pool.answerShares = 'strange\u202ereason';
    network.run(60);
    const { body } = await ask('/server/channels');
    expect(body).toMatchObject({ total_extended: 1 });
    const [channel] = body.extended_channels as unknown as Record<string, Record<string, number>>[];
    expect(channel).toMatchObject({ user_identity: 'farm.rig', shares_rejected: expect.any(Number) });
    expect(Object.keys(channel!.shares_rejected_by_reason!)).toEqual(['strange\\u{202e}reason']);
  });

  it('knows no hashrate without vardiff', async () => {
    await serve(true, false);
    const { body } = await ask('/sv1/clients/1');
    expect(body).toMatchObject({ hashrate: null, stable_hashrate: false });
    expect((await ask('/server/channels')).body).toMatchObject({ extended_channels: [{ nominal_hashrate: null }] });
  });

  it('pages through lists, and shows names without controls', async () => {
    const { network, translator } = await serve();
    for (let index = 0; index < 30; index++) network.miner(translator, { workerName: HOSTILE, hashrate: 0 });
    network.run(1);
    const idsOf = async (query: string) =>
      ((await ask(`/sv1/clients${query}`)).body.items as unknown as { client_id: number }[]).map(
        ({ client_id }) => client_id,
      );
    expect(await idsOf('')).toHaveLength(25);
    expect(await idsOf('?limit=1000')).toHaveLength(31);
    expect(await idsOf('?offset=29&limit=5')).toEqual([30, 31]);
    expect(await idsOf('?offset=-1&limit=x')).toHaveLength(25);
    expect((await ask('/sv1/clients/2')).body).toMatchObject({
      sv1_username: 'alice.<img src=x>\\u{0}\\u{202e}',
      sv1_worker_name: '<img src=x>',
    });
  });

  it.each(['/sv1/clients/99', '/sv1/clients/x', '/clients/1', '/clients/1/channels'])(
    'has nothing at %s',
    async (path) => {
      await serve();
      expect((await ask(path)).status).toBe(404);
    },
  );

  it('has no SV2 clients', async () => {
    await serve();
    expect((await ask('/clients')).body).toEqual({ offset: 0, limit: 25, total: 0, items: [] });
  });
});
