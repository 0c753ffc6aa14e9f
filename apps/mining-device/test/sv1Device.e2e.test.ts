import { EventEmitter, once } from 'node:events';
import { SV1_PROFILE_NAMES, SV1_PROFILES } from '@stratumkit/roles';
import { afterEach, describe, expect, it } from 'vitest';
import { createMiningDevice, type MiningDeviceEvent, type MiningDeviceOptions } from '../src/index.ts';
import { Sv1TestServer, VERSION_MASK } from './sv1Server.ts';

/** A share in about 20,000 hashes. */
const DIFFICULTY = 20_000 / 2 ** 32;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function server(): Promise<Sv1TestServer> {
  const started = new Sv1TestServer(DIFFICULTY);
  await started.start();
  cleanups.push(() => started.close());
  return started;
}

async function device({ port }: Sv1TestServer, options: Partial<MiningDeviceOptions> = {}) {
  const events: MiningDeviceEvent[] = [];
  const emitter = new EventEmitter();
  const running = await createMiningDevice({
    protocol: 'sv1',
    upstreams: [{ host: '127.0.0.1', port }],
    userIdentity: 'alice',
    workers: 1,
    hashrate: 500_000,
    ...options,
    onEvent(event) {
      events.push(event);
      emitter.emit('event');
    },
  });
  cleanups.push(() => running.close());
  const event = async (type: MiningDeviceEvent['type'], count = 1) => {
    while (events.filter((each) => each.type === type).length < count) await once(emitter, 'event');
  };
  return { running, events, event };
}

describe('SV1 mining device over real sockets', () => {
  it('mines with the habits of every profile, each device with its own connection', async () => {
    const pool = await server();
    const { running, event } = await device(pool, {
      devices: SV1_PROFILE_NAMES.length,
      profiles: SV1_PROFILE_NAMES,
      hashrate: 200_000,
    });
    await event('authorized', SV1_PROFILE_NAMES.length);
    const isMissing = () => running.statistics().some(({ sharesAccepted }) => sharesAccepted === 0);
    while (isMissing()) await event('shareAccepted', pool.shares.length + 1);
    expect(pool.userAgents.sort()).toEqual(SV1_PROFILE_NAMES.map((name) => SV1_PROFILES[name].userAgent).sort());
    expect(pool.shares.filter(({ problem }) => problem !== undefined)).toEqual([]);
    const workers = new Set(pool.shares.map(({ share }) => share.workerName));
    expect([...workers].sort()).toEqual(running.names.map((name) => `alice.${name}`));
    const bits = pool.shares.flatMap(({ share }) => (share.versionBits === undefined ? [] : [share.versionBits]));
    expect(bits.some((each) => each !== 0)).toBe(true);
    expect(bits.every((each) => (each & ~VERSION_MASK) === 0)).toBe(true);
  });

  it('follows a new tip, comes back after a lost connection, and counts', async () => {
    const pool = await server();
    const { running, events, event } = await device(pool);
    await event('shareAccepted', 2);
    pool.newTip();
    await event('job', 2);
    const firstNew = () => pool.shares.findIndex(({ share }) => share.jobId === '2');
    while (firstNew() < 0) await pool.shareCount(pool.shares.length + 1);
    for (const { problem } of pool.shares) expect([undefined, 'stale']).toContain(problem);
    pool.dropConnections();
    await event('connected', 2);
    const before = pool.shares.length;
    await pool.shareCount(before + 3);
    for (const { problem } of pool.shares.slice(before)) expect(problem).toBeUndefined();
    const [statistics] = running.statistics();
    const accepted = events.filter(({ type }) => type === 'shareAccepted').length;
    expect(statistics).toMatchObject({ name: 'device1', sharesAccepted: accepted });
  });

  it('goes on to the next upstream', async () => {
    const gone = await server();
    const { port } = gone;
    await gone.close();
    const pool = await server();
    const { event } = await device(pool, {
      upstreams: [
        { host: '127.0.0.1', port },
        { host: '127.0.0.1', port: pool.port },
      ],
    });
    await event('shareAccepted');
  });
});
