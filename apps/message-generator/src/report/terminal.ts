import { displayText } from '@stratumkit/codec';
import { formatProblem } from '../format/problems.ts';
import type { Failure, FieldComparison } from '../run/failure.ts';
import type { TestReport } from '../run/report.ts';

const TRANSCRIPT_LINES = 8;
const MAX_CELL = 68;

/** A report for people: one line if it passed, and everything that is known about a failure. */
export function formatReport(report: TestReport, options: { readonly verbose?: boolean } = {}): string {
  const lines = [titleOf(report)];
  for (const problem of report.problems) lines.push(`  ${formatProblem(problem)}`);
  for (const warning of report.warnings) lines.push(`  warning: ${formatProblem(warning)}`);
  for (const failure of report.failures) lines.push('', ...formatFailure(failure).map((line) => `  ${line}`));
  if (report.outcome === 'failed') {
    lines.push('', `  seed ${report.seed}`);
    lines.push(...transcriptOf(report, options.verbose === true ? Number.POSITIVE_INFINITY : TRANSCRIPT_LINES), '');
  }
  return `${lines.map(displayLine).join('\n')}\n`;
}

function titleOf({ outcome, file, durationMs, reason }: TestReport): string {
  switch (outcome) {
    case 'skipped':
      return `skip  ${file} (${reason})`;
    case 'passed':
      return `ok    ${file} (${durationMs} ms)`;
    case 'failed':
      return `FAIL  ${file} (${durationMs} ms)`;
    case 'unusable':
      return `BAD   ${file}`;
  }
}

/** Where, what, expected and received, and both messages side by side. */
export function formatFailure(failure: Failure): string[] {
  const place = failure.line === 0 ? failure.file : `${failure.file}:${failure.line}`;
  const where = [place];
  if (failure.action !== undefined) where.push(`action ${failure.action}`);
  if (failure.actionDoc !== '') where.push(`"${failure.actionDoc}"`);
  if (failure.result !== undefined) where.push(`result ${failure.result} (${failure.resultType})`);
  const lines = [where.join(', '), `  ${failure.message.replaceAll('\n', '\n  ')}`];
  if (failure.expected !== undefined) lines.push(`  expected  ${failure.expected}`);
  if (failure.received !== undefined) lines.push(`  received  ${failure.received}`);
  if (failure.comparison.length > 0) lines.push('', ...sideBySide(failure.comparison).map((line) => `  ${line}`));
  return lines.flatMap((line) => line.split('\n'));
}

/** Rows that differ are marked. */
export function sideBySide(rows: readonly FieldComparison[]): string[] {
  const table = [
    { mark: ' ', cells: ['field', 'expected', 'received'] },
    ...rows.map(({ field, expected, received, differs }) => ({
      mark: differs ? '>' : ' ',
      cells: [field, cell(expected), cell(received)],
    })),
  ];
  const width = (column: number) => Math.max(...table.map(({ cells }) => cells[column]?.length ?? 0));
  const widths = [width(0), width(1), 0];
  return table.map(({ mark, cells }) =>
    `${mark} ${cells.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}

function cell(text: string | undefined): string {
  if (text === undefined) return '-';
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 3)}...` : text;
}

function transcriptOf({ transcript }: TestReport, limit: number): string[] {
  const shown = transcript.slice(-Math.min(limit, transcript.length));
  if (shown.length === 0) return [];
  const lines = shown.map(({ atMs, connection, direction, title, detail }) => {
    const arrow = direction === 'sent' ? '->' : '<-';
    return `    ${atMs.toFixed(1).padStart(8)} ms  ${connection} ${arrow} ${title} ${cell(detail)}`;
  });
  return ['  last messages:', ...lines];
}

/** Text of a peer or of a child process may hold controls. */
function displayLine(line: string): string {
  return line
    .split('\n')
    .map((part) => displayText(part).replaceAll('\\\\', '\\'))
    .join('\n');
}

export function formatSummary(reports: readonly TestReport[], seed: number): string {
  const count = (outcome: TestReport['outcome']) => reports.filter((report) => report.outcome === outcome).length;
  const parts = [`${count('passed')} passed`];
  if (count('failed') > 0) parts.push(`${count('failed')} failed`);
  if (count('skipped') > 0) parts.push(`${count('skipped')} skipped`);
  if (count('unusable') > 0) parts.push(`${count('unusable')} unusable`);
  return `${parts.join(', ')} (seed ${seed})\n`;
}
