import { openClients } from './support/clients.ts';
import { ServerProcess } from './support/serverProcess.ts';
import { quantile } from './support/statistics.ts';
import { allArrived } from './support/tips.ts';

const CONNECTIONS = 1_000;
const TIPS = 40;
const WARM_UP_TIPS = 10;

/** From the provider's SetNewPrevHash to its arrival at the last of 1,000 connections. */
export async function run() {
  const server = await ServerProcess.start();
  const clients = await openClients(server.port, CONNECTIONS);
  const [latencies, cpu]: [number[], number[]] = [[], []];
  for (let tip = 0; tip < WARM_UP_TIPS + TIPS; tip++) {
    const jobs = clients[0]!.jobs + 1;
    server.provider.announce();
    await Promise.all(clients.map((client) => client.until(() => client.jobs >= jobs)));
    await server.measure();
    const arrived = allArrived(clients);
    const start = performance.now();
    server.provider.activate();
    const latency = (await arrived) - start;
    const { cpuMs } = await server.measure();
    const tips = clients[0]!.tips + 1;
    for (const client of clients) {
      client.onRawInput = undefined;
      client.workOff();
    }
    if (clients.some((client) => client.tips !== tips)) throw new Error('something else than the tip arrived');
    if (tip < WARM_UP_TIPS) continue;
    latencies.push(latency);
    cpu.push(cpuMs);
  }
  for (const client of clients) client.close();
  await server.stop();
  return [row(`SetNewPrevHash to the last of ${CONNECTIONS} connections`, latencies), row('CPU time of the pool', cpu)];
}

function row(name: string, samples: readonly number[]) {
  const [median, p95, best] = [0.5, 0.95, 0].map((part) => quantile(samples, part)) as [number, number, number];
  return { name, unit: 'ms', median, p95, best, samples: samples.length };
}
