import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { LeanClient } from './support/leanClient.ts';
import { UNMETERED } from './support/limits.ts';
import type { Measured } from './support/protocol.ts';
import { ServerProcess } from './support/serverProcess.ts';
import { median, quantile } from './support/statistics.ts';

const CONNECTIONS = 5;
const CHANNELS = 4_000;
const ROUNDS = 6;

/** Jobs and tips for 20,000 standard channels that each need a merkle root of their own, and how late timers are meanwhile. */
export async function run() {
  const server = await ServerProcess.start({ connectionLimits: UNMETERED });
  const flags = MINING_SETUP_FLAGS.requiresStandardJobs;
  const clients = Array.from({ length: CONNECTIONS }, () => new LeanClient(server.port, 'standard', CHANNELS, flags));
  await Promise.all(clients.map((client) => client.until(() => client.tips === CHANNELS)));
  const [jobs, tips]: [Round[], Round[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    jobs.push(
      await measure(
        server,
        () => server.provider.announce(),
        clients.map((client) => client.until(() => client.jobs === CHANNELS * (round + 2))),
      ),
    );
    tips.push(
      await measure(
        server,
        () => server.provider.activate(),
        clients.map((client) => client.until(() => client.tips === CHANNELS * (round + 2))),
      ),
    );
  }
  for (const client of clients) client.close();
  await server.stop();
  // The first round warms up.
  return [...rows('a job', jobs.slice(1)), ...rows('a tip', tips.slice(1))];
}

interface Round {
  readonly seconds: number;
  readonly timers: Measured['timerLatenessMs'];
}

async function measure(server: ServerProcess, send: () => void, arrived: readonly Promise<void>[]): Promise<Round> {
  await server.measure();
  const start = performance.now();
  send();
  await Promise.all(arrived);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, timers: (await server.measure()).timerLatenessMs };
}

function rows(what: string, rounds: readonly Round[]) {
  const seconds = rounds.map((round) => round.seconds);
  const channels = CONNECTIONS * CHANNELS;
  return [
    {
      name: `${what} to the last of ${channels} standard channels, 12 branches`,
      unit: 's',
      median: median(seconds),
      best: quantile(seconds, 0),
      samples: rounds.length,
    },
    {
      name: 'how late timers were meanwhile',
      unit: 'ms',
      median: median(rounds.map(({ timers }) => timers.p50)),
      p99: Math.max(...rounds.map(({ timers }) => timers.p99)),
    },
  ];
}
