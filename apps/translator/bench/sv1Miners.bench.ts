import { openMiners } from './support/leanMiner.ts';
import { TranslatorProcess } from './support/translatorProcess.ts';

const FIRST = 100;
const IDLE = 1_000;
const HELD = 5_000;
const SHARES_PER_MINUTE = 6;
const HOLD_MS = 30_000;
const STEP_MS = 10;
/** A better template comes so often, and one of them with a new tip. */
const TEMPLATE_MS = 10_000;

/** What an SV1 miner holds in memory, and how 5,000 of them at 6 shares a minute are held by one process on one core. */
export async function run() {
  const translator = await TranslatorProcess.start();
  // The first ones make the translator load and compile what it needs.
  const miners = [...(await openMiners(translator.port, FIRST))];
  const before = await translator.measure();
  miners.push(...(await openMiners(translator.port, IDLE)));
  const after = await translator.measure();
  miners.push(...(await openMiners(translator.port, HELD - miners.length)));
  const { miners: held } = await translator.measure();
  if (held !== HELD) throw new Error(`${held} miners instead of ${HELD}`);

  const perStep = (HELD * SHARES_PER_MINUTE * STEP_MS) / 60_000;
  await translator.pool.measure();
  const start = performance.now();
  let templatesAtMs = start + TEMPLATE_MS / 2;
  let isTip = false;
  let owed = 0;
  let turn = 0;
  let sent = 0;
  while (performance.now() - start < HOLD_MS) {
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    for (owed = ((performance.now() - start) / STEP_MS) * perStep - sent; owed >= 1; owed--) {
      const miner = miners[turn++ % HELD]!;
      miner.socket.write(miner.shares(1), 'latin1');
      sent++;
    }
    if (performance.now() < templatesAtMs) continue;
    templatesAtMs += TEMPLATE_MS;
    if (isTip) {
      translator.pool.provider.announce();
      translator.pool.provider.activate();
    } else translator.pool.provider.refresh();
    isTip = !isTip;
  }
  const { timerLatenessMs, cpuMs, wallMs } = await translator.measure();
  const idle = (await translator.pool.measure()).timerLatenessMs;
  const answered = () => miners.reduce((sum, miner) => sum + miner.accepted + miner.refused, 0);
  while (answered() < sent) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  const refused = miners.reduce((sum, miner) => sum + miner.refused, 0);
  // Some shares were on their way when the tip came.
  if (refused > sent / 50) throw new Error(`${refused} of ${sent} shares were refused`);
  for (const miner of miners) miner.close();
  await translator.stop();

  const perMiner = (bytes: number) => bytes / 1024 / IDLE;
  return [
    { name: 'memory of an SV1 miner: resident', unit: 'KiB', median: perMiner(after.rss - before.rss) },
    { name: 'memory of an SV1 miner: heap and buffers', unit: 'KiB', median: perMiner(after.held - before.held) },
    {
      name: `how late timers were with ${HELD} miners at ${SHARES_PER_MINUTE} shares a minute, tips and templates included`,
      unit: 'ms',
      median: timerLatenessMs.p50,
      p99: timerLatenessMs.p99,
    },
    {
      name: "the same in the pool's process, which has next to nothing to do: what the machine itself adds",
      unit: 'ms',
      median: idle.p50,
      p99: idle.p99,
    },
    { name: 'part of a core that the translator took', unit: '%', median: (cpuMs / wallMs) * 100 },
  ];
}
