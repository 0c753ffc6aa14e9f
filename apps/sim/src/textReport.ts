import { INVARIANTS, type InvariantName, type RunReport } from '@stratumkit/simulation';

/** One run in a few lines for people. */
export function textReport(report: RunReport, wallSeconds: number): string {
  const { seed, shares, blocks, violation } = report;
  const minutes = Math.round(report.virtualMs / 60_000);
  const lines = [
    `seed ${seed}: ${report.devices} devices, ${minutes} virtual minutes, ${report.actions} events, ${wallSeconds.toFixed(1)} s`,
    `  shares      ${shares.found} found, ${shares.credited} credited, ${shares.acknowledged} acknowledged, ${shares.unknown} never answered, ${shares.abandoned} lost by a failing disk`,
    ...(shares.forwarded + shares.counted === 0
      ? []
      : [
          `  relays      ${shares.forwarded} shares handed on, ${shares.counted} counted by relays, ${report.switches} times an upstream began to serve`,
        ]),
    `  rejected    ${counts(report.rejected)}`,
    `  blocks      ${blocks.found} found, ${blocks.delivered} delivered, ${blocks.accepted} accepted, ${blocks.lostWithPool} lost with a pool; not accepted: ${counts(blocks.refused)}`,
    `  chain       ${report.tips} tips told to pools, ${report.jobs} jobs, ${report.retargets} retargets, ${report.connections} connections`,
    `  closed      ${counts(report.closes)}`,
    `  faults      ${counts(report.faults)}`,
    '  invariants',
    ...Object.entries(report.invariants).map(
      ([name, checks]) => `    ${String(checks).padStart(9)}  ${name.padEnd(22)}  ${INVARIANTS[name as InvariantName]}`,
    ),
    `  trace       ${report.traceHash}`,
  ];
  if (violation !== undefined)
    lines.push(`  BROKEN      ${violation.invariant} after ${violation.atMs / 1_000} s: ${violation.detail}`);
  return `${lines.join('\n')}\n`;
}

function counts(values: Readonly<Partial<Record<string, number>>>): string {
  const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? 'none' : entries.map(([name, count]) => `${name} ${count}`).join(', ');
}
