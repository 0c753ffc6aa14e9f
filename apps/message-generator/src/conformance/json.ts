import type { SuiteResult } from './runSuite.ts';
import { countOf, type RepeatCommand } from './summary.ts';

/** The run as one JSON document. */
export function formatSuiteJson(results: readonly SuiteResult[], role: string, repeat: RepeatCommand): string {
  const tests = results.map(({ test, report }) => ({
    ...test.about,
    outcome: report.outcome,
    ...(report.reason === undefined ? {} : { reason: report.reason }),
    durationMs: report.durationMs,
    seed: report.seed,
    ...(report.outcome === 'failed'
      ? { failures: report.failures, transcript: report.transcript, again: repeat(test.about.id) }
      : {}),
  }));
  return `${JSON.stringify({ role, ...countOf(results), tests }, null, 2)}\n`;
}
