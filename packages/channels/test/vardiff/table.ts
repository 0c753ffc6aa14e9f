import type { Now } from '@stratumkit/codec';
import { Vardiff } from '../../src/index.ts';
import { ClassicVardiff } from './classicVardiff.ts';
import {
  longestAbove,
  type Retargeter,
  ratioAt,
  type Scenario,
  simulate,
  type Trace,
  timeWithin,
} from './monteCarlo.ts';

export const SHARES_PER_MINUTE = 6;
/** The client's claim in every scenario: the first target is made for it. */
export const CLAIM = 1e12;
const MINUTE = 60_000;
/** Steps come after a quiet time in which the algorithm has grown sure of the old hashrate. */
const QUIET = 30 * MINUTE;

export const algorithms = {
  posterior: (now: Now): Retargeter =>
    new Vardiff(
      { sharesPerMinute: SHARES_PER_MINUTE, minHashrate: 1e3, maxHashrate: 1e21, nominalHashrate: CLAIM },
      now,
    ),
  classic: (now: Now): Retargeter => new ClassicVardiff(SHARES_PER_MINUTE, CLAIM, now),
} as const;
export type Algorithm = keyof typeof algorithms;

interface Row {
  readonly name: string;
  readonly scenario: Scenario;
  readonly checks: readonly { readonly name: string; readonly wantedPercent: number; passes(trace: Trace): boolean }[];
}

const near = (minutes: number, factor: number) => (trace: Trace) => {
  const ratio = ratioAt(trace, minutes * MINUTE);
  return ratio <= factor && ratio >= 1 / factor;
};
const within20 = (minutes: number) => (trace: Trace) => Math.abs(ratioAt(trace, minutes * MINUTE) - 1) <= 0.2;

function start(name: string, factor: number): Row {
  return {
    name,
    scenario: { hashrate: CLAIM * factor, endMs: 15 * MINUTE },
    checks: [
      { name: 'within a factor of 1.5 after 5 min', wantedPercent: 95, passes: near(5, 1.5) },
      { name: 'within 20 % after 15 min', wantedPercent: 90, passes: within20(15) },
    ],
  };
}

function step(name: string, factor: number, limits: readonly (readonly [minutes: number, percent: number])[]): Row {
  const last = Math.max(...limits.map(([minutes]) => minutes));
  return {
    name,
    scenario: { hashrate: CLAIM, step: { atMs: QUIET, factor }, endMs: QUIET + last * MINUTE },
    checks: limits.map(([minutes, wantedPercent]) => ({
      name: `within a factor of 1.5 after ${minutes} min`,
      wantedPercent,
      passes: near(QUIET / MINUTE + minutes, 1.5),
    })),
  };
}

export const ROWS: readonly Row[] = [
  start('start 1,000 times too easy', 1000),
  start('start 1,000 times too hard', 1 / 1000),
  {
    name: 'steady for an hour',
    scenario: { hashrate: CLAIM, endMs: 60 * MINUTE },
    checks: [
      { name: 'within 30 % for 97 % of the hour', wantedPercent: 95, passes: (t) => timeWithin(t, 0.7, 1.3) >= 0.97 },
      { name: 'fewer than 6 SetTargets', wantedPercent: 95, passes: (t) => t.setTargetsAtMs.length < 6 },
    ],
  },
  step('step x10', 10, [[5, 95]]),
  step('step x3', 3, [[6, 95]]),
  step('step /10', 1 / 10, [
    [5, 90],
    [7, 95],
  ]),
  step('step /3', 1 / 3, [[10, 95]]),
];

export interface Figure {
  readonly row: string;
  readonly check: string;
  readonly wantedPercent: number;
  readonly percent: number;
}

export interface Judgement {
  readonly figures: readonly Figure[];
  /** Over all rows and seeds, the longest time with more than 10 times the wanted rate. */
  readonly longestFloodMs: number;
  /** Part of all steady time that was within 30 %. */
  readonly steadyPercent: number;
}

/** Judges an algorithm on the seeds 1 to `seeds` of every row. */
export function judge(algorithm: Algorithm, seeds: number, rows: readonly Row[] = ROWS): Judgement {
  const figures: Figure[] = [];
  let longestFloodMs = 0;
  let steadyPercent = Number.NaN;
  for (const row of rows) {
    const traces = Array.from({ length: seeds }, (_, seed) =>
      simulate(algorithms[algorithm], SHARES_PER_MINUTE, row.scenario, seed + 1),
    );
    for (const trace of traces) longestFloodMs = Math.max(longestFloodMs, longestAbove(trace, 10));
    if (row.name.startsWith('steady'))
      steadyPercent = (100 * traces.reduce((sum, trace) => sum + timeWithin(trace, 0.7, 1.3), 0)) / seeds;
    for (const { name, wantedPercent, passes } of row.checks)
      figures.push({
        row: row.name,
        check: name,
        wantedPercent,
        percent: (100 * traces.filter(passes).length) / seeds,
      });
  }
  return { figures, longestFloodMs, steadyPercent };
}
