import type { SuiteResult } from './runSuite.ts';

/** Said of a failure that may be nobody's. */
export const DISTURBED = 'each time a block was found meanwhile, which may be why: have the chain stand still';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function countOf(results: readonly SuiteResult[]): Counts {
  const count = (outcome: string) => results.filter(({ report }) => report.outcome === outcome).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** Results by section, in their order. */
export function bySection(results: readonly SuiteResult[]): ReadonlyMap<string, readonly SuiteResult[]> {
  return groupBy(results, ({ test }) => test.about.section);
}

/** Skipped tests by their reason. */
export function byReason(results: readonly SuiteResult[]): ReadonlyMap<string, readonly SuiteResult[]> {
  const skipped = results.filter(({ report }) => report.outcome === 'skipped');
  return groupBy(skipped, ({ report }) => report.reason ?? '');
}

function groupBy(
  results: readonly SuiteResult[],
  key: (result: SuiteResult) => string,
): ReadonlyMap<string, readonly SuiteResult[]> {
  const groups = new Map<string, SuiteResult[]>();
  for (const result of results) {
    const group = groups.get(key(result));
    if (group === undefined) groups.set(key(result), [result]);
    else group.push(result);
  }
  return groups;
}

/** A command line that repeats one test. */
export type RepeatCommand = (id: string) => string;
