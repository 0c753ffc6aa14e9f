import { FaultInjector } from './faults/injector.ts';
import type { FaultKind } from './faults/kinds.ts';
import { type PlannedFault, planFaults } from './faults/plan.ts';
import type { InvariantName, Violation } from './invariants/invariants.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

/** How long a simulation runs and what befalls it meanwhile. */
export interface RunOptions extends SimulationOptions {
  /** Virtual time. */
  readonly runMs: number;
  readonly faults: readonly FaultKind[];
  /** Without faults at the end. */
  readonly quietMs?: number;
  /** Only these of the planned faults, by index. */
  readonly keep?: readonly number[];
}

/** What happened in a run. The same options give the same report, `traceHash` included. */
export interface RunReport {
  readonly seed: number;
  readonly virtualMs: number;
  /** Events that the world handled. */
  readonly actions: number;
  readonly devices: number;
  readonly shares: {
    readonly found: number;
    readonly credited: number;
    readonly acknowledged: number;
    /** Handed on by relays, once for each hop, and counted by relays themselves. */
    readonly forwarded: number;
    readonly counted: number;
    readonly unknown: number;
    readonly abandoned: number;
  };
  readonly rejected: Readonly<Record<string, number>>;
  readonly blocks: {
    /** Block-level headers that pools received, and that providers received. */
    readonly found: number;
    readonly delivered: number;
    readonly lostWithPool: number;
    readonly accepted: number;
    readonly refused: Readonly<Record<string, number>>;
  };
  readonly tips: number;
  readonly jobs: number;
  readonly retargets: number;
  /** How often a relay began to work for an upstream. */
  readonly switches: number;
  /** How often an SV1 miner on its fallback tried whether its first server is back. */
  readonly probes: number;
  readonly connections: number;
  /** Ended connections by cause. */
  readonly closes: Readonly<Record<string, number>>;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  /** How often each was checked. */
  readonly invariants: Readonly<Record<InvariantName, number>>;
  readonly violation: Violation | undefined;
  /** The planned faults that had struck by the end, by index. */
  readonly struck: readonly number[];
  /** Hex; two runs with the same one did the same in the same order. */
  readonly traceHash: string;
}

/** After the end: time in which the pools must have given back everything, half-open connections included. */
const CLOSING_MS = 800_000;

/** A whole run: start, faults, quiet, end. Stops at the first invariant that fails. */
export function runSimulation(options: RunOptions): RunReport {
  const simulation = new Simulation(options);
  const injector = new FaultInjector(simulation);
  const kept = options.keep === undefined ? undefined : new Set(options.keep);
  const planned = planFaults(options.seed, options.faults, options.runMs, options.quietMs);
  const faults = planned.filter(({ index }) => kept?.has(index) ?? true);
  injector.schedule(faults, options.runMs);
  simulation.start();
  simulation.run(options.runMs);
  const { observer } = simulation;
  if (observer.invariants.violation === undefined) {
    simulation.check(0);
    simulation.checkWork();
  }
  if (observer.invariants.violation === undefined && faults.length > 0) {
    close(simulation, options.runMs);
  }
  return createReport(simulation, injector, faults);
}

/** Devices go, then relays, those farthest from the pools first; whoever served them must have forgotten them after a while. */
function close(simulation: Simulation, runMs: number): void {
  const { relays, pools } = simulation;
  const depths = [...new Set(relays.map(({ depth }) => depth))].sort((a, b) => b - a);
  simulation.stopDevices();
  let untilMs = runMs;
  for (const depth of [...depths, undefined]) {
    untilMs += CLOSING_MS;
    simulation.run(untilMs);
    if (simulation.observer.invariants.violation !== undefined) return;
    for (const server of depth === undefined ? pools : relays.filter((relay) => relay.depth === depth)) {
      simulation.checkClosed(server);
      if (depth !== undefined) server.crash('kill');
    }
  }
}

function createReport(simulation: Simulation, injector: FaultInjector, faults: readonly PlannedFault[]): RunReport {
  const { world, observer, devices } = simulation;
  const { shares, solutions, statistics, invariants } = observer;
  const { found, credited, acknowledged, forwarded, counted, unknown, abandoned, rejected } = shares.totals;
  const { owed, delivered, lostWithPool, accepted, refused } = solutions.totals;
  return {
    seed: world.seed,
    virtualMs: world.nowMs,
    actions: world.actions,
    devices: devices.reduce((sum, { searchers }) => sum + searchers.length, 0),
    shares: { found, credited, acknowledged, forwarded, counted, unknown, abandoned },
    rejected,
    blocks: { found: owed, delivered, lostWithPool, accepted, refused },
    tips: statistics.tips,
    jobs: statistics.jobs,
    retargets: statistics.retargets,
    switches: statistics.switches,
    probes: statistics.probes,
    connections: simulation.network.wires,
    closes: statistics.closes,
    faults: injector.injected,
    invariants: invariants.checks,
    violation: invariants.violation,
    struck: faults.filter(({ atMs }) => atMs <= world.nowMs).map(({ index }) => index),
    traceHash: world.trace.hex,
  };
}
