import type { RunReport } from '@stratumkit/simulation';

/** A run as `sim --json` prints it: snake_case keys, virtual seconds. */
export type JsonReport = ReturnType<typeof jsonReport>;

/** A run as plain JSON. Nothing in it depends on the machine. */
export function jsonReport(report: RunReport) {
  const { seed, virtualMs, actions, devices, shares, rejected, blocks, tips, jobs, retargets, switches, connections } =
    report;
  const { faults, invariants, violation, traceHash } = report;
  return {
    seed,
    virtual_seconds: virtualMs / 1_000,
    events: actions,
    devices,
    shares,
    rejected: sorted(rejected),
    blocks: {
      found: blocks.found,
      delivered: blocks.delivered,
      lost_with_pool: blocks.lostWithPool,
      accepted: blocks.accepted,
      refused: sorted(blocks.refused),
    },
    tips,
    jobs,
    retargets,
    switches,
    connections,
    closes: sorted(report.closes),
    faults: sorted(faults),
    invariants,
    ...(violation === undefined
      ? {}
      : {
          violation: {
            invariant: violation.invariant,
            at_seconds: violation.atMs / 1_000,
            detail: violation.detail,
          },
        }),
    trace_hash: traceHash,
  };
}

function sorted(counts: Readonly<Partial<Record<string, number>>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts)
      .map(([name, count]) => [name, count ?? 0] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
