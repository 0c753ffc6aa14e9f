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

interface Check {
  readonly name: string;
  readonly wantedPercent: number;
  passes(trace: Trace): boolean;
}

export interface Row {
  readonly name: string;
  readonly scenario: Scenario;
  readonly checks: readonly Check[];
}

/** What the expected rate over the wanted one may be. */
export type Band = readonly [low: number, high: number];

const FACTOR: Band = [1 / 1.5, 1.5];
const FIFTH: Band = [0.8, 1.2];
const STEADY: Band = [0.7, 1.3];

/** Every case. `widen`: the bands to judge by instead of those that their names tell. */
export function rowsOf(widen: (band: Band) => Band = (band) => band): readonly Row[] {
  const check = (name: string, minutes: number, wantedPercent: number, band: Band): Check => {
    const [low, high] = widen(band);
    const passes = (trace: Trace) => {
      const ratio = ratioAt(trace, minutes * MINUTE);
      return ratio >= low && ratio <= high;
    };
    return { name, wantedPercent, passes };
  };
  const start = (name: string, factor: number): Row => ({
    name,
    scenario: { hashrate: CLAIM * factor, endMs: 15 * MINUTE },
    checks: [
      check('within a factor of 1.5 after 5 min', 5, 95, FACTOR),
      check('within 20 % after 15 min', 15, 90, FIFTH),
    ],
  });
  const step = (
    name: string,
    factor: number,
    limits: readonly (readonly [minutes: number, wantedPercent: number])[],
  ): Row => {
    const last = Math.max(...limits.map(([minutes]) => minutes));
    return {
      name,
      scenario: { hashrate: CLAIM, step: { atMs: QUIET, factor }, endMs: QUIET + last * MINUTE },
      checks: limits.map(([minutes, wantedPercent]) =>
        check(`within a factor of 1.5 after ${minutes} min`, QUIET / MINUTE + minutes, wantedPercent, FACTOR),
      ),
    };
  };
  const [low, high] = widen(STEADY);
  return [
    start('start 1,000 times too easy', 1000),
    start('start 1,000 times too hard', 1 / 1000),
    {
      name: 'steady for an hour',
      scenario: { hashrate: CLAIM, endMs: 60 * MINUTE },
      checks: [
        {
          name: 'within 30 % for 97 % of the hour',
          wantedPercent: 95,
          passes: (trace) => timeWithin(trace, low, high) >= 0.97,
        },
        {
          name: 'fewer than 6 SetTargets',
          wantedPercent: 95,
          passes: ({ setTargetsAtMs }) => setTargetsAtMs.length < 6,
        },
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
}

const ROWS = rowsOf();

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
export function judge(algorithm: Algorithm, seeds: number): Judgement {
  const run = (row: Row, seed: number) => simulate(algorithms[algorithm], SHARES_PER_MINUTE, row.scenario, seed);
  return judged(ROWS, tracesOf(run, seeds));
}

/** Of every row the traces of the seeds 1 to `seeds`. */
export function tracesOf(run: (row: Row, seed: number) => Trace, seeds: number): readonly (readonly Trace[])[] {
  return ROWS.map((row) => Array.from({ length: seeds }, (_, seed) => run(row, seed + 1)));
}

/** Judges traces of every row; `rows` may have wider bands than they were run with. */
export function judged(rows: readonly Row[], traces: readonly (readonly Trace[])[]): Judgement {
  const percentOf = (all: readonly Trace[], passes: (trace: Trace) => boolean) =>
    (100 * all.filter(passes).length) / all.length;
  const steady = traces[rows.findIndex(({ name }) => name.startsWith('steady'))]!;
  return {
    figures: rows.flatMap((row, index) =>
      row.checks.map(({ name, wantedPercent, passes }) => ({
        row: row.name,
        check: name,
        wantedPercent,
        percent: percentOf(traces[index]!, passes),
      })),
    ),
    longestFloodMs: Math.max(...traces.flat().map((trace) => longestAbove(trace, 10))),
    steadyPercent: (100 * steady.reduce((sum, trace) => sum + timeWithin(trace, ...STEADY), 0)) / steady.length,
  };
}
