import { quantile } from '../../pool/bench/support/statistics.ts';
import { type LeanMiner, openMiners } from './support/leanMiner.ts';
import { TranslatorProcess } from './support/translatorProcess.ts';

const MINERS = 1_000;
const TIPS = 40;
const WARM_UP_TIPS = 10;

/** From the provider's SetNewPrevHash, through pool and translator, to the last of 1,000 SV1 miners. */
export async function run() {
  const translator = await TranslatorProcess.start();
  const miners = await openMiners(translator.port, MINERS);
  const { provider } = translator.pool;
  const [latencies, cpu]: [number[], number[]] = [[], []];
  for (let tip = 0; tip < WARM_UP_TIPS + TIPS; tip++) {
    const cleanJobs = miners[0]!.cleanJobs + 1;
    provider.announce();
    await translator.measure();
    const arrived = allArrived(miners);
    const start = performance.now();
    provider.activate();
    const latency = (await arrived) - start;
    const { cpuMs } = await translator.measure();
    await Promise.all(miners.map((miner) => miner.until(() => miner.cleanJobs >= cleanJobs)));
    if (miners.some((miner) => miner.cleanJobs !== cleanJobs)) throw new Error('something else than the tip arrived');
    if (tip < WARM_UP_TIPS) continue;
    latencies.push(latency);
    cpu.push(cpuMs);
  }
  for (const miner of miners) miner.close();
  await translator.stop();
  return [
    row(`SetNewPrevHash at the pool to the last of ${MINERS} SV1 miners`, latencies),
    row('CPU time of the translator', cpu),
  ];
}

/** When the last miner got something. */
function allArrived(miners: readonly LeanMiner[]): Promise<number> {
  let missing = miners.length;
  return new Promise((resolve) => {
    for (const miner of miners) {
      miner.onRawInput = () => {
        miner.onRawInput = undefined;
        if (--missing === 0) resolve(performance.now());
      };
    }
  });
}

function row(name: string, samples: readonly number[]) {
  const [median, p95, best] = [0.5, 0.95, 0].map((part) => quantile(samples, part)) as [number, number, number];
  return { name, unit: 'ms', median, p95, best, samples: samples.length };
}
