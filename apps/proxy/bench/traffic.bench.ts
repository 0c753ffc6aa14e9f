import { openClients } from '../../pool/bench/support/clients.ts';
import type { LeanClient } from '../../pool/bench/support/leanClient.ts';
import { UNMETERED } from '../../pool/bench/support/limits.ts';
import { ServerProcess } from '../../pool/bench/support/serverProcess.ts';
import type { ProxyMode, Traffic } from './support/protocol.ts';
import { ProxyProcess } from './support/proxyProcess.ts';

const DEVICES = 1_000;
/** At 6 shares a minute: so that of 1,000 shares one is one for the pool, as if each device had 0.1 of them. */
const FARM_HASHRATE = 100;
/** Ten minutes of mining: a tip, a better template every 30 seconds, 6 shares a minute from each device. */
const TEMPLATES = 20;
const SHARES_PER_TEMPLATE = 3;
/** Bytes and messages between pool and 1,000 devices in ten minutes' worth of work: direct, and on a proxy's one connection. */
export async function run() {
  const direct = await measureDirect();
  const rows = [...rowsOf('1,000 direct connections', direct)];
  for (const mode of ['aggregating', 'transparent'] as const) {
    const proxied = await measureProxied(mode);
    rows.push(...rowsOf(`upstream of a proxy, ${mode}`, proxied));
    rows.push({ name: `${mode}: times fewer bytes`, unit: 'x', median: direct.bytes / proxied.bytes });
    rows.push({ name: `${mode}: times fewer messages`, unit: 'x', median: direct.frames / proxied.frames });
  }
  return rows;
}

function rowsOf(name: string, { bytes, frames }: Traffic) {
  return [
    { name: `${name}: bytes`, unit: 'KiB', median: bytes / 1024 },
    { name: `${name}: messages`, unit: 'messages', median: frames },
  ];
}

async function measureDirect(): Promise<Traffic> {
  const server = await ServerProcess.start({ connectionLimits: UNMETERED, vardiff: false });
  const clients = await openClients(server.port, DEVICES, 'standard');
  const before = trafficOf(clients);
  await mine(server, clients);
  const after = trafficOf(clients);
  for (const client of clients) client.close();
  await server.stop();
  return { bytes: after.bytes - before.bytes, frames: after.frames - before.frames };
}

async function measureProxied(mode: ProxyMode): Promise<Traffic> {
  const minHashrate = mode === 'aggregating' ? { minHashrate: FARM_HASHRATE } : {};
  const server = await ServerProcess.start({ connectionLimits: UNMETERED, vardiff: false, ...minHashrate });
  const proxy = await ProxyProcess.start(server.port, mode);
  const clients = await openClients(proxy.port, DEVICES, 'standard');
  await proxy.measure();
  await mine(server, clients);
  const { upstream } = await proxy.measure();
  for (const client of clients) client.close();
  await proxy.stop();
  await server.stop();
  return upstream;
}

async function mine({ provider }: ServerProcess, clients: readonly LeanClient[]): Promise<void> {
  const tips = clients[0]!.tips + 1;
  provider.announce();
  provider.activate();
  await Promise.all(clients.map((client) => client.until(() => client.tips >= tips)));
  for (let template = 0; template < TEMPLATES; template++) {
    const jobs = clients[0]!.jobs + 1;
    provider.refresh();
    await Promise.all(clients.map((client) => client.until(() => client.jobs >= jobs)));
    for (const client of clients) client.write(client.sealShares(SHARES_PER_TEMPLATE));
  }
  const wanted = TEMPLATES * SHARES_PER_TEMPLATE;
  await Promise.all(clients.map((client) => client.until(() => client.acknowledged + client.refused >= wanted)));
  const refused = clients.reduce((sum, client) => sum + client.refused, 0);
  if (refused > 0) throw new Error(`${refused} shares were refused`);
}

function trafficOf(clients: readonly LeanClient[]): Traffic {
  let [bytes, frames] = [0, 0];
  for (const client of clients) {
    bytes += client.bytes;
    frames += client.frames.sent + client.frames.received;
  }
  return { bytes, frames };
}
