import { openClients } from './support/clients.ts';
import type { LeanClient } from './support/leanClient.ts';
import { UNMETERED } from './support/limits.ts';
import { BURST, pipeline, split } from './support/pipeline.ts';
import { ServerProcess } from './support/serverProcess.ts';
import { median } from './support/statistics.ts';

const CONNECTIONS = 100;
const RUNS = 5;
const PIPELINED_PER_CONNECTION = 1_000;
const ANSWERED_PER_CONNECTION = 150;

/**
 * Shares a second that one pool process accepts from 100 encrypted connections: sent without waiting, and each sent when the
 * one before is answered. Clients run in this process, the pool in another.
 */
export async function run() {
  return [
    ...(await measure('pipelined, standard channels', 'standard', 10, pipeline, PIPELINED_PER_CONNECTION)),
    ...(await measure('pipelined, extended channels, 12 branches', 'extended', 10, pipeline, PIPELINED_PER_CONNECTION)),
    ...(await measure('each answered alone, standard channels', 'standard', 1, oneByOne, ANSWERED_PER_CONNECTION)),
  ];
}

type Drive = (client: LeanClient, shares: readonly Uint8Array[]) => Promise<void>;

async function measure(
  name: string,
  kind: 'standard' | 'extended',
  shareBatchSize: number,
  drive: Drive,
  each: number,
) {
  const server = await ServerProcess.start({ shareBatchSize, connectionLimits: UNMETERED });
  const clients = await openClients(server.port, CONNECTIONS, kind);
  const perSecond: number[] = [];
  const perCpuSecond: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const shares = clients.map((client) => split(client, each, drive === pipeline ? BURST : 1));
    await server.measure();
    const start = performance.now();
    await Promise.all(clients.map((client, index) => drive(client, shares[index]!)));
    const seconds = (performance.now() - start) / 1000;
    const { cpuMs } = await server.measure();
    // The first run warms up.
    if (run === 0) continue;
    perSecond.push((CONNECTIONS * each) / seconds);
    perCpuSecond.push((CONNECTIONS * each) / (cpuMs / 1000));
  }
  for (const client of clients) {
    if (client.refused > 0 || client.acknowledged !== (RUNS + 1) * each) throw new Error('shares were refused or lost');
    client.close();
  }
  await server.stop();
  return [
    rate(`shares over ${CONNECTIONS} connections, ${name}`, 'shares/s', perSecond),
    rate(`the same by the pool's CPU time`, 'shares/s of CPU', perCpuSecond),
  ];
}

function rate(name: string, unit: string, samples: readonly number[]) {
  return { name, unit, median: median(samples), best: Math.max(...samples), samples: samples.length };
}

function oneByOne(client: LeanClient, shares: readonly Uint8Array[]): Promise<void> {
  const before = client.acknowledged + client.refused;
  let sent = 0;
  return client.until(() => {
    const answered = client.acknowledged + client.refused - before;
    if (answered === shares.length) return true;
    if (answered === sent) client.write(shares[sent++]!);
    return false;
  });
}
