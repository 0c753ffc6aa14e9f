import { openClients } from '../../pool/bench/support/clients.ts';
import { UNMETERED } from '../../pool/bench/support/limits.ts';
import { pipeline, split } from '../../pool/bench/support/pipeline.ts';
import { ServerProcess } from '../../pool/bench/support/serverProcess.ts';
import { median } from '../../pool/bench/support/statistics.ts';
import type { ProxyMode } from './support/protocol.ts';
import { ProxyProcess } from './support/proxyProcess.ts';

const CONNECTIONS = 100;
const RUNS = 4;
const EACH = 300;

/** Shares a second through a proxy, pipelined from 100 encrypted connections: where the pool wants them all, and where it wants few. */
export async function run() {
  return [
    ...(await measure('aggregating', 'all go up', 1e-9)),
    ...(await measure('aggregating', 'one in 1,000 goes up', 100)),
    ...(await measure('transparent', 'all go up', 1e-9)),
  ];
}

async function measure(mode: ProxyMode, name: string, minHashrate: number) {
  // Few shares would not fill a batch: what is measured were the delay after which the pool acknowledges an unfilled one.
  const shareBatchSize = minHashrate < 1 ? 10 : 1;
  const server = await ServerProcess.start({
    connectionLimits: UNMETERED,
    vardiff: false,
    minHashrate,
    shareBatchSize,
  });
  const proxy = await ProxyProcess.start(server.port, mode);
  const clients = await openClients(proxy.port, CONNECTIONS);
  const perSecond: number[] = [];
  const perCpuSecond: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    // A pool remembers no more than 65,536 shares of a channel on one tip, and all of these are on one channel.
    const tips = clients.map((client) => {
      const next = client.tips + 1;
      return client.until(() => client.tips >= next);
    });
    server.provider.announce();
    server.provider.activate();
    await Promise.all(tips);
    const shares = clients.map((client) => split(client, EACH));
    await proxy.measure();
    const start = performance.now();
    await Promise.all(clients.map((client, index) => pipeline(client, shares[index]!)));
    const seconds = (performance.now() - start) / 1000;
    const { cpuMs } = await proxy.measure();
    // The first run warms up.
    if (run === 0) continue;
    perSecond.push((CONNECTIONS * EACH) / seconds);
    perCpuSecond.push((CONNECTIONS * EACH) / (cpuMs / 1000));
  }
  for (const client of clients) {
    if (client.refused > 0) throw new Error('shares were refused');
    client.close();
  }
  await proxy.stop();
  await server.stop();
  const rate = (title: string, unit: string, samples: readonly number[]) => ({
    name: title,
    unit,
    median: median(samples),
    best: Math.max(...samples),
    samples: samples.length,
  });
  return [
    rate(`shares through a proxy, ${mode}, ${name}`, 'shares/s', perSecond),
    rate("the same by the proxy's CPU time", 'shares/s of CPU', perCpuSecond),
  ];
}
