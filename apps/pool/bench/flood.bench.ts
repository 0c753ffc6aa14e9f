import { openClients } from './support/clients.ts';
import type { LeanClient } from './support/leanClient.ts';
import { UNMETERED } from './support/limits.ts';
import { ServerProcess } from './support/serverProcess.ts';
import { quantile } from './support/statistics.ts';

const BURST = 500;
// With the warm-up, less than the 65,536 that a pool remembers of a channel on one tip.
const SHARES = 58_000;
const NEIGHBOUR_PAUSE_MS = 20;

/** One connection sends shares as fast as it can, without a budget; another one has every share answered. */
export async function run() {
  const server = await ServerProcess.start({ shareBatchSize: 1, connectionLimits: UNMETERED });
  const [flooder, neighbour] = (await openClients(server.port, 2, 'extended')) as [LeanClient, LeanClient];
  await flood(flooder, SHARES / 10);
  await server.measure();
  const round: number[] = [];
  const control = new AbortController();
  const asking = ask(neighbour, round, control.signal);
  await flood(flooder, SHARES);
  const { timerLatenessMs, wallMs, cpuMs } = await server.measure();
  control.abort();
  await asking;
  for (const client of [flooder, neighbour]) client.close();
  await server.stop();
  return [
    {
      name: 'how late timers were under a flood from one connection',
      unit: 'ms',
      median: timerLatenessMs.p50,
      p99: timerLatenessMs.p99,
    },
    {
      name: 'answer to a share of another connection meanwhile',
      unit: 'ms',
      median: quantile(round, 0.5),
      p99: quantile(round, 0.99),
      samples: round.length,
    },
    { name: 'part of a core that the flood took', unit: '%', median: (cpuMs / wallMs) * 100 },
  ];
}

async function flood(client: LeanClient, shares: number): Promise<void> {
  const wanted = client.acknowledged + shares;
  const answered = client.until(() => client.acknowledged + client.refused >= wanted);
  for (let sent = 0; sent < shares; sent += BURST) {
    if (!client.write(client.sealShares(Math.min(BURST, shares - sent)))) await client.drained;
  }
  await answered;
}

async function ask(client: LeanClient, times: number[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const wanted = client.acknowledged + 1;
    const share = client.sealShares(1);
    const start = performance.now();
    client.write(share);
    await client.until(() => client.acknowledged >= wanted);
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, NEIGHBOUR_PAUSE_MS));
  }
}
