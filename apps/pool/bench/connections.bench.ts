import { openClients } from './support/clients.ts';
import { LeanClient } from './support/leanClient.ts';
import { PATIENT } from './support/limits.ts';
import { ServerProcess } from './support/serverProcess.ts';

const IDLE = 1_000;
const RECONNECTS = 2_000;

/** What an idle connection with one channel holds, and how long it takes until 2,000 that come at once have work. */
export async function run() {
  const server = await ServerProcess.start({ connectionLimits: PATIENT });
  // The first ones make the server load and compile what it needs.
  const first = await openClients(server.port, 100);
  const before = await server.measure();
  const idle = await openClients(server.port, IDLE);
  const after = await server.measure();
  for (const client of [...first, ...idle]) client.close();
  await server.stop();

  const crowded = await ServerProcess.start({ connectionLimits: PATIENT });
  for (const client of await openClients(crowded.port, 100)) client.close();
  await crowded.measure();
  const start = performance.now();
  const clients = Array.from({ length: RECONNECTS }, () => new LeanClient(crowded.port));
  await Promise.all(clients.map((client) => client.ready));
  const seconds = (performance.now() - start) / 1000;
  const { cpuMs, timerLatenessMs } = await crowded.measure();
  for (const client of clients) client.close();
  await crowded.stop();

  const perConnection = (bytes: number) => bytes / 1024 / IDLE;
  return [
    {
      name: 'memory of an idle connection with a channel: resident',
      unit: 'KiB',
      median: perConnection(after.rss - before.rss),
    },
    {
      name: 'memory of an idle connection with a channel: heap and buffers',
      unit: 'KiB',
      median: perConnection(after.held - before.held),
    },
    { name: `${RECONNECTS} connections at once until the last has work`, unit: 's', median: seconds },
    { name: 'the same, CPU time of the pool', unit: 's', median: cpuMs / 1000 },
    { name: 'the same, how late timers were', unit: 'ms', median: timerLatenessMs.p50, p99: timerLatenessMs.p99 },
  ];
}
