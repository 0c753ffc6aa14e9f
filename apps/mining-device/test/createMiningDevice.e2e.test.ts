import { EventEmitter, once } from 'node:events';
import { bigintToTarget } from '@stratumkit/bitcoin';
import { ConfigError } from '@stratumkit/codec';
import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createMiningDevice,
  type MiningDevice,
  type MiningDeviceEvent,
  type MiningDeviceOptions,
} from '../src/index.ts';
import { TestUpstream } from './testUpstream.ts';

/** A share in 20,000 hashes. */
const TARGET = bigintToTarget((1n << 256n) / 20_000n);

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function upstream(plain = false): Promise<TestUpstream> {
  const server = new TestUpstream(TARGET, plain);
  await server.start();
  cleanups.push(() => server.close());
  return server;
}

async function device(
  server: TestUpstream,
  options: Partial<MiningDeviceOptions> = {},
): Promise<{
  device: MiningDevice;
  events: MiningDeviceEvent[];
  event: (type: MiningDeviceEvent['type'], count?: number) => Promise<void>;
}> {
  const events: MiningDeviceEvent[] = [];
  const emitter = new EventEmitter();
  const running = await createMiningDevice({
    upstreams: [{ host: '127.0.0.1', port: server.port, authorityPublicKey: server.identity.authorityPublicKey }],
    userIdentity: 'alice',
    workers: 1,
    hashrate: 1e6,
    ...options,
    onEvent: (event) => {
      events.push(event);
      emitter.emit('event');
    },
  });
  cleanups.push(() => running.close());
  const event = async (type: MiningDeviceEvent['type'], count = 1) => {
    while (events.filter((each) => each.type === type).length < count) await once(emitter, 'event');
  };
  return { device: running, events, event };
}

describe('mining device over real sockets', () => {
  it('mines encrypted on a standard channel', async () => {
    const server = await upstream();
    const { device: running, event } = await device(server);
    await event('sharesAccepted', 5);
    expect(server.flags).toEqual([MINING_SETUP_FLAGS.requiresStandardJobs]);
    expect(server.users).toEqual(['alice']);
    expect(server.shares.filter((share) => share.problem !== undefined)).toEqual([]);
    const [statistics] = running.statistics();
    expect(statistics).toMatchObject({ name: 'device1', sharesRejected: 0 });
    expect(statistics!.sharesAccepted).toBeGreaterThanOrEqual(5);
    expect(statistics!.hashes).toBeGreaterThan(0);
  });

  it('mines on an extended channel, rolling versions within their mask', async () => {
    const server = await upstream();
    const { event } = await device(server, { channel: 'extended' });
    await event('sharesAccepted', 5);
    expect(server.flags).toEqual([0]);
    expect(server.shares.filter((share) => share.problem !== undefined)).toEqual([]);
    expect(server.shares.some((share) => share.version !== 0x20000000)).toBe(true);
  });

  it('leaves the version alone if told so', async () => {
    const server = await upstream();
    const { event } = await device(server, { channel: 'extended', rollVersion: false });
    await event('sharesAccepted', 3);
    expect(server.shares.every((share) => share.version === 0x20000000)).toBe(true);
  });

  it.each(['each', 'shared'] as const)('runs many devices, connections: %s', async (connections) => {
    const server = await upstream(true);
    const { device: running, event } = await device(server, {
      devices: 5,
      connections,
      security: 'plain',
      hashrate: 200_000,
    });
    await event('channelOpened', 5);
    expect(server.connections).toBe(connections === 'each' ? 5 : 1);
    expect(server.users.sort()).toEqual(running.names.map((name) => `alice.${name}`));
    await server.shareCount(20);
    expect(new Set(server.shares.map((share) => share.channelId)).size).toBeGreaterThan(1);
    expect(server.shares.filter((share) => share.problem !== undefined)).toEqual([]);
  });

  it('follows a new tip and sends nothing stale from then on', async () => {
    const server = await upstream();
    const { event } = await device(server);
    await event('sharesAccepted', 2);
    server.newTip();
    await event('job', 2);
    const firstNew = () => server.shares.findIndex(({ jobId }) => jobId === 1);
    while (firstNew() === -1) await server.shareCount(server.shares.length + 1);
    await server.shareCount(firstNew() + 3);
    expect(server.shares.filter((share) => ![undefined, 'stale-share'].includes(share.problem))).toEqual([]);
    for (const share of server.shares.slice(firstNew())) expect(share).toMatchObject({ jobId: 1, problem: undefined });
  });

  it('comes back after the server dropped it', async () => {
    const server = await upstream();
    const { event } = await device(server);
    await event('sharesAccepted');
    server.dropConnections();
    await event('disconnected');
    await event('connected', 2);
    const before = server.shares.length;
    await server.shareCount(before + 2);
  });

  it('goes on to the next upstream when one is not who it should be', async () => {
    const server = await upstream();
    const good = { host: '127.0.0.1', port: server.port, authorityPublicKey: server.identity.authorityPublicKey };
    const wrong = { ...good, authorityPublicKey: new Uint8Array(32).fill(0x11) };
    const { events, event } = await device(server, { upstreams: [wrong, good] });
    await event('sharesAccepted');
    const reasons = events.flatMap((each) => (each.type === 'disconnected' ? [each.reason] : []));
    expect(reasons).toEqual(['wrong-authority', 'wrong-authority', 'wrong-authority']);
  });

  it('refuses an upstream without a key unless told otherwise', async () => {
    const server = await upstream();
    const upstreams = [{ host: '127.0.0.1', port: server.port }];
    await expect(device(server, { upstreams })).rejects.toThrow(ConfigError);
    const { event } = await device(server, { upstreams, security: 'unverified' });
    await event('sharesAccepted');
  });
});
