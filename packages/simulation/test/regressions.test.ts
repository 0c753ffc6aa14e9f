import { describe, expect, it, vi } from 'vitest';
import { runSimulation } from '../src/runSimulation.ts';
import { Scenario } from '../src/scenario.ts';

// Seconds of computing, on a machine that may have other work.
vi.setConfig({ testTimeout: 180_000 });

describe('what the simulation has found stays mended', () => {
  it.each([3, 9, 11])(
    'a block sent into a line that had died without a word is sent again when that is noticed (seed %i)',
    (seed) => {
      const scenario = new Scenario({ profile: 'default', devices: 20, hours: 0.3 });
      expect(runSimulation(scenario.run(seed)).violation).toBeUndefined();
    },
  );
});

describe('what the simulation has found in proxies stays mended', () => {
  it.each([
    ['shares that nobody knows about leave no gap in which another one is acknowledged', 5, 20, 'default', 0.3],
    ['an answer of a former upstream that comes late acknowledges nothing a second time', 23, 12, 'relay', 0.5],
    ['a share for a job of the upstream before the last one is stale, its job not unknown', 30, 12, 'relay', 0.5],
    ['an upstream that has closed its channel is told no hashrate any more', 196, 12, 'relay', 0.5],
  ] as const)('%s (seed %i)', (_, seed, devices, profile, hours) => {
    const scenario = new Scenario({ profile, devices, hours, topology: 'proxies' });
    expect(runSimulation(scenario.run(seed)).violation).toBeUndefined();
  });
});

describe('what the simulation has found in translators stays mended', () => {
  it('a share that was on its way until its job had made room for sixteen later ones is late, and no fault (seed 291)', () => {
    const scenario = new Scenario({ profile: 'relay', devices: 12, hours: 0.5, topology: 'translators' });
    expect(runSimulation(scenario.run(291)).violation).toBeUndefined();
  });
});

describe('a fixed set of seeds', () => {
  it.each([1, 2])('seed %i: every kind of fault three times, twenty tips, every invariant', (seed) => {
    const scenario = new Scenario({ profile: 'default', devices: 50, hours: 0.5 });
    const report = runSimulation(scenario.run(seed));
    expect(report.violation).toBeUndefined();
    for (const kind of scenario.faults)
      expect([kind, report.faults[kind]]).toEqual([kind, expect.toSatisfy(atLeastThree)]);
    expect(report.tips).toBeGreaterThanOrEqual(20);
    expect(report.shares.credited).toBeGreaterThan(5_000);
    expectChecked(report.invariants, 'relayed-work-adds-up', 'true-answers-counted');
  });

  it.each([1, 2])('seed %i through proxies in chains: every invariant', (seed) => {
    const scenario = new Scenario({ profile: 'relay', devices: 10, hours: 0.5, topology: 'proxies' });
    const report = runSimulation(scenario.run(seed));
    expect(report.violation).toBeUndefined();
    expect(report.switches).toBeGreaterThan(4);
    expect(report.shares.counted).toBeGreaterThan(200);
    expectChecked(report.invariants, 'true-answers-counted');
  });

  it.each([1, 2])('seed %i through translators: SV1 miners of every profile, every invariant', (seed) => {
    const scenario = new Scenario({ profile: 'relay', devices: 12, hours: 0.5, topology: 'translators' });
    const report = runSimulation(scenario.run(seed));
    expect(report.violation).toBeUndefined();
    expect(report.probes).toBeGreaterThan(0);
    expect(report.switches).toBeGreaterThan(4);
    expect(report.shares.counted).toBeGreaterThan(200);
    expectChecked(report.invariants);
  });

  it('real proof of work and Noise on every wire', () => {
    const report = runSimulation(new Scenario({ profile: 'real', devices: 2, hours: 0.08 }).run(1));
    expect(report.violation).toBeUndefined();
    expect(report.shares.credited).toBeGreaterThan(20);
    expect(report.closes['decryption-failed']).toBeGreaterThan(0);
  });

  it('without faults nothing is refused but shares of a tip that has just gone', () => {
    const report = runSimulation(new Scenario({ profile: 'none', devices: 40, hours: 1 }).run(1));
    expect(report.violation).toBeUndefined();
    expect(Object.keys(report.rejected).filter((code) => code !== 'stale-share')).toEqual([]);
    expect(report.closes).toEqual({});
    expect(report.shares.unknown).toBe(0);
  });
});

function atLeastThree(count: unknown): boolean {
  return typeof count === 'number' && count >= 3;
}

function expectChecked(invariants: Readonly<Record<string, number>>, ...except: readonly string[]): void {
  const unchecked = Object.keys(invariants).filter((name) => invariants[name] === 0 && !except.includes(name));
  expect(unchecked).toEqual([]);
}
