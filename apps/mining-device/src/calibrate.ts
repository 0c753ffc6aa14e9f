import type { SearchWorkers } from './search/workerPool.ts';

const FIRST_COUNT = 50_000;
const LAST_COUNT = 800_000;

/** Hashes a second of one worker. The early rounds let the engine optimise the kernel; the last one counts. */
export async function calibrate(workers: SearchWorkers): Promise<number> {
  let hashrate = 0;
  for (let count = FIRST_COUNT; count <= LAST_COUNT; count *= 2) {
    const round = Array.from({ length: workers.size }, () => measure(workers, count));
    const rates = (await Promise.all(round)).filter((rate) => rate > 0);
    if (rates.length > 0) hashrate = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  }
  return Math.max(1, hashrate);
}

async function measure(workers: SearchWorkers, count: number): Promise<number> {
  const done = await workers.run({ header: new Uint8Array(80), target: new Uint8Array(32), firstNonce: 0, count });
  return done === undefined || done.elapsedMs <= 0 ? 0 : (done.tried / done.elapsedMs) * 1000;
}
