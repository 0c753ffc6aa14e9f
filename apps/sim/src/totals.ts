import type { RunReport } from '@stratumkit/simulation';

/** Sums over the runs of several seeds. */
export class Totals {
  #seeds = 0;
  readonly #failed: number[] = [];
  #virtualMs = 0;
  #events = 0;
  readonly #shares: Record<string, number> = {};
  readonly #rejected: Record<string, number> = {};
  readonly #blocks = { found: 0, delivered: 0, lost_with_pool: 0, accepted: 0 };
  #tips = 0;
  #fewestTips = Number.POSITIVE_INFINITY;
  #connections = 0;
  readonly #closes: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  /** Of each kind, in the run that had fewest. */
  readonly #fewestFaults: Record<string, number> = {};
  readonly #invariants: Record<string, number> = {};
  #trace = 0n;

  add(report: RunReport): void {
    this.#seeds++;
    if (report.violation !== undefined) this.#failed.push(report.seed);
    this.#virtualMs += report.virtualMs;
    this.#events += report.actions;
    sum(this.#shares, report.shares);
    sum(this.#rejected, report.rejected);
    this.#blocks.found += report.blocks.found;
    this.#blocks.delivered += report.blocks.delivered;
    this.#blocks.lost_with_pool += report.blocks.lostWithPool;
    this.#blocks.accepted += report.blocks.accepted;
    this.#tips += report.tips;
    this.#fewestTips = Math.min(this.#fewestTips, report.tips);
    this.#connections += report.connections;
    sum(this.#closes, report.closes);
    sum(this.#faults, report.faults);
    for (const [kind, count] of Object.entries(report.faults))
      this.#fewestFaults[kind] = Math.min(this.#fewestFaults[kind] ?? Number.POSITIVE_INFINITY, count ?? 0);
    sum(this.#invariants, report.invariants);
    // Depends on every run and on their order.
    this.#trace = BigInt.asUintN(128, this.#trace * 0x1000193n + BigInt(`0x${report.traceHash}`));
  }

  get failed(): readonly number[] {
    return this.#failed;
  }

  toJson() {
    return {
      seeds: this.#seeds,
      failed: this.#failed,
      virtual_hours: this.#virtualMs / 3_600_000,
      events: this.#events,
      shares: this.#shares,
      rejected: this.#rejected,
      blocks: this.#blocks,
      tips: this.#tips,
      fewest_tips: this.#seeds === 0 ? 0 : this.#fewestTips,
      connections: this.#connections,
      closes: this.#closes,
      faults: this.#faults,
      fewest_faults: this.#fewestFaults,
      invariants: this.#invariants,
      trace_hash: this.#trace.toString(16).padStart(32, '0'),
    };
  }
}

function sum(into: Record<string, number>, values: Readonly<Partial<Record<string, number>>>): void {
  for (const [name, count] of Object.entries(values)) into[name] = (into[name] ?? 0) + (count ?? 0);
}
