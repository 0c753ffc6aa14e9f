import { median } from '../../pool/bench/support/statistics.ts';
import { openMiners } from './support/leanMiner.ts';
import { TranslatorProcess } from './support/translatorProcess.ts';

const MINERS = 100;
const RUNS = 5;
const EACH = 500;
const BURST = 50;

/**
 * Shares a second from 100 SV1 connections through a translator and a pool, each in its own process, all of them worth sending up;
 * and the bytes that a share takes on either side.
 */
export async function run() {
  const translator = await TranslatorProcess.start();
  const miners = await openMiners(translator.port, MINERS);
  const perSecond: number[] = [];
  const perCpuSecond: number[] = [];
  const sv1Bytes: number[] = [];
  const sv2Bytes: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const shares = miners.map((miner) => Array.from({ length: EACH / BURST }, () => miner.shares(BURST)));
    const before = miners.reduce((sum, { bytes }) => sum + bytes, 0);
    await translator.measure();
    const start = performance.now();
    await Promise.all(miners.map((miner, index) => miner.pipeline(shares[index]!, BURST)));
    const seconds = (performance.now() - start) / 1000;
    const { cpuMs, upstreamBytes } = await translator.measure();
    // The first run warms up.
    if (run === 0) continue;
    perSecond.push((MINERS * EACH) / seconds);
    perCpuSecond.push((MINERS * EACH) / (cpuMs / 1000));
    sv1Bytes.push((miners.reduce((sum, { bytes }) => sum + bytes, 0) - before) / (MINERS * EACH));
    sv2Bytes.push(upstreamBytes / (MINERS * EACH));
  }
  for (const miner of miners) {
    if (miner.refused > 0 || miner.accepted !== (RUNS + 1) * EACH) throw new Error('shares were refused or lost');
    miner.close();
  }
  await translator.stop();
  const rate = (name: string, unit: string, samples: readonly number[]) => ({
    name,
    unit,
    median: median(samples),
    best: Math.max(...samples),
    samples: samples.length,
  });
  return [
    rate(`shares from ${MINERS} SV1 connections through translator and pool`, 'shares/s', perSecond),
    rate("the same by the translator's CPU time", 'shares/s of CPU', perCpuSecond),
    { name: 'bytes of a share and its answer, SV1', unit: 'bytes', median: median(sv1Bytes) },
    { name: 'the same, SV2, encrypted, answered in batches of 10', unit: 'bytes', median: median(sv2Bytes) },
  ];
}
