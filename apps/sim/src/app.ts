import { fastCrypto, fastHash } from '@stratumkit/accelerate';
import { ConfigError } from '@stratumkit/codec';
import { boolean, choice, defineApp, type InferFields, integer, number, readClock, string } from '@stratumkit/runtime';
import {
  FAULT_PROFILES,
  type FaultProfile,
  type RunReport,
  runSimulation,
  Scenario,
  type ShrunkRun,
  shrinkRun,
  TOPOLOGIES,
} from '@stratumkit/simulation';
import { jsonReport } from './jsonReport.ts';
import { textReport } from './textReport.ts';
import { Totals } from './totals.ts';

const PROFILES = Object.keys(FAULT_PROFILES) as FaultProfile[];
const MAX_SEED = 2 ** 32 - 1;

const FIELDS = {
  seed: integer({ doc: 'first seed', default: 1, minimum: 0, maximum: MAX_SEED }),
  seeds: integer({ doc: 'how many seeds to run, one after the other', default: 1, minimum: 1, maximum: 1_000_000 }),
  devices: integer({ doc: 'honest devices', default: 50, minimum: 1, maximum: 1_000_000 }),
  hours: number({ doc: 'virtual hours of each run', default: 0.5, minimum: 0.01, maximum: 10_000 }),
  faults: choice(PROFILES, { doc: 'which faults to inject', default: 'default' }),
  topology: choice(TOPOLOGIES, { doc: 'what stands between devices and pools', default: 'direct' }),
  channels: choice(['standard', 'extended', 'mixed'], { doc: 'kind of channels', default: 'mixed' }),
  fixed_targets: boolean({ doc: 'pools leave each channel at its first target: no vardiff', default: false }),
  pools: integer({ doc: 'pools; 2, or 1 without faults', optional: true, minimum: 1, maximum: 200 }),
  providers: integer({ doc: 'template providers; 2, or 1 without faults', optional: true, minimum: 1, maximum: 200 }),
  keep: string({
    doc: 'of the planned faults only these, by number, or none: for replaying a shortened run',
    placeholder: 'number,...|none',
    pattern: /^(none|\d+(,\d+)*)$/,
    optional: true,
  }),
  as_is: boolean({ doc: 'report a failing run as it is, without looking for a shorter one', default: false }),
  json: boolean({ doc: 'print one JSON object a line', default: false }),
} as const;

type Config = InferFields<typeof FIELDS>;

/** The command `sim`; `runApp` of `@stratumkit/runtime` runs it. */
export const sim = defineApp({
  name: 'sim',
  version: '0.0.0',
  description: 'The whole mining stack under virtual time: seeded faults, invariants checked all the time.',
  examples: [
    { command: 'sim', does: 'half a virtual hour with every kind of fault' },
    { command: 'sim --seeds 500', does: 'the same for the seeds 1 to 500; exit code 1 if an invariant broke' },
    { command: 'sim --topology proxies --devices 24', does: 'proxies in chains of three between devices and pools' },
    { command: 'sim --seed 7 --keep 3,11', does: 'replay seed 7 with two of its faults' },
    {
      command: 'sim --faults none --devices 1000 --channels standard --hours 2 --json',
      does: 'a large quiet farm, figures as JSON',
    },
    { command: 'sim --faults real --devices 4', does: 'real proof of work and encryption' },
  ],
  options: FIELDS,
  endsAtSignals: true,
  check: (config) => void scenarioKey(config),
  async run(config, { process }) {
    const { json, seeds } = config;
    const write = (text: string): void => void process.stdout.write(text);
    const scenario = createScenario(config);
    const totals = new Totals();
    for (let seed = config.seed; seed < config.seed + seeds; seed++) {
      const startedMs = readClock().monotonicMs;
      const options = scenario.run(seed, parseKeep(config.keep));
      const report = runSimulation(options);
      const wallSeconds = (readClock().monotonicMs - startedMs) / 1_000;
      totals.add(report);
      if (report.violation !== undefined) {
        const shrunk = config.asIs ? undefined : shrinkRun(options, report);
        write(json ? failureJson(config, report, shrunk) : failureText(config, report, shrunk, wallSeconds));
      } else if (json) write(`${JSON.stringify(jsonReport(report))}\n`);
      else if (seeds === 1) write(textReport(report, wallSeconds));
      else
        write(
          `seed ${seed} ok  ${report.shares.credited} credited  ${report.traceHash}  ${wallSeconds.toFixed(1)} s\n`,
        );
      // Between two runs a reader that went away is heard.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (seeds > 1) write(`${json ? JSON.stringify(totals.toJson()) : JSON.stringify(totals.toJson(), undefined, 2)}\n`);
    return totals.failed.length === 0 ? 0 : 1;
  },
});

function createScenario(config: Config): Scenario {
  const { faults: profile, devices, hours, topology, channels, fixedTargets, pools, providers } = config;
  return new Scenario({
    profile,
    devices,
    hours,
    topology,
    channels,
    fixedTargets,
    hash: fastHash,
    crypto: fastCrypto,
    ...(pools === undefined ? {} : { pools }),
    ...(providers === undefined ? {} : { providers }),
  });
}

function scenarioKey({ seed, seeds }: Config): void {
  if (seed + seeds - 1 > MAX_SEED) throw new ConfigError('invalid-config', `the last seed would be beyond ${MAX_SEED}`);
}

function parseKeep(keep: string | undefined): readonly number[] | undefined {
  if (keep === undefined) return undefined;
  return keep === 'none' ? [] : keep.split(',').map(Number);
}

/** The command that does the same run again. */
function replayCommand(config: Config, seed: number, keep: readonly number[] | undefined): string {
  const { devices, hours, faults, topology, channels, fixedTargets, pools, providers } = config;
  const words = ['npx pnpm@12 sim', `--seed ${seed}`, `--devices ${devices}`, `--hours ${hours}`, `--faults ${faults}`];
  if (topology !== 'direct') words.push(`--topology ${topology}`);
  if (channels !== 'mixed') words.push(`--channels ${channels}`);
  if (fixedTargets) words.push('--fixed-targets');
  if (pools !== undefined) words.push(`--pools ${pools}`);
  if (providers !== undefined) words.push(`--providers ${providers}`);
  if (keep !== undefined) words.push(`--keep ${keep.length === 0 ? 'none' : keep.join(',')}`);
  return words.join(' ');
}

function failureText(config: Config, report: RunReport, shrunk: ShrunkRun | undefined, wallSeconds: number): string {
  const lines = [textReport(report, wallSeconds).trimEnd()];
  if (shrunk?.report.violation !== undefined) {
    const { atMs, detail } = shrunk.report.violation;
    lines.push(
      `  shortest    ${shrunk.report.actions} events, ${atMs / 1_000} s, ${shrunk.keep.length} of ${report.struck.length} faults (${shrunk.runs} runs to find it): ${detail}`,
    );
  }
  lines.push(`  replay      ${replayCommand(config, report.seed, shrunk?.keep ?? parseKeep(config.keep))}`);
  return `${lines.join('\n')}\n`;
}

function failureJson(config: Config, report: RunReport, shrunk: ShrunkRun | undefined): string {
  const { trace_hash, ...rest } = jsonReport(report);
  const shortest =
    shrunk === undefined
      ? {}
      : {
          shortest: {
            events: shrunk.report.actions,
            seconds: shrunk.report.virtualMs / 1_000,
            faults: shrunk.keep,
            detail: shrunk.report.violation?.detail,
          },
        };
  const replay = replayCommand(config, report.seed, shrunk?.keep ?? parseKeep(config.keep));
  return `${JSON.stringify({ ...rest, ...shortest, replay, trace_hash })}\n`;
}
