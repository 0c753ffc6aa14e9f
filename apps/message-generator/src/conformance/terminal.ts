import { displayText } from '@stratumkit/codec';
import { formatFailure } from '../report/terminal.ts';
import type { ConformanceTest } from './files.ts';
import type { SuiteResult } from './runSuite.ts';
import { byReason, bySection, type Counts, countOf, DISTURBED, type RepeatCommand } from './summary.ts';

/** One line a test. */
export function formatList(tests: readonly ConformanceTest[]): string {
  const width = Math.max(...tests.map(({ about }) => about.id.length));
  const sections = Math.max(...tests.map(({ about }) => about.section.length));
  const lines = tests.map(({ about }) =>
    [about.id.padEnd(width), about.section.padEnd(sections), about.level.padEnd(6), about.proves].join('  '),
  );
  return `${lines.join('\n')}\n`;
}

/** Failures with all that is known, why tests were skipped, and the table by section. */
export function formatSuite(results: readonly SuiteResult[], repeat: RepeatCommand): string {
  const lines: string[] = [];
  for (const result of results) if (result.report.outcome === 'failed') lines.push(...failed(result, repeat), '');
  const reasons = [...byReason(results)];
  for (const [reason, skipped] of reasons) {
    lines.push(`SKIP  ${reason}`, ...skipped.map(({ test }) => `      ${test.about.id}`));
  }
  if (reasons.length > 0) lines.push('');
  lines.push(...table(results));
  return `${lines.map((line) => displayText(line).replaceAll('\\\\', '\\')).join('\n')}\n`;
}

function failed({ test, report, disturbed }: SuiteResult, repeat: RepeatCommand): string[] {
  const { id, level, section, sentence } = test.about;
  const failures = report.failures.flatMap((failure) => formatFailure(failure).slice(1));
  return [
    `FAIL  ${id}  (${level}, ${section})`,
    `      "${sentence}"`,
    ...failures.map((line) => `    ${line}`),
    ...(disturbed ? [`      ${DISTURBED}`] : []),
    `      again: ${repeat(id)}`,
  ];
}

function table(results: readonly SuiteResult[]): string[] {
  const rows = [...bySection(results)].map(([section, group]) => ({ section, ...countOf(group) }));
  const all = [...rows, { section: 'all', ...countOf(results) }];
  const width = Math.max('section'.length, ...all.map(({ section }) => section.length));
  const row = (section: string, cells: readonly string[]) =>
    [section.padEnd(width), ...cells.map((cell) => cell.padStart(6))].join('  ');
  const cells = ({ passed, failed: wrong, skipped }: Counts) => [passed, wrong, skipped].map(String);
  return [
    row('section', ['passed', 'failed', 'skipped']),
    ...all.map(({ section, ...counts }) => row(section, cells(counts))),
  ];
}
