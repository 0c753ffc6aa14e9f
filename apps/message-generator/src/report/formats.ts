import { formatProblem } from '../format/problems.ts';
import type { TestReport } from '../run/report.ts';
import { formatFailure } from './terminal.ts';

/** One JSON object a line. */
export function formatJsonLine(report: TestReport): string {
  return `${JSON.stringify({ type: 'test', ...report })}\n`;
}

export function formatJsonSummary(reports: readonly TestReport[]): string {
  const count = (outcome: TestReport['outcome']) => reports.filter((report) => report.outcome === outcome).length;
  const [passed, failed, skipped, unusable] = [count('passed'), count('failed'), count('skipped'), count('unusable')];
  const summary = { passed, failed, ...(skipped === 0 ? {} : { skipped }), unusable };
  return `${JSON.stringify({ type: 'summary', ...summary })}\n`;
}

/** TAP version 14, with the details of a failure as YAML. */
export function formatTap(reports: readonly TestReport[]): string {
  const lines = ['TAP version 14', `1..${reports.length}`];
  for (const [index, report] of reports.entries()) {
    const name = report.file.replaceAll(/[\\#\n]/g, (character) => (character === '\n' ? ' ' : `\\${character}`));
    lines.push(`${report.outcome === 'passed' ? 'ok' : 'not ok'} ${index + 1} - ${name}`);
    if (report.outcome === 'passed') continue;
    if (report.outcome === 'skipped') {
      lines[lines.length - 1] = `ok ${index + 1} - ${name} # SKIP ${plain(report.reason ?? '')}`;
      continue;
    }
    lines.push('  ---', `  outcome: ${report.outcome}`, `  seed: ${report.seed}`, '  message: |-');
    lines.push(
      ...textOf(report)
        .split('\n')
        .map((line) => `    ${plain(line)}`),
      '  ...',
    );
  }
  return `${lines.join('\n')}\n`;
}

/** JUnit XML as CI systems read it. */
export function formatJunit(reports: readonly TestReport[]): string {
  const count = (outcome: TestReport['outcome']) => reports.filter((report) => report.outcome === outcome).length;
  const seconds = (ms: number) => (ms / 1000).toFixed(3);
  const total = seconds(reports.reduce((sum, { durationMs }) => sum + durationMs, 0));
  const cases = reports.map((report) => {
    const attributes = `classname="message-generator" name="${xml(report.file)}" time="${seconds(report.durationMs)}"`;
    if (report.outcome === 'passed') return `  <testcase ${attributes}/>`;
    if (report.outcome === 'skipped') {
      return `  <testcase ${attributes}>\n    <skipped message="${xml(report.reason ?? '')}"/>\n  </testcase>`;
    }
    const tag = report.outcome === 'failed' ? 'failure' : 'error';
    const message = report.failures[0]?.message ?? report.problems[0]?.message ?? '';
    const body = xml(`${textOf(report)}\nseed ${report.seed}`);
    return `  <testcase ${attributes}>\n    <${tag} message="${xml(message)}">${body}</${tag}>\n  </testcase>`;
  });
  const counts = `tests="${reports.length}" failures="${count('failed')}" errors="${count('unusable')}" time="${total}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="message-generator" ${counts}>`,
    ...cases,
    '</testsuite>',
    '',
  ].join('\n');
}

function textOf({ failures, problems }: TestReport): string {
  return [...problems.map(formatProblem), ...failures.flatMap(formatFailure)].join('\n');
}

function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}]/gu, '\ufffd');
}

function xml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&apos;',
  };
  const lines = text
    .split('\n')
    .map((line) => plain(line).replaceAll(/[&<>"']/g, (character) => entities[character] ?? ''));
  return lines.join('&#10;');
}
